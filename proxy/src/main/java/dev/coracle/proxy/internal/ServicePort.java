package dev.coracle.proxy.internal;

import dev.coracle.api.net.IpFamily;
import java.util.List;

/**
 * One port of one Service in one IP family, with everything a backend needs. Equal when nothing
 * changed.
 *
 * @param key {@code namespace/name:port}, with {@code /IPv4} or {@code /IPv6} behind it in the
 *     Service's second family; the same for as long as the Service lives
 * @param family of all addresses here
 * @param protocol {@code tcp}, {@code udp} or {@code sctp}
 * @param addresses where it is reached from inside: cluster and external addresses
 * @param port at those addresses
 * @param nodePort 0 for none
 * @param endpoints for traffic from inside, in a fixed order
 * @param externalEndpoints for traffic from outside the cluster (external traffic policy)
 * @param keepSource external traffic keeps its source address ({@code externalTrafficPolicy:
 *     Local})
 * @param affinitySeconds 0, or how long a client stays with its endpoint
 */
public record ServicePort(
    String key,
    IpFamily family,
    String protocol,
    List<String> addresses,
    int port,
    int nodePort,
    List<Endpoint> endpoints,
    List<Endpoint> externalEndpoints,
    boolean keepSource,
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

  public ServicePort {
    addresses = List.copyOf(addresses);
    endpoints = List.copyOf(endpoints);
    externalEndpoints = List.copyOf(externalEndpoints);
  }
}
