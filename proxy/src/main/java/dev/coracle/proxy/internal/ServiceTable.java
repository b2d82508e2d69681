package dev.coracle.proxy.internal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.net.IpFamily;
import dev.coracle.proxy.internal.ServicePort.Endpoint;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Computes what one Service means on this node: which endpoints of its slices get traffic, by
 * {@link Candidates}; with a traffic policy Local, only those of this node. Each IP family of the
 * Service has ports of its own, which lead to the endpoints of its slices (KEP-563).
 */
public final class ServiceTable {

  public static final String SERVICE_NAME = "kubernetes.io/service-name";
  private static final String FOREIGN_PROXY = "service.kubernetes.io/service-proxy-name";
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
  public List<ServicePort> ports(
      KubeObject service, Collection<KubeObject> slices, String zone) {
    String clusterIp = service.text("spec", "clusterIP");
    if (clusterIp.isEmpty()
        || clusterIp.equals("None")
        || service.text("spec", "type").equals("ExternalName")
        || service.labels().containsKey(FOREIGN_PROXY)) {
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
    return new ServicePort(
        service.key() + ":" + name + suffix,
        family,
        port.path("protocol").asText("TCP").toLowerCase(Locale.ROOT),
        addresses(service, family),
        port.path("port").asInt(),
        port.path("nodePort").asInt(0),
        isOwnDns(service, family, port)
            ? List.of(ownDns.orElseThrow())
            : internalLocal ? candidates.local() : candidates.near(),
        externalLocal ? candidates.local() : candidates.near(),
        externalLocal,
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

  private static List<String> addresses(KubeObject service, IpFamily family) {
    Set<String> out = new TreeSet<>();
    service.at("spec", "clusterIPs").forEach(a -> out.add(a.asText()));
    out.add(service.text("spec", "clusterIP"));
    service.at("spec", "externalIPs").forEach(a -> out.add(a.asText()));
    service
        .at("status", "loadBalancer", "ingress")
        .forEach(i -> {
          if (i.hasNonNull("ip") && !i.path("ipMode").asText("VIP").equals("Proxy")) {
            out.add(i.path("ip").asText());
          }
        });
    out.removeIf(a -> a.isEmpty() || IpFamily.of(a) != family);
    return List.copyOf(out);
  }
}
