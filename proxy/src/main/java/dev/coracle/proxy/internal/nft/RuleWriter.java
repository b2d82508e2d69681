package dev.coracle.proxy.internal.nft;

import dev.coracle.proxy.internal.ServicePort;
import dev.coracle.proxy.internal.ServicePort.Endpoint;
import dev.coracle.proxy.internal.ServicePort.Outside;
import java.util.List;
import java.util.Optional;

/**
 * Writes nft scripts for the table of one IP family. Pure text, no state: what a Service port needs
 * and what takes it away again.
 *
 * <p>A packet is looked up once in the verdict map {@code service_ips} (address, protocol, port),
 * or {@code service_nodeports}, and goes to the port's own chain, which picks an endpoint at random
 * and rewrites the destination: {@code svc_…} for its addresses inside the cluster, {@code ext_…}
 * for those outside and the node port, {@code all_…} for pods that come by the latter where the
 * traffic policy Local would hold them to this node. What then has no other destination and stands
 * in {@code no_endpoints} is rejected, or dropped where other nodes have endpoints. Load balancers'
 * addresses that not everybody may reach stand in {@code guarded}. A pod that reaches itself
 * through its Service is found by the set {@code hairpin} and masqueraded.
 */
final class RuleWriter {

  /** The mark kube-proxy uses for "masquerade me". */
  private static final String MARK = "0x4000";

  private final String table;
  private final Family family;
  private final String ip;
  private final Optional<String> podCidr;
  private final boolean masqueradeAll;
  private final EndpointRules endpoints;

  /**
   * @param podCidrs of all families
   * @param masqueradeAll for pods that are bridged, on hosts where what is bridged passes no rules
   *     on its way back
   */
  RuleWriter(String table, Family family, List<String> podCidrs, boolean masqueradeAll) {
    this.table = table;
    this.family = family;
    this.ip = family.word();
    this.podCidr = podCidrs.stream().filter(family::has).findFirst();
    this.masqueradeAll = masqueradeAll;
    this.endpoints = new EndpointRules(table, family);
  }

  String removeTable() {
    return "add table %1$s %2$s\ndelete table %1$s %2$s\n".formatted(ip, table);
  }

  String createTable() {
    return removeTable()
        + """
        table %1$s %2$s {
          map service_ips { type %3$s . inet_proto . inet_service : verdict; }
          map service_nodeports { type inet_proto . inet_service : verdict; }
          map no_endpoints { type %3$s . inet_proto . inet_service : verdict; }
          map no_endpoints_nodeports { type inet_proto . inet_service : verdict; }
          map guarded { type %3$s . inet_proto . inet_service : verdict; }
          set hairpin { type %3$s . %3$s; }
          chain services {
            %1$s daddr . meta l4proto . th dport vmap @service_ips
            fib daddr type local %1$s daddr != %4$s meta l4proto . th dport vmap @service_nodeports
          }
          chain refuse {
            ct state new %1$s daddr . meta l4proto . th dport vmap @no_endpoints
            ct state new fib daddr type local meta l4proto . th dport vmap @no_endpoints_nodeports
          }
          chain do_reject {
            meta l4proto tcp reject with tcp reset
            reject
          }
          chain do_drop { drop; }
          chain guard { ct state new %1$s daddr . meta l4proto . th dport vmap @guarded; }
          chain filter_prerouting { type filter hook prerouting priority -110; policy accept; jump guard; }
          chain nat_prerouting { type nat hook prerouting priority dstnat; policy accept; jump services; }
          chain nat_output { type nat hook output priority -100; policy accept; jump services; }
          chain filter_input { type filter hook input priority -110; policy accept; jump refuse; }
          chain filter_forward { type filter hook forward priority -110; policy accept; jump refuse; }
          chain filter_output { type filter hook output priority -110; policy accept; jump guard; }
          chain filter_output_last { type filter hook output priority -90; policy accept; jump refuse; }
          chain nat_postrouting {
            type nat hook postrouting priority srcnat; policy accept;
            meta mark and %5$s == %5$s meta mark set meta mark xor %5$s masquerade fully-random
            ct status dnat %1$s saddr . %1$s daddr @hairpin masquerade fully-random
          }
        }
        """
            .formatted(ip, table, family.type(), family.loopback(), MARK);
  }

  /** Chains, sets and map entries of a port that has none yet. */
  String add(ServicePort port) {
    StringBuilder out = new StringBuilder();
    String inside = chain("svc", port);
    if (!port.endpoints().isEmpty()) {
      endpoints.addChain(out, inside);
      if (masqueradeAll) {
        endpoints.rule(out, inside, mark());
      } else if (podCidr.isPresent()) {
        // From the host itself the route has chosen an address that pods can answer to.
        endpoints.rule(
            out, inside, ip + " saddr != " + podCidr.get() + " fib saddr type != local " + mark());
      }
      endpoints.balance(out, port, "svc", port.endpoints());
    }
    if (isReachedOutside(port)) {
      addOutside(out, port);
    }
    elements(out, "add", port);
    for (Endpoint e : port.allEndpoints()) {
      // The same pair may stand behind several Services: adding it again is no error, and it does
      // no harm when it stays.
      out.append(
          "add element %s %s hairpin { %s . %s }\n".formatted(ip, table, e.address(), e.address()));
    }
    return out.toString();
  }

  /** Takes away exactly what {@link #add} made for this very value. */
  String remove(ServicePort port) {
    StringBuilder out = new StringBuilder();
    elements(out, "delete", port);
    if (isReachedOutside(port)) {
      endpoints.drop(out, port, "ext", port.outside().endpoints());
      if (hasChainOfAll(port)) {
        endpoints.drop(out, port, "all", port.anywhere());
      }
      if (isGuarded(port)) {
        endpoints.dropChain(out, chain("src", port));
      }
    }
    if (!port.endpoints().isEmpty()) {
      endpoints.drop(out, port, "svc", port.endpoints());
    }
    return out.toString();
  }

  /** Whether anybody at all gets an endpoint by its node port or an address outside. */
  private static boolean isReachedOutside(ServicePort port) {
    Outside outside = port.outside();
    return outside.exists()
        && !(outside.endpoints().isEmpty() && (!outside.keepSource() || port.anywhere().isEmpty()));
  }

  /** Pods are as good with the chain for traffic from inside where that leads to the same. */
  private static boolean hasChainOfAll(ServicePort port) {
    return port.outside().keepSource()
        && !port.anywhere().isEmpty()
        && !port.anywhere().equals(port.endpoints());
  }

  private static boolean isGuarded(ServicePort port) {
    return !port.outside().sources().isEmpty() && !port.outside().balanced().isEmpty();
  }

  private void addOutside(StringBuilder out, ServicePort port) {
    Outside outside = port.outside();
    String chain = chain("ext", port);
    if (hasChainOfAll(port)) {
      endpoints.addChain(out, chain("all", port));
      if (masqueradeAll) {
        endpoints.rule(out, chain("all", port), mark());
      }
      endpoints.balance(out, port, "all", port.anywhere());
    }
    endpoints.addChain(out, chain);
    if (!outside.keepSource()) {
      endpoints.rule(out, chain, mark());
    } else if (!port.anywhere().isEmpty()) {
      String all = " goto " + chain(hasChainOfAll(port) ? "all" : "svc", port);
      podCidr.ifPresent(pods -> endpoints.rule(out, chain, ip + " saddr " + pods + all));
      endpoints.rule(out, chain, "fib saddr type local " + mark() + all);
    }
    if (!outside.endpoints().isEmpty()) {
      endpoints.balance(out, port, "ext", outside.endpoints());
    }
    if (isGuarded(port)) {
      String guard = chain("src", port);
      endpoints.addChain(out, guard);
      outside.sources().forEach(s -> endpoints.rule(out, guard, ip + " saddr " + s + " return"));
      endpoints.rule(out, guard, "drop");
    }
  }

  /** Where the maps lead the port's addresses. */
  private void elements(StringBuilder out, String verb, ServicePort port) {
    Outside outside = port.outside();
    // Other nodes have some: as on a node that nothing leads to.
    String refusal = port.anywhere().isEmpty() ? "goto do_reject" : "goto do_drop";
    boolean isReached = isReachedOutside(port);
    String external = "goto " + chain("ext", port);
    if (port.endpoints().isEmpty()) {
      addresses(out, verb, "no_endpoints", port, port.addresses(), refusal);
    } else {
      String inside = "goto " + chain("svc", port);
      addresses(out, verb, "service_ips", port, port.addresses(), inside);
    }
    if (isReached) {
      addresses(out, verb, "service_ips", port, outside.allAddresses(), external);
      nodePort(out, verb, "service_nodeports", port, external);
    }
    if (outside.endpoints().isEmpty()) {
      addresses(out, verb, "no_endpoints", port, outside.allAddresses(), refusal);
      nodePort(out, verb, "no_endpoints_nodeports", port, refusal);
    }
    if (isReached && isGuarded(port)) {
      addresses(out, verb, "guarded", port, outside.balanced(), "goto " + chain("src", port));
    }
  }

  private void addresses(
      StringBuilder out,
      String verb,
      String map,
      ServicePort port,
      List<String> addresses,
      String verdict) {
    for (String address : addresses) {
      out.append(
          "%s element %s %s %s { %s . %s . %d : %s }\n"
              .formatted(verb, ip, table, map, address, port.protocol(), port.port(), verdict));
    }
  }

  private void nodePort(
      StringBuilder out, String verb, String map, ServicePort port, String verdict) {
    if (port.outside().nodePort() != 0) {
      out.append(
          "%s element %s %s %s { %s . %d : %s }\n"
              .formatted(
                  verb, ip, table, map, port.protocol(), port.outside().nodePort(), verdict));
    }
  }

  private static String chain(String kind, ServicePort port) {
    return EndpointRules.chain(kind, port.key());
  }

  private static String mark() {
    return "meta mark set meta mark or " + MARK;
  }
}
