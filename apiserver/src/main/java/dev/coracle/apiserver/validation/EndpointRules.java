package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.HashSet;
import java.util.Set;

/** Endpoints and EndpointSlice. */
final class EndpointRules {

  private static final Set<String> PROTOCOLS = Set.of("TCP", "UDP", "SCTP");
  private static final Set<String> TYPES = Set.of("FQDN", "IPv4", "IPv6");

  private EndpointRules() {}

  static final class Endpoints implements KindRules {
    @Override
    public void check(ObjectNode endpoints, FieldErrors errors) {
      int i = 0;
      for (JsonNode subset : endpoints.path("subsets")) {
        FieldPath at = FieldPath.ROOT.child("subsets").index(i++);
        if (!Nodes.has(subset, "addresses") && !Nodes.has(subset, "notReadyAddresses")) {
          errors.required(at, "", "must specify `addresses` or `notReadyAddresses`");
        }
        for (String list : new String[] {"addresses", "notReadyAddresses"}) {
          int j = 0;
          for (JsonNode address : subset.path(list)) {
            Addresses.ip(Nodes.text(address, "ip"), at.child(list).index(j++), "ip", errors);
          }
        }
        int j = 0;
        for (JsonNode port : subset.path("ports")) {
          FieldPath p = at.child("ports").index(j++);
          String name = Nodes.text(port, "name");
          if (name.isEmpty()) {
            if (subset.path("ports").size() > 1) {
              errors.required(p, "name");
            }
          } else {
            errors.invalid(p, "name", name, NameRules.dnsLabel(name));
          }
          Addresses.port(port.path("port").asLong(0), p, "port", errors);
          PodSpecRules.choice(port, "protocol", PROTOCOLS, p, errors);
        }
      }
    }
  }

  static final class Slice implements KindRules {
    @Override
    public void check(ObjectNode slice, FieldErrors errors) {
      String type = Nodes.text(slice, "addressType");
      if (type.isEmpty()) {
        errors.required(FieldPath.ROOT, "addressType");
      } else if (!TYPES.contains(type)) {
        errors.unsupported(FieldPath.ROOT, "addressType", type, TYPES);
      }
      if (slice.path("endpoints").size() > 1000) {
        errors.tooMany(FieldPath.ROOT, "endpoints", slice.path("endpoints").size(), 1000);
      }
      int i = 0;
      for (JsonNode endpoint : slice.path("endpoints")) {
        FieldPath at = FieldPath.ROOT.child("endpoints").index(i++);
        if (!Nodes.has(endpoint, "addresses")) {
          errors.required(at, "addresses", "must contain at least 1 address");
        }
        int j = 0;
        for (JsonNode a : endpoint.path("addresses")) {
          FieldPath p = at.child("addresses").index(j++);
          if (type.equals("FQDN")) {
            errors.invalid(p, "", a.asText(), NameRules.dnsSubdomain(a.asText()));
          } else {
            Addresses.ip(a.asText(), p, "", errors);
            boolean v6 = a.asText().indexOf(':') >= 0;
            if (v6 != type.equals("IPv6") && Addresses.isIp(a.asText())) {
              errors.invalid(p, "", a.asText(), "must be an " + type + " address");
            }
          }
        }
      }
      Set<String> names = new HashSet<>();
      i = 0;
      for (JsonNode port : slice.path("ports")) {
        FieldPath at = FieldPath.ROOT.child("ports").index(i++);
        String name = Nodes.text(port, "name");
        if (!name.isEmpty()) {
          errors.invalid(at, "name", name, NameRules.dnsLabel(name));
        }
        if (!names.add(name)) {
          errors.duplicate(at, "name", name);
        }
        PodSpecRules.choice(port, "protocol", PROTOCOLS, at, errors);
      }
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      MetaRules.immutable(now, before, FieldPath.ROOT, "addressType", errors);
    }
  }
}
