package dev.coracle.apiserver.internal.service;

import java.util.Set;

/** What was to be claimed belongs to somebody else, says the store. */
final class Taken extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient Set<String> addresses;
  private final transient Set<Integer> ports;

  Taken(Set<String> addresses, Set<Integer> ports) {
    super("already allocated: " + addresses + ports, null, false, false);
    this.addresses = addresses;
    this.ports = ports;
  }

  Set<String> addresses() {
    return addresses;
  }

  Set<Integer> ports() {
    return ports;
  }
}
