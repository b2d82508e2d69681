/**
 * The kernel's interface without a native library of our own: raw system calls and {@code
 * posix_spawn} through the foreign function API, an epoll loop, pseudo terminals, and threads that
 * enter namespaces for the length of one {@link
 * dev.coracle.criruntime.internal.linux.SyscallProgram}.
 *
 * <p>Nothing here knows of containers. Everything needs Linux on x86_64 or aarch64; {@link
 * dev.coracle.criruntime.internal.linux.Native#isAvailable()} says whether it can be used.
 */
@NullMarked
package dev.coracle.criruntime.internal.linux;

import org.jspecify.annotations.NullMarked;
