package dev.coracle.proxy.internal;

/**
 * Where this proxy stands.
 *
 * @param zone the node's label {@code topology.kubernetes.io/zone}, empty for none
 */
record Place(String node, String zone) {}
