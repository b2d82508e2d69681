package dev.coracle.apiserver.internal.table;

import static dev.coracle.apiserver.internal.table.Cells.orNone;
import static dev.coracle.apiserver.internal.table.Cells.orUnset;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Services and what leads to them. */
final class NetworkPrinters {

  /** How many of several things a cell shows before it only counts the rest. */
  private static final int SHOWN = 3;

  private NetworkPrinters() {}

  static void add(Map<String, Printer> to) {
    to.put(
        "services",
        Printer.of(
            List.of(
                Column.NAME,
                Column.of("Type"),
                Column.of("Cluster-IP"),
                Column.of("External-IP"),
                Column.of("Port(s)"),
                Column.AGE,
                Column.wide("Selector")),
            (o, ages) ->
                List.of(
                    o.name(),
                    o.text("spec", "type"),
                    orNone(o.text("spec", "clusterIP")),
                    externalIp(o),
                    ports(o),
                    ages.of(o),
                    Cells.labels(o.at("spec", "selector")))));
    to.put(
        "endpoints",
        Printer.of(
            List.of(Column.NAME, Column.of("Endpoints"), Column.AGE),
            (o, ages) -> List.of(o.name(), endpoints(o), ages.of(o))));
    to.put(
        "endpointslices.discovery.k8s.io",
        Printer.of(
            List.of(
                Column.NAME,
                Column.of("AddressType"),
                Column.of("Ports"),
                Column.of("Endpoints"),
                Column.AGE),
            (o, ages) ->
                List.of(
                    o.name(),
                    o.text("addressType"),
                    slicePorts(o),
                    sliceEndpoints(o),
                    ages.of(o))));
    to.put(
        "ingresses.networking.k8s.io",
        Printer.of(
            List.of(
                Column.NAME,
                Column.of("Class"),
                Column.of("Hosts"),
                Column.of("Address"),
                Column.of("Ports"),
                Column.AGE),
            (o, ages) ->
                List.of(
                    o.name(),
                    orNone(o.text("spec", "ingressClassName")),
                    hosts(o),
                    balancer(o),
                    o.at("spec", "tls").isEmpty() ? "80" : "80, 443",
                    ages.of(o))));
    to.put(
        "ingressclasses.networking.k8s.io",
        Printer.of(
            List.of(Column.NAME, Column.of("Controller"), Column.of("Parameters"), Column.AGE),
            (o, ages) ->
                List.of(o.name(), o.text("spec", "controller"), parameters(o), ages.of(o))));
    to.put(
        "networkpolicies.networking.k8s.io",
        Printer.of(
            List.of(Column.NAME, Column.of("Pod-Selector"), Column.AGE),
            (o, ages) ->
                List.of(o.name(), Cells.selector(o.at("spec", "podSelector")), ages.of(o))));
    to.put(
        "servicecidrs.networking.k8s.io",
        Printer.of(
            List.of(Column.NAME, Column.of("CIDRs"), Column.AGE),
            (o, ages) -> List.of(o.name(), Cells.texts(o.at("spec", "cidrs")), ages.of(o))));
    to.put(
        "ipaddresses.networking.k8s.io",
        Printer.of(
            // Upstream has no column for the age that it puts into its rows.
            List.of(Column.NAME, Column.of("ParentRef")),
            (o, _) -> {
              JsonNode p = o.at("spec", "parentRef");
              List<String> parts = new ArrayList<>();
              parts.add(Cells.resource(p).toLowerCase(Locale.ROOT));
              parts.add(p.path("namespace").asText(""));
              parts.add(p.path("name").asText(""));
              parts.removeIf(String::isEmpty);
              return List.of(o.name(), orNone(String.join("/", parts)));
            }));
  }

  private static String externalIp(KubeObject service) {
    String external = Cells.texts(service.at("spec", "externalIPs"));
    return switch (service.text("spec", "type")) {
      case "LoadBalancer" -> {
        String balancer = balancer(service);
        if (!balancer.isEmpty() || !external.isEmpty()) {
          yield balancer.isEmpty()
              ? external
              : external.isEmpty() ? balancer : balancer + "," + external;
        }
        yield "<pending>";
      }
      case "ExternalName" -> service.text("spec", "externalName");
      default -> orNone(external);
    };
  }

  private static String balancer(KubeObject o) {
    Set<String> out = new TreeSet<>();
    for (JsonNode i : o.at("status", "loadBalancer", "ingress")) {
      String ip = i.path("ip").asText("");
      out.add(ip.isEmpty() ? i.path("hostname").asText("") : ip);
    }
    out.remove("");
    return String.join(",", out);
  }

  private static String ports(KubeObject service) {
    List<String> out = new ArrayList<>();
    for (JsonNode p : service.at("spec", "ports")) {
      int node = p.path("nodePort").asInt(0);
      out.add(
          p.path("port").asText()
              + (node > 0 ? ":" + node : "")
              + "/"
              + p.path("protocol").asText("TCP"));
    }
    return orNone(String.join(",", out));
  }

  private static String endpoints(KubeObject o) {
    if (o.at("subsets").isEmpty()) {
      return "<none>";
    }
    List<String> out = new ArrayList<>();
    for (JsonNode subset : o.at("subsets")) {
      JsonNode addresses = subset.path("addresses");
      if (subset.path("ports").isEmpty()) {
        addresses.forEach(a -> out.add(a.path("ip").asText()));
      }
      for (JsonNode p : subset.path("ports")) {
        for (JsonNode a : addresses) {
          String ip = a.path("ip").asText();
          out.add((ip.contains(":") ? "[" + ip + "]" : ip) + ":" + p.path("port").asText());
        }
      }
    }
    return capped(out, out.size());
  }

  private static String capped(List<String> items, int all) {
    String text = String.join(",", items.subList(0, Math.min(SHOWN, items.size())));
    return all > SHOWN ? text + " + " + (all - SHOWN) + " more..." : text;
  }

  private static String slicePorts(KubeObject o) {
    List<String> out = new ArrayList<>();
    for (JsonNode p : o.at("ports")) {
      String name = p.path("name").asText("");
      out.add(p.path("port").isNumber() ? p.path("port").asText() : name.isEmpty() ? "*" : name);
    }
    return out.isEmpty() ? "<unset>" : capped(out, out.size());
  }

  private static String sliceEndpoints(KubeObject o) {
    List<String> out = new ArrayList<>();
    for (JsonNode e : o.at("endpoints")) {
      e.path("addresses").forEach(a -> out.add(a.asText()));
    }
    return orUnset(capped(out, out.size()));
  }

  private static String hosts(KubeObject ingress) {
    JsonNode rules = ingress.at("spec", "rules");
    List<String> out = new ArrayList<>();
    boolean more = false;
    for (JsonNode rule : rules) {
      String host = rule.path("host").asText("");
      more |= out.size() == SHOWN;
      if (!more && !host.isEmpty()) {
        out.add(host);
      }
    }
    if (out.isEmpty()) {
      return "*";
    }
    return capped(out, more ? rules.size() : out.size());
  }

  private static String parameters(KubeObject o) {
    JsonNode p = o.at("spec", "parameters");
    if (!p.isObject()) {
      return "<none>";
    }
    String group = p.path("apiGroup").asText("");
    return p.path("kind").asText("")
        + (group.isEmpty() ? "" : "." + group)
        + "/"
        + p.path("name").asText("");
  }
}
