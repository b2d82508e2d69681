package dev.coracle.proxy.internal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.net.IpFamily;
import dev.coracle.proxy.internal.ServicePort.Endpoint;
import dev.coracle.proxy.internal.ServicePort.Outside;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Computes what one Service means on this node: which endpoints of its slices get traffic, by
 * {@link Candidates}; with a traffic policy Local, only those of this node. Each IP family of the
 * Service has ports of its own, which lead to the endpoints of its slices (KEP-563).
 */
public final class ServiceTable {

  public static final String SERVICE_NAME = "kubernetes.io/service-name";

  /** Labels by which Services say that they are another proxy's, or nobody's. */
  private static final List<String> NOT_HERE =
      List.of("service.kubernetes.io/service-proxy-name", "service.kubernetes.io/headless");

  private static final int DEFAULT_AFFINITY_SECONDS = 10800;

  private static final String DNS = "kube-system/kube-dns";
  private static final int DNS_PORT = 53;

  private final String nodeName;
  private final Optional<Endpoint> ownDns;

  /**
   * @param ownDns {@code ADDRESS:PORT} of the DNS server that this node uses alone, empty for none
   */
  public ServiceTable(String nodeName, String ownDns) {
    this.nodeName = nodeName;
    int colon = ownDns.lastIndexOf(':');
    this.ownDns =
        colon < 0
            ? Optional.empty()
            : Optional.of(
                new Endpoint(
                    unbracketed(ownDns.substring(0, colon)),
                    Integer.parseInt(ownDns.substring(colon + 1))));
  }

  private static String unbracketed(String host) {
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  /**
   * The Service's ports, those of its first family first; none for headless Services, aliases, and
   * those of another proxy.
   *
   * @param zone of this node, empty for none
   */
  public List<ServicePort> ports(KubeObject service, Collection<KubeObject> slices, String zone) {
    String clusterIp = service.text("spec", "clusterIP");
    if (clusterIp.isEmpty()
        || clusterIp.equals("None")
        || service.text("spec", "type").equals("ExternalName")
        || isNotHere(service)) {
      return List.of();
    }
    Place here = new Place(nodeName, zone);
    List<ServicePort> out = new ArrayList<>();
    List<IpFamily> families = families(service, clusterIp);
    for (IpFamily family : families) {
      String suffix = family == families.getFirst() ? "" : "/" + family;
      for (JsonNode port : service.at("spec", "ports")) {
        out.add(port(service, family, suffix, port, slices, here));
      }
    }
    return out;
  }

  /** Those of its cluster addresses, in their order. */
  private static List<IpFamily> families(KubeObject service, String clusterIp) {
    Set<IpFamily> families = new LinkedHashSet<>();
    families.add(IpFamily.of(clusterIp));
    service.at("spec", "clusterIPs").forEach(a -> families.add(IpFamily.of(a.asText())));
    return List.copyOf(families);
  }

  /** What load balancers want to know of this node's part in the Service; empty for nothing. */
  Optional<HealthChecks.Check> check(KubeObject service, Collection<KubeObject> slices) {
    int port = service.at("spec", "healthCheckNodePort").asInt();
    if (port == 0
        || !service.text("spec", "type").equals("LoadBalancer")
        || !service.text("spec", "externalTrafficPolicy").equals("Local")
        || isNotHere(service)) {
      return Optional.empty();
    }
    IpFamily family = families(service, service.text("spec", "clusterIP")).getFirst();
    return Optional.of(
        new HealthChecks.Check(service, port, Candidates.readyOn(nodeName, slices, family)));
  }

  private static boolean isNotHere(KubeObject service) {
    return NOT_HERE.stream().anyMatch(service.labels()::containsKey);
  }

  private ServicePort port(
      KubeObject service,
      IpFamily family,
      String suffix,
      JsonNode port,
      Collection<KubeObject> slices,
      Place here) {
    String name = port.path("name").asText("");
    boolean externalLocal = service.text("spec", "externalTrafficPolicy").equals("Local");
    boolean internalLocal = service.text("spec", "internalTrafficPolicy").equals("Local");
    Candidates candidates = Candidates.of(slices, family, name, here);
    boolean affinity = service.text("spec", "sessionAffinity").equals("ClientIP");
    List<Endpoint> near = candidates.near();
    List<Endpoint> inside =
        isOwnDns(service, family, port)
            ? List.of(ownDns.orElseThrow())
            : internalLocal ? candidates.local() : near;
    return new ServicePort(
        service.key() + ":" + name + suffix,
        family,
        port.path("protocol").asText("TCP").toLowerCase(Locale.ROOT),
        clusterIps(service, family),
        port.path("port").asInt(),
        inside,
        near,
        new Outside(
            port.path("nodePort").asInt(0),
            ofFamily(family, strings(service.at("spec", "externalIPs"))),
            ofFamily(family, balanced(service)),
            ofFamily(family, strings(service.at("spec", "loadBalancerSourceRanges"))),
            externalLocal ? candidates.local() : near,
            externalLocal),
        affinity
            ? service
                .at("spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds")
                .asInt(DEFAULT_AFFINITY_SECONDS)
            : 0);
  }

  private boolean isOwnDns(KubeObject service, IpFamily family, JsonNode port) {
    return ownDns.filter(own -> IpFamily.of(own.address()) == family).isPresent()
        && service.key().toString().equals(DNS)
        && port.path("port").asInt() == DNS_PORT;
  }

  private static List<String> clusterIps(KubeObject service, IpFamily family) {
    List<String> out = strings(service.at("spec", "clusterIPs"));
    out.add(service.text("spec", "clusterIP"));
    return ofFamily(family, out);
  }

  /** Addresses of load balancers that leave the destination of packets as it is. */
  private static List<String> balanced(KubeObject service) {
    List<String> out = new ArrayList<>();
    for (JsonNode ingress : service.at("status", "loadBalancer", "ingress")) {
      if (!ingress.path("ipMode").asText("VIP").equals("Proxy")) {
        out.add(ingress.path("ip").asText(""));
      }
    }
    return out;
  }

  private static List<String> strings(JsonNode list) {
    List<String> out = new ArrayList<>();
    list.forEach(text -> out.add(text.asText().trim()));
    return out;
  }

  /** Addresses or ranges, each once and in a fixed order. */
  private static List<String> ofFamily(IpFamily family, List<String> all) {
    return all.stream()
        .filter(text -> !text.isEmpty() && IpFamily.of(text) == family)
        .distinct()
        .sorted()
        .toList();
  }
}
