/**
 * Which containers have memory of their own, and on which NUMA nodes it is: what the nodes have,
 * who holds what of it, and keeping that over a restart (KEP-1769).
 */
@NullMarked
package dev.coracle.kubelet.internal.memory;

import org.jspecify.annotations.NullMarked;
