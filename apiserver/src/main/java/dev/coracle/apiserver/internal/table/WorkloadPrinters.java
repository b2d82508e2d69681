package dev.coracle.apiserver.internal.table;

import static dev.coracle.apiserver.internal.table.Cells.count;
import static dev.coracle.apiserver.internal.table.Cells.join;
import static dev.coracle.apiserver.internal.table.Cells.orNone;
import static dev.coracle.apiserver.internal.table.Cells.selector;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Workloads of the groups apps, batch and autoscaling. */
final class WorkloadPrinters {

  private static final Column CONTAINERS = Column.wide("Containers");
  private static final Column IMAGES = Column.wide("Images");
  private static final Column SELECTOR = Column.wide("Selector");

  private WorkloadPrinters() {}

  static void add(Map<String, Printer> to) {
    to.put("pods", new PodPrinter());
    to.put(
        "deployments.apps",
        Printer.of(
            List.of(
                Column.NAME,
                Column.of("Ready"),
                Column.of("Up-to-date"),
                Column.of("Available"),
                Column.AGE,
                CONTAINERS,
                IMAGES,
                SELECTOR),
            (o, ages) ->
                List.of(
                    o.name(),
                    count(o, "status", "readyReplicas") + "/" + count(o, "spec", "replicas"),
                    count(o, "status", "updatedReplicas"),
                    count(o, "status", "availableReplicas"),
                    ages.of(o),
                    containers(o),
                    images(o),
                    selector(o))));
    to.put(
        "replicasets.apps",
        Printer.of(
            List.of(
                Column.NAME,
                Column.integer("Desired"),
                Column.integer("Current"),
                Column.integer("Ready"),
                Column.AGE,
                CONTAINERS,
                IMAGES,
                SELECTOR),
            (o, ages) ->
                List.of(
                    o.name(),
                    count(o, "spec", "replicas"),
                    count(o, "status", "replicas"),
                    count(o, "status", "readyReplicas"),
                    ages.of(o),
                    containers(o),
                    images(o),
                    selector(o))));
    to.put(
        "replicationcontrollers",
        Printer.of(
            List.of(
                Column.NAME,
                Column.integer("Desired"),
                Column.integer("Current"),
                Column.integer("Ready"),
                Column.AGE,
                CONTAINERS,
                IMAGES,
                SELECTOR),
            (o, ages) ->
                List.of(
                    o.name(),
                    count(o, "spec", "replicas"),
                    count(o, "status", "replicas"),
                    count(o, "status", "readyReplicas"),
                    ages.of(o),
                    containers(o),
                    images(o),
                    Cells.labels(o.at("spec", "selector")))));
    to.put(
        "statefulsets.apps",
        Printer.of(
            List.of(Column.NAME, Column.of("Ready"), Column.AGE, CONTAINERS, IMAGES),
            (o, ages) ->
                List.of(
                    o.name(),
                    count(o, "status", "readyReplicas") + "/" + count(o, "spec", "replicas"),
                    ages.of(o),
                    containers(o),
                    images(o))));
    to.put(
        "daemonsets.apps",
        Printer.of(
            List.of(
                Column.NAME,
                Column.integer("Desired"),
                Column.integer("Current"),
                Column.integer("Ready"),
                Column.integer("Up-to-date"),
                Column.integer("Available"),
                Column.of("Node Selector"),
                Column.AGE,
                CONTAINERS,
                IMAGES,
                SELECTOR),
            (o, ages) ->
                List.of(
                    o.name(),
                    count(o, "status", "desiredNumberScheduled"),
                    count(o, "status", "currentNumberScheduled"),
                    count(o, "status", "numberReady"),
                    count(o, "status", "updatedNumberScheduled"),
                    count(o, "status", "numberAvailable"),
                    Cells.labels(o.at("spec", "template", "spec", "nodeSelector")),
                    ages.of(o),
                    containers(o),
                    images(o),
                    selector(o))));
    to.put(
        "controllerrevisions.apps",
        Printer.of(
            List.of(Column.NAME, Column.of("Controller"), Column.of("Revision"), Column.AGE),
            (o, ages) ->
                List.of(
                    o.name(),
                    o.controllerOwner()
                        .map(r ->
                            r.kind().toLowerCase(java.util.Locale.ROOT)
                                + (r.gvk().group().isEmpty() ? "" : "." + r.gvk().group())
                                + "/"
                                + r.name())
                        .orElse("<none>"),
                    count(o, "revision"),
                    ages.of(o))));
    to.put(
        "jobs.batch",
        Printer.of(
            List.of(
                Column.NAME,
                Column.of("Status"),
                Column.of("Completions"),
                Column.of("Duration"),
                Column.AGE,
                CONTAINERS,
                IMAGES,
                SELECTOR),
            (o, ages) ->
                List.of(
                    o.name(),
                    jobStatus(o),
                    completions(o),
                    jobDuration(o, ages),
                    ages.of(o),
                    containers(o),
                    images(o),
                    selector(o))));
    to.put(
        "cronjobs.batch",
        Printer.of(
            List.of(
                Column.NAME,
                Column.of("Schedule"),
                Column.of("Timezone"),
                Column.bool("Suspend"),
                Column.integer("Active"),
                Column.of("Last Schedule"),
                Column.AGE,
                CONTAINERS,
                IMAGES,
                SELECTOR),
            (o, ages) -> {
              JsonNode pods = o.at("spec", "jobTemplate", "spec", "template", "spec");
              String last = o.text("status", "lastScheduleTime");
              return List.of(
                  o.name(),
                  o.text("spec", "schedule"),
                  orNone(o.text("spec", "timeZone")),
                  o.at("spec", "suspend").asBoolean(false) ? "True" : "False",
                  (long) o.at("status", "active").size(),
                  last.isEmpty() ? "<none>" : ages.since(last),
                  ages.of(o),
                  join(pods.path("containers"), "name"),
                  join(pods.path("containers"), "image"),
                  Cells.selector(o.at("spec", "jobTemplate", "spec", "selector")));
            }));
    to.put("horizontalpodautoscalers.autoscaling", new AutoscalerPrinter());
    to.put(
        "podtemplates",
        Printer.of(
            List.of(
                Column.NAME, Column.of("Containers"), Column.of("Images"), Column.of("Pod Labels")),
            (o, ages) ->
                List.of(
                    o.name(),
                    join(o.at("template", "spec", "containers"), "name"),
                    join(o.at("template", "spec", "containers"), "image"),
                    Cells.labels(o.at("template", "metadata", "labels")))));
  }

  private static String containers(KubeObject o) {
    return join(o.at("spec", "template", "spec", "containers"), "name");
  }

  private static String images(KubeObject o) {
    return join(o.at("spec", "template", "spec", "containers"), "image");
  }

  private static String jobStatus(KubeObject o) {
    if (condition(o, "Complete")) {
      return "Complete";
    }
    if (condition(o, "Failed")) {
      return "Failed";
    }
    if (o.isDeleting()) {
      return "Terminating";
    }
    if (condition(o, "Suspended")) {
      return "Suspended";
    }
    if (condition(o, "FailureTarget")) {
      return "FailureTarget";
    }
    return condition(o, "SuccessCriteriaMet") ? "SuccessCriteriaMet" : "Running";
  }

  private static boolean condition(KubeObject o, String type) {
    return Cells.condition(o, type).path("status").asText("").equals("True");
  }

  private static String completions(KubeObject o) {
    long done = count(o, "status", "succeeded");
    JsonNode wanted = o.at("spec", "completions");
    if (wanted.isNumber()) {
      return done + "/" + wanted.asLong();
    }
    long parallelism = count(o, "spec", "parallelism");
    return parallelism > 1 ? done + "/1 of " + parallelism : done + "/1";
  }

  private static String jobDuration(KubeObject o, Ages ages) {
    Instant start = Timestamps.parse(o.text("status", "startTime"));
    if (start == null) {
      return "";
    }
    Instant end = Timestamps.parse(o.text("status", "completionTime"));
    return Ages.human(Duration.between(start, end == null ? ages.now() : end));
  }
}
