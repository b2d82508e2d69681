package dev.coracle.kubelet.config;

import java.util.Optional;

/**
 * What is watched (Kubernetes docs, "Node-pressure Eviction"), the resource it is about, and the
 * Node's condition that tells of it. In the order in which upstream looks for what to reclaim.
 */
public enum EvictionSignal {
  MEMORY_AVAILABLE("memory.available", "memory", Condition.MEMORY),
  NODEFS_AVAILABLE("nodefs.available", "ephemeral-storage", Condition.DISK),
  NODEFS_INODES_FREE("nodefs.inodesFree", "inodes", Condition.DISK),
  IMAGEFS_AVAILABLE("imagefs.available", "ephemeral-storage", Condition.DISK),
  IMAGEFS_INODES_FREE("imagefs.inodesFree", "inodes", Condition.DISK),
  CONTAINERFS_AVAILABLE("containerfs.available", "ephemeral-storage", Condition.DISK),
  CONTAINERFS_INODES_FREE("containerfs.inodesFree", "inodes", Condition.DISK),
  PID_AVAILABLE("pid.available", "pids", Condition.PIDS);

  /** Of a Node. */
  public enum Condition {
    MEMORY("MemoryPressure"),
    DISK("DiskPressure"),
    PIDS("PIDPressure");

    private final String text;

    Condition(String text) {
      this.text = text;
    }

    /** Its type. */
    public String text() {
      return text;
    }
  }

  private final String text;
  private final String resource;
  private final Condition condition;

  EvictionSignal(String text, String resource, Condition condition) {
    this.text = text;
    this.resource = resource;
    this.condition = condition;
  }

  static Optional<EvictionSignal> named(String text) {
    for (EvictionSignal signal : values()) {
      if (signal.text.equals(text)) {
        return Optional.of(signal);
      }
    }
    return Optional.empty();
  }

  public String text() {
    return text;
  }

  /** As in eviction messages. */
  public String resource() {
    return resource;
  }

  public Condition condition() {
    return condition;
  }

  public boolean isInodes() {
    return resource.equals("inodes");
  }

  /** Numbers, not bytes. */
  public boolean isCounted() {
    return isInodes() || this == PID_AVAILABLE;
  }

  /** Follows the file system it lies on, and is not set by people (KEP-4191). */
  boolean isContainerFs() {
    return this == CONTAINERFS_AVAILABLE || this == CONTAINERFS_INODES_FREE;
  }
}
