package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

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
            address(address, at.child(list).index(j++), errors);
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
          if (Nodes.set(port, "appProtocol")) {
            String protocol = Nodes.text(port, "appProtocol");
            errors.invalid(p, "appProtocol", protocol, NameRules.qualifiedName(protocol));
          }
        }
      }
    }

    private static void address(JsonNode address, FieldPath at, FieldErrors errors) {
      String ip = Nodes.text(address, "ip");
      String host = Nodes.text(address, "hostname");
      if (!host.isEmpty()) {
        errors.invalid(at, "hostname", host, NameRules.dnsLabel(host));
      }
      if (Nodes.set(address, "nodeName")) {
        String node = Nodes.text(address, "nodeName");
        errors.invalid(at, "nodeName", node, NameRules.dnsSubdomain(node));
      }
      Addresses.endpoint(ip, at.child("ip"), errors);
    }
  }

  static final class Slice implements KindRules {
    private static final int MOST_ENDPOINTS = 1000;
    private static final int MOST_ADDRESSES = 100;
    private static final int MOST_PORTS = 20_000;
    private static final int MOST_HINTS = 8;
    private static final int MOST_LABELS = 16;

    @Override
    public void check(ObjectNode slice, FieldErrors errors) {
      check(slice, true, errors);
    }

    /** Endpoints that stay are not looked at again. */
    @Override
    public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
      check(now, !Nodes.same(now, before, "endpoints"), errors);
      MetaRules.immutable(now, before, FieldPath.ROOT, "addressType", errors);
    }

    private static void check(ObjectNode slice, boolean withEndpoints, FieldErrors errors) {
      String type = Nodes.text(slice, "addressType");
      if (type.isEmpty()) {
        errors.required(FieldPath.ROOT, "addressType");
      } else if (!TYPES.contains(type)) {
        errors.unsupported(FieldPath.ROOT, "addressType", type, TYPES);
      }
      ports(slice.path("ports"), errors);
      JsonNode endpoints = slice.path("endpoints");
      if (!withEndpoints) {
        return;
      }
      if (endpoints.size() > MOST_ENDPOINTS) {
        errors.tooMany(FieldPath.ROOT, "endpoints", endpoints.size(), MOST_ENDPOINTS);
      } else {
        int i = 0;
        for (JsonNode endpoint : endpoints) {
          endpoint(endpoint, type, FieldPath.ROOT.child("endpoints").index(i++), errors);
        }
      }
    }

    private static void endpoint(JsonNode endpoint, String type, FieldPath at, FieldErrors errors) {
      JsonNode addresses = endpoint.path("addresses");
      if (addresses.isEmpty()) {
        errors.required(at, "addresses", "must contain at least 1 address");
      } else if (addresses.size() > MOST_ADDRESSES) {
        errors.tooMany(at, "addresses", addresses.size(), MOST_ADDRESSES);
      }
      int i = 0;
      for (JsonNode a : addresses) {
        FieldPath p = at.child("addresses").index(i++);
        if (type.equals("FQDN")) {
          domain(a.asText(), p, errors);
        } else if (type.equals("IPv4") || type.equals("IPv6")) {
          address(a.asText(), type, p, errors);
        }
      }
      if (Nodes.set(endpoint, "nodeName")) {
        String node = Nodes.text(endpoint, "nodeName");
        errors.invalid(at, "nodeName", node, NameRules.dnsSubdomain(node));
      }
      JsonNode topology = endpoint.path("deprecatedTopology");
      if (topology.size() > MOST_LABELS) {
        errors.tooMany(at, "deprecatedTopology", topology.size(), MOST_LABELS);
      }
      MetaRules.labels(topology, at, "deprecatedTopology", errors);
      if (Nodes.set(endpoint, "hostname")) {
        String host = Nodes.text(endpoint, "hostname");
        errors.invalid(at, "hostname", host, NameRules.dnsLabel(host));
      }
      FieldPath hints = at.child("hints");
      hints(
          endpoint.path("hints").path("forZones"),
          hints.child("forZones"),
          NameRules::labelValue,
          errors);
      hints(
          endpoint.path("hints").path("forNodes"),
          hints.child("forNodes"),
          NameRules::dnsSubdomain,
          errors);
    }

    private static void address(String text, String type, FieldPath at, FieldErrors errors) {
      if (Addresses.isIp(text) && text.indexOf(':') >= 0 != type.equals("IPv6")) {
        errors.invalid(at, "", text, "must be an " + type + " address");
      }
      Addresses.endpoint(text, at, errors);
    }

    private static void domain(String text, FieldPath at, FieldErrors errors) {
      if (text.isEmpty()) {
        errors.required(at, "");
        return;
      }
      String name = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
      List<String> problems = NameRules.dnsSubdomain(name);
      if (!problems.isEmpty()) {
        errors.invalid(at, "", name, String.join(",", problems));
      } else if (name.indexOf('.') < 0) {
        errors.invalid(
            at, "", name, "should be a domain with at least two segments separated by dots");
      }
    }

    private static void hints(
        JsonNode hints, FieldPath path, Function<String, List<String>> rule, FieldErrors errors) {
      if (hints.size() > MOST_HINTS) {
        errors.tooMany(path, "", hints.size(), MOST_HINTS);
        return;
      }
      Set<String> seen = new HashSet<>();
      int i = 0;
      for (JsonNode hint : hints) {
        FieldPath at = path.index(i++);
        String name = Nodes.text(hint, "name");
        if (!seen.add(name)) {
          errors.duplicate(at, "name", name);
        }
        errors.invalid(at, "name", name, rule.apply(name));
      }
    }

    private static void ports(JsonNode ports, FieldErrors errors) {
      if (ports.size() > MOST_PORTS) {
        errors.tooMany(FieldPath.ROOT, "ports", ports.size(), MOST_PORTS);
        return;
      }
      Set<String> names = new HashSet<>();
      int i = 0;
      for (JsonNode port : ports) {
        FieldPath at = FieldPath.ROOT.child("ports").index(i++);
        String name = Nodes.text(port, "name");
        if (!name.isEmpty()) {
          errors.invalid(at, "name", name, NameRules.dnsLabel(name));
        }
        if (!names.add(name)) {
          errors.duplicate(at, "name", name);
        }
        PodSpecRules.choice(port, "protocol", PROTOCOLS, at, errors);
        if (Nodes.set(port, "appProtocol")) {
          String protocol = Nodes.text(port, "appProtocol");
          errors.invalid(at, "appProtocol", protocol, NameRules.qualifiedName(protocol));
        }
      }
    }
  }
}
