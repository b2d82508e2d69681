package dev.coracle.proxy.config;

import java.util.Optional;

/**
 * @param clusterId names the nftables table, so that several clusters share a machine
 * @param nodeName whose pods are isolated
 * @param pods how they are connected
 * @param keepPods they go on running when this process ends, and so their rules stay
 */
public record NetworkPolicyOptions(
    String clusterId, String nodeName, PodConnection pods, boolean keepPods) {

  /** What connects the pods of a node, which decides whether policies can be enforced there. */
  public enum PodConnection {
    /** Every packet between pods is routed by the host, as the built-in bridge has it. */
    ROUTED(""),
    /** CNI plugins, which may or may not enforce policies of their own. */
    CNI("its pods are connected by CNI, whose plugins have to enforce policies"),
    /** A container runtime elsewhere, with a network of its own. */
    OTHER_RUNTIME(
        "its pods are connected by the container runtime's own network, which has to enforce"
            + " policies"),
    /** Pods are processes of the host's network. */
    HOST("its pods have no network of their own, since Coracle does not run as root there");

    private final String why;

    PodConnection(String why) {
      this.why = why;
    }

    /** Why policies are not enforced; empty where they are. */
    public Optional<String> whyNotEnforced() {
      return why.isEmpty() ? Optional.empty() : Optional.of(why);
    }
  }
}
