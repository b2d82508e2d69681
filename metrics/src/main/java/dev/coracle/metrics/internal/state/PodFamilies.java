package dev.coracle.metrics.internal.state;

import static dev.coracle.metrics.internal.state.Facts.labels;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.ExpositionText;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.util.List;

/** {@code kube_pod_…}, but for the containers' own. */
public final class PodFamilies implements StateFamilies {

  private static final List<String> PHASES =
      List.of("Pending", "Succeeded", "Failed", "Unknown", "Running");
  private static final List<String> QOS = List.of("BestEffort", "Burstable", "Guaranteed");
  private static final List<String> REASONS =
      List.of("Evicted", "NodeAffinity", "NodeLost", "Shutdown", "UnexpectedAdmissionError");

  @Override
  public GroupVersionResource resource() {
    return Resources.PODS;
  }

  @Override
  public void declare(ExpositionText out) {
    out.gauge("kube_pod_info", "Where a Pod runs and who made it")
        .gauge("kube_pod_owner", "The owners of a Pod")
        .gauge("kube_pod_created", "Unix creation timestamp")
        .gauge("kube_pod_start_time", "Unix timestamp at which the kubelet accepted a Pod")
        .gauge("kube_pod_completion_time", "Unix timestamp at which the last container ended")
        .gauge("kube_pod_deletion_timestamp", "Unix deletion timestamp")
        .gauge("kube_pod_restart_policy", "The restart policy of a Pod")
        .gauge("kube_pod_status_phase", "The phase of a Pod")
        .gauge("kube_pod_status_qos_class", "The QoS class of a Pod")
        .gauge("kube_pod_status_ready", "Whether a Pod is ready")
        .gauge("kube_pod_status_ready_time", "Unix timestamp at which a Pod became ready")
        .gauge("kube_pod_status_scheduled", "Whether a Pod has a node")
        .gauge("kube_pod_status_scheduled_time", "Unix timestamp at which a Pod got its node")
        .gauge("kube_pod_status_unschedulable", "Whether no node was found for a Pod")
        .gauge("kube_pod_status_reason", "Why a Pod is in its phase")
        .gauge(
            "kube_pod_spec_volumes_persistentvolumeclaims_info",
            "The PersistentVolumeClaims a Pod mounts");
    ContainerFamilies.declare(out);
  }

  @Override
  public void write(ExpositionText out, KubeObject object) {
    String[] pod = {"namespace", object.namespace(), "pod", object.name(), "uid", object.uid()};
    var controller = object.controllerOwner();
    out.sample(
        "kube_pod_info",
        1,
        labels(
            pod,
            "host_ip",
            object.text("status", "hostIP"),
            "pod_ip",
            object.text("status", "podIP"),
            "node",
            object.text("spec", "nodeName"),
            "created_by_kind",
            controller.map(o -> o.kind()).orElse(""),
            "created_by_name",
            controller.map(o -> o.name()).orElse(""),
            "priority_class",
            object.text("spec", "priorityClassName"),
            "host_network",
            Boolean.toString(object.at("spec", "hostNetwork").asBoolean())));
    Facts.owners(out, "kube_pod_owner", object, pod);
    Facts.created(out, "kube_pod_created", object, pod);
    Facts.time(out, "kube_pod_start_time", object.at("status", "startTime"), pod);
    Facts.time(
        out, "kube_pod_deletion_timestamp", object.metadata().path("deletionTimestamp"), pod);
    out.sample(
        "kube_pod_restart_policy", 1, labels(pod, "type", object.text("spec", "restartPolicy")));
    String phase = object.text("status", "phase");
    if (!phase.isEmpty()) {
      Facts.oneOf(out, "kube_pod_status_phase", PHASES, phase, "phase", pod);
    }
    String qos = object.text("status", "qosClass");
    if (!qos.isEmpty()) {
      Facts.oneOf(out, "kube_pod_status_qos_class", QOS, qos, "qos_class", pod);
    }
    Facts.oneOf(
        out, "kube_pod_status_reason", REASONS, object.text("status", "reason"), "reason", pod);
    for (JsonNode condition : object.at("status", "conditions")) {
      condition(out, condition, pod);
    }
    for (JsonNode volume : object.at("spec", "volumes")) {
      JsonNode claim = volume.path("persistentVolumeClaim");
      if (claim.isObject()) {
        out.sample(
            "kube_pod_spec_volumes_persistentvolumeclaims_info",
            1,
            labels(
                pod,
                "volume",
                volume.path("name").asText(),
                "persistentvolumeclaim",
                claim.path("claimName").asText()));
      }
    }
    ContainerFamilies.write(out, object, pod);
    completed(out, object, phase, pod);
  }

  private static void condition(ExpositionText out, JsonNode condition, String[] pod) {
    boolean holds = condition.path("status").asText().equals("True");
    String status = condition.path("status").asText("Unknown");
    switch (condition.path("type").asText()) {
      case "Ready" -> {
        Facts.oneOf(
            out,
            "kube_pod_status_ready",
            List.of("true", "false", "unknown"),
            status.toLowerCase(java.util.Locale.ROOT),
            "condition",
            pod);
        if (holds) {
          Facts.time(out, "kube_pod_status_ready_time", condition.path("lastTransitionTime"), pod);
        }
      }
      case "PodScheduled" -> {
        Facts.oneOf(
            out,
            "kube_pod_status_scheduled",
            List.of("true", "false", "unknown"),
            status.toLowerCase(java.util.Locale.ROOT),
            "condition",
            pod);
        if (holds) {
          Facts.time(
              out, "kube_pod_status_scheduled_time", condition.path("lastTransitionTime"), pod);
        } else {
          out.sample("kube_pod_status_unschedulable", 1, pod);
        }
      }
      default -> {}
    }
  }

  private static void completed(ExpositionText out, KubeObject object, String phase, String[] pod) {
    if (!phase.equals("Succeeded") && !phase.equals("Failed")) {
      return;
    }
    Facts.elements(object.at("status", "containerStatuses"))
        .map(c -> c.path("state").path("terminated").path("finishedAt"))
        .filter(JsonNode::isTextual)
        .max(java.util.Comparator.comparing(JsonNode::asText))
        .ifPresent(last -> Facts.time(out, "kube_pod_completion_time", last, pod));
  }
}
