package dev.coracle.metrics.internal.state;

import static dev.coracle.metrics.internal.state.Facts.labels;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.coracle.api.ExpositionText;
import dev.coracle.api.KubeObject;

/** {@code kube_pod_container_…} and {@code kube_pod_init_container_…}. */
final class ContainerFamilies {

  private ContainerFamilies() {}

  static void declare(ExpositionText out) {
    for (String of : new String[] {"kube_pod_container", "kube_pod_init_container"}) {
      out.gauge(of + "_info", "The image of a container")
          .gauge(of + "_status_running", "Whether a container runs")
          .gauge(of + "_status_waiting", "Whether a container waits")
          .gauge(of + "_status_waiting_reason", "Why a container waits")
          .gauge(of + "_status_terminated", "Whether a container has ended")
          .gauge(of + "_status_terminated_reason", "Why a container has ended")
          .gauge(of + "_status_last_terminated_reason", "Why a container ended the last time")
          .gauge(of + "_status_ready", "Whether a container is ready")
          .counter(of + "_status_restarts_total", "How often a container was restarted")
          .gauge(of + "_resource_requests", "What a container requests")
          .gauge(of + "_resource_limits", "What a container is limited to");
    }
    out.gauge(
            "kube_pod_container_status_last_terminated_exitcode",
            "The exit code of a container's last run")
        .gauge("kube_pod_container_state_started", "Unix timestamp at which a container started");
  }

  static void write(ExpositionText out, KubeObject object, String[] pod) {
    String node = object.text("spec", "nodeName");
    JsonNode status = object.at("status");
    for (JsonNode c : object.at("spec", "containers")) {
      one(out, "kube_pod_container", c, status.path("containerStatuses"), node, pod);
    }
    for (JsonNode c : object.at("spec", "initContainers")) {
      one(out, "kube_pod_init_container", c, status.path("initContainerStatuses"), node, pod);
    }
  }

  private static void one(
      ExpositionText out, String of, JsonNode spec, JsonNode statuses, String node, String[] pod) {
    String name = spec.path("name").asText();
    String[] own = labels(pod, "container", name);
    Facts.resources(
        out,
        of + "_resource_requests",
        spec.path("resources").path("requests"),
        labels(own, "node", node));
    Facts.resources(
        out,
        of + "_resource_limits",
        spec.path("resources").path("limits"),
        labels(own, "node", node));
    JsonNode status =
        Facts.elements(statuses)
            .filter(s -> s.path("name").asText().equals(name))
            .findFirst()
            .orElse(MissingNode.getInstance());
    if (status.isMissingNode()) {
      return;
    }
    out.sample(
        of + "_info",
        1,
        labels(
            own,
            "image_spec",
            spec.path("image").asText(),
            "image",
            status.path("image").asText(),
            "image_id",
            status.path("imageID").asText(),
            "container_id",
            status.path("containerID").asText()));
    JsonNode state = status.path("state");
    out.sample(of + "_status_running", state.has("running") ? 1 : 0, own);
    out.sample(of + "_status_waiting", state.has("waiting") ? 1 : 0, own);
    out.sample(of + "_status_terminated", state.has("terminated") ? 1 : 0, own);
    out.sample(of + "_status_ready", status.path("ready").asBoolean() ? 1 : 0, own);
    Facts.count(out, of + "_status_restarts_total", status.path("restartCount"), own);
    reason(out, of + "_status_waiting_reason", state.path("waiting"), own);
    reason(out, of + "_status_terminated_reason", state.path("terminated"), own);
    JsonNode last = status.path("lastState").path("terminated");
    reason(out, of + "_status_last_terminated_reason", last, own);
    if (of.equals("kube_pod_container")) {
      if (last.isObject()) {
        Facts.count(
            out, "kube_pod_container_status_last_terminated_exitcode", last.path("exitCode"), own);
      }
      JsonNode started =
          state.path(state.has("running") ? "running" : "terminated").path("startedAt");
      Facts.time(out, "kube_pod_container_state_started", started, own);
    }
  }

  private static void reason(ExpositionText out, String family, JsonNode state, String[] own) {
    String reason = state.path("reason").asText("");
    if (!reason.isEmpty()) {
      out.sample(family, 1, labels(own, "reason", reason));
    }
  }
}
