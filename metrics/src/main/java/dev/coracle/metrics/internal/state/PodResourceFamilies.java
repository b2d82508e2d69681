package dev.coracle.metrics.internal.state;

import dev.coracle.api.ExpositionText;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PodRequests;
import dev.coracle.api.Quantity;
import dev.coracle.api.Resources;
import java.util.Map;

/**
 * What each pod asks of a node as a whole, as the scheduler and the kubelet count it: {@code
 * kube_pod_resource_request} and {@code …_limit} (KEP-1748). Pods that have ended count for
 * nothing.
 */
public final class PodResourceFamilies implements StateFamilies {

  private static final String REQUEST = "kube_pod_resource_request";
  private static final String LIMIT = "kube_pod_resource_limit";

  @Override
  public GroupVersionResource resource() {
    return Resources.PODS;
  }

  @Override
  public void declare(ExpositionText out) {
    out.gauge(REQUEST, "What a pod requests of its node, in the unit it is told in")
        .gauge(LIMIT, "What a pod is limited to, in the unit it is told in");
  }

  @Override
  public void write(ExpositionText out, KubeObject pod) {
    String node = pod.text("spec", "nodeName");
    String phase = pod.text("status", "phase");
    if (!node.isEmpty() && (phase.equals("Succeeded") || phase.equals("Failed"))) {
      return;
    }
    write(out, REQUEST, pod, node, PodRequests.of(pod.tree(), "requests"));
    write(out, LIMIT, pod, node, PodRequests.of(pod.tree(), "limits"));
  }

  private static void write(
      ExpositionText out,
      String family,
      KubeObject pod,
      String node,
      Map<String, Quantity> amounts) {
    String scheduler = pod.text("spec", "schedulerName");
    String priority = pod.at("spec", "priority").asText("");
    amounts.forEach((resource, amount) -> {
      if (amount.signum() == 0) {
        return;
      }
      out.sample(
          family,
          amount.value().doubleValue(),
          "namespace",
          pod.namespace(),
          "pod",
          pod.name(),
          "node",
          node,
          "scheduler",
          scheduler,
          "priority",
          priority,
          "resource",
          resource,
          "unit",
          unit(resource));
    });
  }

  /** Empty for what only a device plugin knows how to count. */
  private static String unit(String resource) {
    return switch (resource) {
      case "cpu" -> "cores";
      case "memory", "storage", "ephemeral-storage" -> "bytes";
      default ->
          resource.startsWith("hugepages-")
              ? "bytes"
              : resource.startsWith("attachable-volumes-") ? "integer" : "";
    };
  }
}
