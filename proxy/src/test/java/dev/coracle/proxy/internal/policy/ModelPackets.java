package dev.coracle.proxy.internal.policy;

import dev.coracle.api.net.IpFamily;
import dev.coracle.proxy.internal.policy.PolicyRule.PeerMatch;
import dev.coracle.proxy.internal.policy.PolicyRule.Ports;
import java.math.BigInteger;
import java.net.InetAddress;

/** Sends a connection's first packet through a {@link RuleModel}, as the kernel would. */
final class ModelPackets {
  private ModelPackets() {}

  static boolean passes(RuleModel model, String from, String to, Protocol protocol, int port) {
    if (from.equals(to)) {
      return true;
    }
    String egress = model.egressChains().get(from);
    String ingress = model.ingressChains().get(to);
    return (egress == null || passesChain(model, egress, to, to, protocol, port))
        && (ingress == null || passesChain(model, ingress, from, to, protocol, port));
  }

  private static boolean passesChain(
      RuleModel model, String chain, String peer, String to, Protocol protocol, int port) {
    return model.chains().get(chain).stream()
        .anyMatch(rule ->
            rule.peer().map(p -> is(model, p, peer)).orElse(true)
                && rule.ports().map(p -> is(model, p, to, protocol, port)).orElse(true));
  }

  private static boolean is(RuleModel model, PeerMatch match, String peer) {
    return switch (match) {
      case PeerMatch.InSet in -> model.addressSets().get(in.set()).contains(peer);
      case PeerMatch.InRanges in ->
          in.family() == IpFamily.of(peer)
              && in.ranges().stream()
                  .anyMatch(r ->
                      r.first().compareTo(number(peer)) <= 0
                          && r.last().compareTo(number(peer)) >= 0);
    };
  }

  private static boolean is(RuleModel model, Ports match, String to, Protocol protocol, int port) {
    return match.protocol() == protocol
        && switch (match) {
          case Ports.All _ -> true;
          case Ports.Numbers numbers -> numbers.ranges().stream().anyMatch(r -> r.contains(port));
          case Ports.OfDestination named ->
              model.portSets().get(named.set()).contains(to + " . " + port);
        };
  }

  static BigInteger number(String address) {
    return new BigInteger(1, InetAddress.ofLiteral(address).getAddress());
  }
}
