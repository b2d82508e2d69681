package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** NetworkPolicy. */
final class NetworkPolicyRules implements KindRules {

  private static final List<String> TYPES = List.of("Ingress", "Egress");
  private static final List<String> PROTOCOLS = List.of("TCP", "UDP", "SCTP");

  @Override
  public void check(ObjectNode policy, FieldErrors errors) {
    check(policy, Set.of(), false, errors);
  }

  @Override
  public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
    JsonNode old = before.path("spec");
    boolean anyValue = SelectorRules.isWrong(old.path("podSelector"));
    check(now, networks(old), anyValue, errors);
  }

  /** All networks that a policy names. */
  private static Set<String> networks(JsonNode spec) {
    Set<String> out = new HashSet<>();
    for (JsonNode block : spec.findValues("ipBlock")) {
      out.add(Nodes.text(block, "cidr"));
      block.path("except").forEach(e -> out.add(e.asText()));
    }
    return out;
  }

  /**
   * @param known networks that may stay as they are
   * @param anyValue whether selectors may compare with what no label has
   */
  private static void check(
      ObjectNode policy, Set<String> known, boolean anyValue, FieldErrors errors) {
    JsonNode spec = policy.path("spec");
    FieldPath pods = FieldPath.SPEC.child("podSelector");
    SelectorRules.label(spec.path("podSelector"), pods, anyValue, errors);
    rules(spec.path("ingress"), "from", FieldPath.SPEC.child("ingress"), known, anyValue, errors);
    rules(spec.path("egress"), "to", FieldPath.SPEC.child("egress"), known, anyValue, errors);
    if (spec.path("policyTypes").size() > TYPES.size()) {
      errors.invalid(
          FieldPath.SPEC,
          "policyTypes",
          spec.path("policyTypes"),
          "may not specify more than two policyTypes");
      return;
    }
    int i = 0;
    for (JsonNode type : spec.path("policyTypes")) {
      if (!TYPES.contains(type.asText())) {
        errors.unsupported(FieldPath.SPEC.child("policyTypes").index(i), "", type.asText(), TYPES);
      }
      i++;
    }
  }

  private static void rules(
      JsonNode rules,
      String side,
      FieldPath path,
      Set<String> known,
      boolean anyValue,
      FieldErrors errors) {
    int i = 0;
    for (JsonNode rule : rules) {
      FieldPath at = path.index(i++);
      int j = 0;
      for (JsonNode port : rule.path("ports")) {
        port(port, at.child("ports").index(j++), errors);
      }
      j = 0;
      for (JsonNode peer : rule.path(side)) {
        peer(peer, at.child(side).index(j++), known, anyValue, errors);
      }
    }
  }

  private static void port(JsonNode port, FieldPath at, FieldErrors errors) {
    String protocol = Nodes.text(port, "protocol");
    if (!protocol.isEmpty() && !PROTOCOLS.contains(protocol)) {
      errors.unsupported(at, "protocol", protocol, PROTOCOLS);
    }
    boolean end = Nodes.set(port, "endPort");
    int last = port.path("endPort").asInt();
    if (!Nodes.set(port, "port")) {
      if (end) {
        errors.invalid(at, "endPort", last, "may not be specified when `port` is not specified");
      }
    } else if (port.path("port").isNumber()) {
      int first = port.path("port").asInt();
      Addresses.port(first, at, "port", errors);
      if (end && last < first) {
        errors.invalid(at, "endPort", last, "must be greater than or equal to `port`");
      }
      if (end) {
        Addresses.port(last, at, "endPort", errors);
      }
    } else {
      if (end) {
        errors.invalid(at, "endPort", last, "may not be specified when `port` is non-numeric");
      }
      String name = port.path("port").asText();
      errors.invalid(at, "port", name, NameRules.portName(name));
    }
  }

  private static void peer(
      JsonNode peer, FieldPath at, Set<String> known, boolean anyValue, FieldErrors errors) {
    for (String s : new String[] {"podSelector", "namespaceSelector"}) {
      if (Nodes.set(peer, s)) {
        SelectorRules.label(peer.path(s), at.child(s), anyValue, errors);
      }
    }
    if (Nodes.set(peer, "ipBlock")) {
      JsonNode block = peer.path("ipBlock");
      FieldPath p = at.child("ipBlock");
      block(block, p, known, errors);
      if (peer.size() > 1) {
        errors.forbidden(at, "", "may not specify both ipBlock and another peer");
      }
    } else if (peer.isEmpty()) {
      errors.required(at, "", "must specify a peer");
    }
  }

  /** What follows a network that cannot be read is not looked at. */
  private static void block(JsonNode block, FieldPath p, Set<String> known, FieldErrors errors) {
    String cidr = Nodes.text(block, "cidr");
    if (cidr.isEmpty()) {
      errors.required(p, "cidr");
      return;
    }
    Addresses.network(cidr, known, p, "cidr", errors);
    if (!Addresses.isCidr(cidr)) {
      return;
    }
    int i = 0;
    for (JsonNode e : block.path("except")) {
      FieldPath except = p.child("except").index(i++);
      Addresses.network(e.asText(), known, except, "", errors);
      if (Addresses.isCidr(e.asText()) && !Addresses.isStrictSubset(e.asText(), cidr)) {
        errors.invalid(except, "", e.asText(), "must be a strict subset of `cidr`");
      }
    }
  }
}
