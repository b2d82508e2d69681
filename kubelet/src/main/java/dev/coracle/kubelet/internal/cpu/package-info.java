/**
 * Which containers have CPUs of their own: the machine's CPUs, which of them to give, who holds
 * them, and telling the runtime (KEP-3570).
 */
@NullMarked
package dev.coracle.kubelet.internal.cpu;

import org.jspecify.annotations.NullMarked;
