package dev.coracle.proxy.internal.nft;

import dev.coracle.proxy.internal.ServicePort;
import dev.coracle.proxy.internal.ServicePort.Endpoint;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Writes the rules that pick one of several endpoints, and takes them away. */
final class EndpointRules {

  private final String table;
  private final Family family;
  private final String ip;

  EndpointRules(String table, Family family) {
    this.table = table;
    this.family = family;
    this.ip = family.word();
  }

  /**
   * Ends the chain of a port with a choice of endpoint.
   *
   * @param kind of the chain; chains of endpoints are named after it
   */
  void balance(StringBuilder out, ServicePort port, String kind, List<Endpoint> endpoints) {
    String chain = chain(kind, port.key());
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

  /** Takes the chain away with what {@link #balance} made for it. */
  void drop(StringBuilder out, ServicePort port, String kind, List<Endpoint> endpoints) {
    dropChain(out, chain(kind, port.key()));
    if (port.affinitySeconds() > 0) {
      for (Endpoint endpoint : endpoints) {
        String one = chain(kind + "ep", port.key() + "/" + endpoint);
        dropChain(out, one);
        out.append("delete set %s %s aff_%s\n".formatted(ip, table, one));
      }
    }
  }

  void addChain(StringBuilder out, String chain) {
    out.append("add chain %s %s %s\n".formatted(ip, table, chain));
  }

  void dropChain(StringBuilder out, String chain) {
    out.append("flush chain %s %s %s\n".formatted(ip, table, chain));
    out.append("delete chain %s %s %s\n".formatted(ip, table, chain));
  }

  void rule(StringBuilder out, String chain, String rule) {
    out.append("add rule %s %s %s %s\n".formatted(ip, table, chain, rule));
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
