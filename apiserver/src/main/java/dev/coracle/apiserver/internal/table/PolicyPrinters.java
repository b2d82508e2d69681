package dev.coracle.apiserver.internal.table;

import static dev.coracle.apiserver.internal.table.Cells.count;
import static dev.coracle.apiserver.internal.table.Cells.orNone;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Bindings of roles, budgets, priorities, leases, certificates and admission. */
final class PolicyPrinters {

  private PolicyPrinters() {}

  static void add(Map<String, Printer> to) {
    Printer binding =
        Printer.of(
            List.of(
                Column.NAME,
                Column.of("Role"),
                Column.AGE,
                Column.wide("Users"),
                Column.wide("Groups"),
                Column.wide("ServiceAccounts")),
            (o, ages) ->
                List.of(
                    o.name(),
                    o.text("roleRef", "kind") + "/" + o.text("roleRef", "name"),
                    ages.of(o),
                    subjects(o, "User"),
                    subjects(o, "Group"),
                    subjects(o, "ServiceAccount")));
    to.put("rolebindings.rbac.authorization.k8s.io", binding);
    to.put("clusterrolebindings.rbac.authorization.k8s.io", binding);
    to.put(
        "poddisruptionbudgets.policy",
        Printer.of(
            List.of(
                Column.NAME,
                Column.of("Min Available"),
                Column.of("Max Unavailable"),
                Column.integer("Allowed Disruptions"),
                Column.AGE),
            (o, ages) ->
                List.of(
                    o.name(),
                    o.at("spec", "minAvailable").asText("N/A"),
                    o.at("spec", "maxUnavailable").asText("N/A"),
                    count(o, "status", "disruptionsAllowed"),
                    ages.of(o))));
    to.put(
        "priorityclasses.scheduling.k8s.io",
        Printer.of(
            List.of(
                Column.NAME,
                Column.integer("Value"),
                Column.bool("Global-Default"),
                Column.AGE,
                Column.of("PreemptionPolicy")),
            (o, ages) ->
                List.of(
                    o.name(),
                    count(o, "value"),
                    o.at("globalDefault").asBoolean(false),
                    ages.of(o),
                    o.text("preemptionPolicy"))));
    to.put(
        "runtimeclasses.node.k8s.io",
        Printer.of(
            List.of(Column.NAME, Column.of("Handler"), Column.AGE),
            (o, ages) -> List.of(o.name(), o.text("handler"), ages.of(o))));
    to.put(
        "leases.coordination.k8s.io",
        Printer.of(
            List.of(Column.NAME, Column.of("Holder"), Column.AGE),
            (o, ages) -> List.of(o.name(), o.text("spec", "holderIdentity"), ages.of(o))));
    to.put(
        "certificatesigningrequests.certificates.k8s.io",
        Printer.of(
            List.of(
                Column.NAME,
                Column.AGE,
                Column.of("SignerName"),
                Column.of("Requestor"),
                Column.of("RequestedDuration"),
                Column.of("Condition")),
            (o, ages) -> {
              JsonNode seconds = o.at("spec", "expirationSeconds");
              return List.of(
                  o.name(),
                  ages.of(o),
                  orNone(o.text("spec", "signerName")),
                  o.text("spec", "username"),
                  seconds.isNumber()
                      ? Ages.human(java.time.Duration.ofSeconds(seconds.asLong()))
                      : "<none>",
                  certificate(o));
            }));
    to.put(
        "podcertificaterequests.certificates.k8s.io",
        Printer.of(
            List.of(
                Column.NAME,
                Column.of("PodName"),
                Column.of("ServiceAccountName"),
                Column.of("NodeName"),
                Column.of("SignerName"),
                Column.of("State")),
            (o, ages) ->
                List.of(
                    o.name(),
                    o.text("spec", "podName"),
                    o.text("spec", "serviceAccountName"),
                    o.text("spec", "nodeName"),
                    o.text("spec", "signerName"),
                    o.at("status", "conditions").path(0).path("type").asText("Pending"))));
    to.put(
        "clustertrustbundles.certificates.k8s.io",
        Printer.of(
            List.of(Column.NAME, Column.of("SignerName")),
            (o, ages) -> List.of(o.name(), orNone(o.text("spec", "signerName")))));
    to.put(
        "leasecandidates.coordination.k8s.io",
        Printer.of(
            List.of(
                Column.NAME,
                Column.of("LeaseName"),
                Column.of("BinaryVersion"),
                Column.of("EmulationVersion"),
                Column.AGE),
            (o, ages) ->
                List.of(
                    o.name(),
                    o.text("spec", "leaseName"),
                    o.text("spec", "binaryVersion"),
                    o.text("spec", "emulationVersion"),
                    ages.of(o))));
    to.put(
        "storageversionmigrations.storagemigration.k8s.io",
        Printer.of(
            List.of(Column.NAME, Column.of("Resource")),
            (o, ages) -> List.of(o.name(), Cells.resource(o.at("spec", "resource")))));
    admission(to, "mutating", "Mutations");
    admission(to, "validating", "Validations");
    to.put(
        "apiservices.apiregistration.k8s.io",
        Printer.of(
            List.of(Column.NAME, Column.of("Service"), Column.of("Available"), Column.AGE),
            (o, ages) -> {
              JsonNode service = o.at("spec", "service");
              JsonNode available = Cells.condition(o, "Available");
              String is = available.path("status").asText("Unknown");
              return List.of(
                  o.name(),
                  service.isObject()
                      ? service.path("namespace").asText() + "/" + service.path("name").asText()
                      : "Local",
                  is.equals("False") && available.hasNonNull("reason")
                      ? is + " (" + available.path("reason").asText() + ")"
                      : is,
                  ages.of(o));
            }));
    to.put("flowschemas.flowcontrol.apiserver.k8s.io", new FlowSchemaPrinter());
    to.put(
        "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io",
        Printer.of(
            List.of(
                Column.NAME,
                Column.of("Type"),
                Column.of("NominalConcurrencyShares"),
                Column.of("Queues"),
                Column.of("HandSize"),
                Column.of("QueueLengthLimit"),
                Column.AGE),
            (o, ages) -> {
              JsonNode limited = o.at("spec", "limited");
              JsonNode queuing = limited.path("limitResponse").path("queuing");
              return List.of(
                  o.name(),
                  o.text("spec", "type"),
                  limited.path("nominalConcurrencyShares").asText("<none>"),
                  queuing.path("queues").asText("<none>"),
                  queuing.path("handSize").asText("<none>"),
                  queuing.path("queueLengthLimit").asText("<none>"),
                  ages.of(o));
            }));
  }

  private static String subjects(KubeObject o, String kind) {
    List<String> out = new ArrayList<>();
    for (JsonNode s : o.at("subjects")) {
      if (s.path("kind").asText("").equals(kind)) {
        String ns = s.path("namespace").asText("");
        out.add(ns.isEmpty() ? s.path("name").asText() : ns + "/" + s.path("name").asText());
      }
    }
    return String.join(", ", out);
  }

  private static String certificate(KubeObject o) {
    boolean denied = Cells.condition(o, "Denied").isObject();
    boolean approved = Cells.condition(o, "Approved").isObject();
    String text = denied ? "Denied" : approved ? "Approved" : "Pending";
    if (Cells.condition(o, "Failed").isObject()) {
      text += ",Failed";
    }
    return o.text("status", "certificate").isEmpty() ? text : text + ",Issued";
  }

  private static String parameters(KubeObject o) {
    JsonNode ref = o.at("spec", "paramRef");
    String name = ref.path("name").asText("");
    if (!name.isEmpty()) {
      String namespace = ref.path("namespace").asText("");
      return (namespace.isEmpty() ? "*" : namespace) + "/" + name;
    }
    return ref.path("selector").isObject() ? Cells.selector(ref.path("selector")) : "<unset>";
  }

  /** Those of one kind, with the name of what there are several of in each policy. */
  private static void admission(Map<String, Printer> to, String kind, String parts) {
    to.put(
        kind + "webhookconfigurations.admissionregistration.k8s.io",
        Printer.of(
            List.of(Column.NAME, Column.integer("Webhooks"), Column.AGE),
            (o, ages) -> List.of(o.name(), (long) o.at("webhooks").size(), ages.of(o))));
    to.put(
        kind + "admissionpolicies.admissionregistration.k8s.io",
        Printer.of(
            List.of(Column.NAME, Column.integer(parts), Column.of("ParamKind"), Column.AGE),
            (o, ages) -> {
              JsonNode param = o.at("spec", "paramKind");
              return List.of(
                  o.name(),
                  (long) o.at("spec", parts.toLowerCase(Locale.ROOT)).size(),
                  param.isObject()
                      ? param.path("apiVersion").asText() + "/" + param.path("kind").asText()
                      : "<unset>",
                  ages.of(o));
            }));
    to.put(
        kind + "admissionpolicybindings.admissionregistration.k8s.io",
        Printer.of(
            List.of(Column.NAME, Column.of("PolicyName"), Column.of("ParamRef"), Column.AGE),
            (o, ages) ->
                List.of(o.name(), o.text("spec", "policyName"), parameters(o), ages.of(o))));
  }
}
