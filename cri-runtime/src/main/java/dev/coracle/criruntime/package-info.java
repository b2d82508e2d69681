/**
 * The built-in container runtime: a CRI v1 server on a UNIX socket, inside the JVM.
 *
 * <p>{@link dev.coracle.criruntime.CriRuntime} is the door: it starts and stops the server and says
 * in one line what runs containers on this machine. {@link dev.coracle.criruntime.ImageStore} holds
 * images by digest; {@link dev.coracle.criruntime.ImageBuilder} makes one without a registry.
 */
@NullMarked
package dev.coracle.criruntime;

import org.jspecify.annotations.NullMarked;
