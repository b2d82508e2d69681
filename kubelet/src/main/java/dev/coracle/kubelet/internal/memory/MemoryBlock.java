package dev.coracle.kubelet.internal.memory;

import dev.coracle.kubelet.internal.topology.NumaMask;

/**
 * Memory of a container's own.
 *
 * @param type {@code memory}, or a size of huge pages ({@code hugepages-2Mi})
 * @param size bytes; 0 where another container of the pod has it again
 * @param nodes where it is, on all of them together
 */
public record MemoryBlock(String type, long size, NumaMask nodes) {
  MemoryBlock less(long bytes) {
    return new MemoryBlock(type, size - bytes, nodes);
  }
}
