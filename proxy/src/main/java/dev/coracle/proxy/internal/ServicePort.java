package dev.coracle.proxy.internal;

import dev.coracle.api.net.IpFamily;
import java.util.List;
import java.util.stream.Stream;

/**
 * One port of one Service in one IP family, with everything a backend needs. Equal when nothing
 * changed.
 *
 * @param key {@code namespace/name:port}, with {@code /IPv4} or {@code /IPv6} behind it in the
 *     Service's second family; the same for as long as the Service lives
 * @param family of all addresses here
 * @param protocol {@code tcp}, {@code udp} or {@code sctp}
 * @param addresses where it is reached from inside the cluster
 * @param port at all its addresses
 * @param endpoints for traffic from inside, in a fixed order
 * @param anywhere the endpoints of all nodes, whatever the traffic policies say; empty only where
 *     the Service has none
 * @param affinitySeconds 0, or how long a client stays with its endpoint
 */
public record ServicePort(
    String key,
    IpFamily family,
    String protocol,
    List<String> addresses,
    int port,
    List<Endpoint> endpoints,
    List<Endpoint> anywhere,
    Outside outside,
    int affinitySeconds) {

  /** Where traffic goes: an address and a port. */
  public record Endpoint(String address, int port) implements Comparable<Endpoint> {
    @Override
    public int compareTo(Endpoint other) {
      int byAddress = address.compareTo(other.address);
      return byAddress != 0 ? byAddress : Integer.compare(port, other.port);
    }

    @Override
    public String toString() {
      return address.indexOf(':') < 0 ? address + ":" + port : "[" + address + "]:" + port;
    }
  }

  /**
   * How it is reached from outside the cluster.
   *
   * @param nodePort at the node's own addresses, 0 for none
   * @param addresses that something leads to this node: {@code externalIPs}
   * @param balanced the same, of load balancers
   * @param sources the ranges that reach the balanced ones, empty for all
   * @param endpoints for what comes by these ways
   * @param keepSource whether it keeps its source address ({@code externalTrafficPolicy: Local});
   *     then pods and the node itself, who may come by the same ways, get endpoints of all nodes
   */
  public record Outside(
      int nodePort,
      List<String> addresses,
      List<String> balanced,
      List<String> sources,
      List<Endpoint> endpoints,
      boolean keepSource) {

    /** Not at all. */
    public static final Outside NONE =
        new Outside(0, List.of(), List.of(), List.of(), List.of(), false);

    /** By the node port, as traffic from inside. */
    public static Outside nodePort(int port, List<Endpoint> endpoints) {
      return new Outside(port, List.of(), List.of(), List.of(), endpoints, false);
    }

    public Outside {
      addresses = List.copyOf(addresses);
      balanced = List.copyOf(balanced);
      sources = List.copyOf(sources);
      endpoints = List.copyOf(endpoints);
    }

    /** All that are led to this node. */
    public List<String> allAddresses() {
      return Stream.concat(addresses.stream(), balanced.stream()).distinct().toList();
    }

    public boolean exists() {
      return nodePort != 0 || !addresses.isEmpty() || !balanced.isEmpty();
    }
  }

  public ServicePort {
    addresses = List.copyOf(addresses);
    endpoints = List.copyOf(endpoints);
    anywhere = List.copyOf(anywhere);
  }

  /** Inside and outside ones. */
  public List<String> allAddresses() {
    return Stream.concat(addresses.stream(), outside.allAddresses().stream()).distinct().toList();
  }

  /** Those that get traffic by any way. */
  public List<Endpoint> allEndpoints() {
    return Stream.of(endpoints, outside.endpoints(), anywhere)
        .flatMap(List::stream)
        .distinct()
        .sorted()
        .toList();
  }
}
