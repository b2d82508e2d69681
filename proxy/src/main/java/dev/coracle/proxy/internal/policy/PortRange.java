package dev.coracle.proxy.internal.policy;

/** Ports from one to another, both included. */
record PortRange(int first, int last) {

  boolean contains(int port) {
    return first <= port && port <= last;
  }

  /** As nft reads it: {@code 80} or {@code 80-90}. */
  @Override
  public String toString() {
    return first == last ? String.valueOf(first) : first + "-" + last;
  }
}
