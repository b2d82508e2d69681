package dev.coracle.kubelet.internal.eviction;

/** What is watched (Kubernetes docs, "Node-pressure Eviction"), and the resource it is about. */
enum Signal {
  MEMORY_AVAILABLE("memory.available", "memory"),
  NODEFS_AVAILABLE("nodefs.available", "ephemeral-storage"),
  NODEFS_INODES_FREE("nodefs.inodesFree", "inodes"),
  IMAGEFS_AVAILABLE("imagefs.available", "ephemeral-storage"),
  IMAGEFS_INODES_FREE("imagefs.inodesFree", "inodes");

  private final String text;
  private final String resource;

  Signal(String text, String resource) {
    this.text = text;
    this.resource = resource;
  }

  String text() {
    return text;
  }

  /** As in eviction messages. */
  String resource() {
    return resource;
  }

  boolean isMemory() {
    return this == MEMORY_AVAILABLE;
  }

  boolean isInodes() {
    return this == NODEFS_INODES_FREE || this == IMAGEFS_INODES_FREE;
  }
}
