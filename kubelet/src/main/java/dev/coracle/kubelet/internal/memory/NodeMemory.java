package dev.coracle.kubelet.internal.memory;

/**
 * What one NUMA node has of one type of memory, in bytes.
 *
 * @param reserved what is not for containers
 * @param allocatable what is
 */
record NodeMemory(long total, long reserved, long allocatable) {}
