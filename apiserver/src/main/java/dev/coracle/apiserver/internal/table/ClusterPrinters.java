package dev.coracle.apiserver.internal.table;

import static dev.coracle.apiserver.internal.table.Cells.orNone;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Nodes, namespaces, events and the plain things of the core group. */
final class ClusterPrinters {

  private ClusterPrinters() {}

  static void add(Map<String, Printer> to) {
    to.put(
        "nodes",
        Printer.of(
            List.of(
                Column.NAME,
                Column.of("Status"),
                Column.of("Roles"),
                Column.AGE,
                Column.of("Version"),
                Column.wide("Internal-IP"),
                Column.wide("External-IP"),
                Column.wide("OS-Image"),
                Column.wide("Kernel-Version"),
                Column.wide("Container-Runtime")),
            (o, ages) -> {
              JsonNode info = o.at("status", "nodeInfo");
              return List.of(
                  o.name(),
                  nodeStatus(o),
                  roles(o),
                  ages.of(o),
                  info.path("kubeletVersion").asText(""),
                  address(o, "InternalIP"),
                  address(o, "ExternalIP"),
                  unknown(info.path("osImage").asText("")),
                  unknown(info.path("kernelVersion").asText("")),
                  unknown(info.path("containerRuntimeVersion").asText("")));
            }));
    to.put(
        "namespaces",
        Printer.of(
            List.of(Column.NAME, Column.of("Status"), Column.AGE),
            (o, ages) -> List.of(o.name(), o.text("status", "phase"), ages.of(o))));
    Printer event =
        Printer.of(
            List.of(
                Column.of("Last Seen"),
                Column.of("Type"),
                Column.of("Reason"),
                Column.of("Object"),
                Column.wide("Subobject"),
                Column.wide("Source"),
                Column.of("Message"),
                Column.wide("First Seen"),
                Column.wide("Count"),
                new Column("Name", "string", "name", "Name", 1)),
            ClusterPrinters::event);
    to.put("events", event);
    to.put("events.events.k8s.io", event);
    to.put(
        "configmaps",
        Printer.of(
            List.of(Column.NAME, Column.of("Data"), Column.AGE),
            (o, ages) ->
                List.of(
                    o.name(), (long) o.at("data").size() + o.at("binaryData").size(), ages.of(o))));
    to.put(
        "secrets",
        Printer.of(
            List.of(Column.NAME, Column.of("Type"), Column.of("Data"), Column.AGE),
            (o, ages) ->
                List.of(o.name(), o.text("type"), (long) o.at("data").size(), ages.of(o))));
    to.put(
        "serviceaccounts",
        Printer.of(
            List.of(Column.NAME, Column.of("Secrets"), Column.AGE),
            (o, ages) -> List.of(o.name(), (long) o.at("secrets").size(), ages.of(o))));
    to.put(
        "resourcequotas",
        Printer.of(
            List.of(Column.NAME, Column.of("Request"), Column.of("Limit"), Column.AGE),
            (o, ages) -> List.of(o.name(), quota(o, false), quota(o, true), ages.of(o))));
    to.put(
        "componentstatuses",
        Printer.of(
            List.of(Column.NAME, Column.of("Status"), Column.of("Message"), Column.of("Error")),
            (o, ages) -> {
              JsonNode c = o.at("conditions").path(0);
              return List.of(
                  o.name(),
                  c.path("status").asText().equals("True") ? "Healthy" : "Unhealthy",
                  c.path("message").asText(""),
                  c.path("error").asText(""));
            }));
  }

  private static String unknown(String text) {
    return text.isEmpty() ? "<unknown>" : text;
  }

  private static String nodeStatus(KubeObject node) {
    String ready = Cells.condition(node, "Ready").path("status").asText("");
    String text = ready.isEmpty() ? "Unknown" : ready.equals("True") ? "Ready" : "NotReady";
    return node.at("spec", "unschedulable").asBoolean(false) ? text + ",SchedulingDisabled" : text;
  }

  private static String roles(KubeObject node) {
    TreeSet<String> roles = new TreeSet<>();
    node.labels()
        .forEach((k, v) -> {
          if (k.startsWith("node-role.kubernetes.io/")) {
            String role = k.substring("node-role.kubernetes.io/".length());
            if (!role.isEmpty()) {
              roles.add(role);
            }
          } else if (k.equals("kubernetes.io/role") && !v.isEmpty()) {
            roles.add(v);
          }
        });
    return orNone(String.join(",", roles));
  }

  private static String address(KubeObject node, String type) {
    for (JsonNode a : node.at("status", "addresses")) {
      if (a.path("type").asText("").equals(type)) {
        return a.path("address").asText("");
      }
    }
    return "<none>";
  }

  private static List<Object> event(KubeObject o, Ages ages) {
    boolean core = o.apiVersion().equals("v1");
    JsonNode about = o.at(core ? "involvedObject" : "regarding");
    String first = o.text(core ? "firstTimestamp" : "deprecatedFirstTimestamp");
    if (first.isEmpty()) {
      first = o.text("eventTime");
    }
    String last = o.text(core ? "lastTimestamp" : "deprecatedLastTimestamp");
    if (last.isEmpty()) {
      last = first;
    }
    long count = Math.max(1, Cells.count(o, core ? "count" : "deprecatedCount"));
    if (o.at("series").isObject()) {
      count = o.at("series", "count").asLong(count);
      String seen = o.text("series", "lastObservedTime");
      last = seen.isEmpty() ? last : seen;
    }
    JsonNode source = o.at(core ? "source" : "deprecatedSource");
    String by = source.path("component").asText("");
    if (by.isEmpty()) {
      by = o.text(core ? "reportingComponent" : "reportingController");
    }
    String host = source.path("host").asText("");
    if (host.isEmpty()) {
      host = o.text("reportingInstance");
    }
    return List.of(
        ages.since(last),
        o.text("type"),
        o.text("reason"),
        about.path("kind").asText("").toLowerCase(java.util.Locale.ROOT)
            + (about.path("name").asText("").isEmpty() ? "" : "/" + about.path("name").asText()),
        about.path("fieldPath").asText(""),
        host.isEmpty() ? by : by + ", " + host,
        o.text(core ? "message" : "note").trim(),
        ages.since(first),
        count,
        o.name());
  }

  private static String quota(KubeObject o, boolean limits) {
    List<String> names = new ArrayList<>();
    o.at("status", "hard").fieldNames().forEachRemaining(names::add);
    names.sort(null);
    List<String> out = new ArrayList<>();
    for (String name : names) {
      if (name.startsWith("limits.") == limits) {
        out.add(
            name
                + ": "
                + o.at("status", "used", name).asText("0")
                + "/"
                + o.at("status", "hard", name).asText("0"));
      }
    }
    return String.join(", ", out);
  }
}
