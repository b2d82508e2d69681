package dev.coracle.proxy.internal.nft;

import dev.coracle.proxy.internal.ServicePort;
import dev.coracle.proxy.internal.ServicePort.Endpoint;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Writes nft scripts for the table of one IP family. Pure text, no state: what a Service port needs
 * and what takes it away again.
 *
 * <p>A packet is looked up once in the verdict map {@code service_ips} (address, protocol, port),
 * or {@code service_nodeports}, and goes to the port's own chain, which picks an endpoint at random
 * and rewrites the destination. Ports without endpoints stand in {@code no_endpoints}, which
 * rejects. A pod that reaches itself through its Service is found by the set {@code hairpin} and
 * masqueraded.
 */
final class RuleWriter {

  /** The mark kube-proxy uses for "masquerade me". */
  private static final String MARK = "0x4000";

  private final String table;
  private final Family family;
  private final String ip;
  private final Optional<String> podCidr;
  private final boolean masqueradeAll;

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
          chain nat_prerouting { type nat hook prerouting priority dstnat; policy accept; jump services; }
          chain nat_output { type nat hook output priority -100; policy accept; jump services; }
          chain filter_input { type filter hook input priority -110; policy accept; jump refuse; }
          chain filter_forward { type filter hook forward priority -110; policy accept; jump refuse; }
          chain filter_output { type filter hook output priority -110; policy accept; jump refuse; }
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
    String chain = chain("svc", port.key());
    if (port.endpoints().isEmpty()) {
      elements(out, "add", "no_endpoints", port, "goto do_reject");
    } else {
      balance(out, port, chain, port.endpoints());
      elements(out, "add", "service_ips", port, "goto " + chain);
    }
    if (port.nodePort() != 0) {
      String external = chain("ext", port.key());
      if (port.externalEndpoints().isEmpty()) {
        nodePort(out, "add", "no_endpoints_nodeports", port, " : goto do_reject");
      } else {
        out.append("add chain %s %s %s\n".formatted(ip, table, external));
        if (!port.keepSource()) {
          rule(out, external, mark());
        }
        balanceInto(out, port, external, port.externalEndpoints(), "ext");
        nodePort(out, "add", "service_nodeports", port, " : goto " + external);
      }
    }
    for (Endpoint e : port.endpoints()) {
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
    if (port.endpoints().isEmpty()) {
      elements(out, "delete", "no_endpoints", port, "goto do_reject");
    } else {
      elements(out, "delete", "service_ips", port, "goto " + chain("svc", port.key()));
      drop(out, port, "svc", port.endpoints());
    }
    if (port.nodePort() != 0) {
      if (port.externalEndpoints().isEmpty()) {
        nodePort(out, "delete", "no_endpoints_nodeports", port, " : goto do_reject");
      } else {
        nodePort(out, "delete", "service_nodeports", port, " : goto " + chain("ext", port.key()));
        drop(out, port, "ext", port.externalEndpoints());
      }
    }
    return out.toString();
  }

  private void balance(
      StringBuilder out, ServicePort port, String chain, List<Endpoint> endpoints) {
    out.append("add chain %s %s %s\n".formatted(ip, table, chain));
    if (masqueradeAll) {
      rule(out, chain, mark());
    } else if (podCidr.isPresent()) {
      // From the host itself the route has chosen an address that pods can answer to.
      rule(out, chain, ip + " saddr != " + podCidr.get() + " fib saddr type != local " + mark());
    }
    balanceInto(out, port, chain, endpoints, "svc");
  }

  private void balanceInto(
      StringBuilder out, ServicePort port, String chain, List<Endpoint> endpoints, String kind) {
    int n = endpoints.size();
    if (port.affinitySeconds() > 0) {
      sticky(out, port, chain, endpoints, kind);
      return;
    }
    if (n == 1) {
      rule(out, chain, protocol(port) + "dnat to " + endpoints.getFirst());
      return;
    }
    List<String> choices = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      choices.add(i + " : " + endpoints.get(i).address() + " . " + endpoints.get(i).port());
    }
    rule(
        out,
        chain,
        protocol(port)
            + "dnat "
            + ip
            + " to numgen random mod "
            + n
            + " map { "
            + String.join(", ", choices)
            + " }");
  }

  /** A client that came before goes where it went; the set of each endpoint forgets it in time. */
  private void sticky(
      StringBuilder out, ServicePort port, String chain, List<Endpoint> endpoints, String kind) {
    List<String> choices = new ArrayList<>();
    for (int i = 0; i < endpoints.size(); i++) {
      String one = chain(kind + "ep", port.key() + "/" + endpoints.get(i));
      out.append(
          "add set %s %s aff_%s { type %s; flags dynamic,timeout; timeout %ds; }\n"
              .formatted(ip, table, one, family.type(), port.affinitySeconds()));
      out.append("add chain %s %s %s\n".formatted(ip, table, one));
      rule(out, one, "update @aff_" + one + " { " + ip + " saddr }");
      rule(out, one, protocol(port) + "dnat to " + endpoints.get(i));
      rule(out, chain, ip + " saddr @aff_" + one + " goto " + one);
      choices.add(i + " : goto " + one);
    }
    rule(
        out,
        chain,
        "numgen random mod " + endpoints.size() + " vmap { " + String.join(", ", choices) + " }");
  }

  private void drop(StringBuilder out, ServicePort port, String kind, List<Endpoint> endpoints) {
    String chain = chain(kind, port.key());
    out.append("flush chain %s %s %s\n".formatted(ip, table, chain));
    out.append("delete chain %s %s %s\n".formatted(ip, table, chain));
    if (port.affinitySeconds() > 0) {
      for (Endpoint endpoint : endpoints) {
        String one = chain(kind + "ep", port.key() + "/" + endpoint);
        out.append("flush chain %s %s %s\n".formatted(ip, table, one));
        out.append("delete chain %s %s %s\n".formatted(ip, table, one));
        out.append("delete set %s %s aff_%s\n".formatted(ip, table, one));
      }
    }
  }

  private void rule(StringBuilder out, String chain, String rule) {
    out.append("add rule %s %s %s %s\n".formatted(ip, table, chain, rule));
  }

  private void elements(
      StringBuilder out, String verb, String map, ServicePort port, String verdict) {
    for (String address : port.addresses()) {
      out.append(
          "%s element %s %s %s { %s . %s . %d : %s }\n"
              .formatted(verb, ip, table, map, address, port.protocol(), port.port(), verdict));
    }
  }

  private void nodePort(
      StringBuilder out, String verb, String map, ServicePort port, String verdict) {
    out.append(
        "%s element %s %s %s { %s . %d%s }\n"
            .formatted(verb, ip, table, map, port.protocol(), port.nodePort(), verdict));
  }

  private static String mark() {
    return "meta mark set meta mark or " + MARK;
  }

  private static String protocol(ServicePort port) {
    return "meta l4proto " + port.protocol() + " ";
  }

  /** Chain names are short and of few characters, so they are the kind and a digest of the key. */
  static String chain(String kind, String key) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
      return kind + "_" + HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
