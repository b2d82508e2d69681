package dev.coracle.metrics.internal.state;

import static dev.coracle.metrics.internal.state.Facts.labels;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.ExpositionText;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;

/** {@code kube_node_…}. */
public final class NodeFamilies implements StateFamilies {

  private static final String ROLE = "node-role.kubernetes.io/";

  @Override
  public GroupVersionResource resource() {
    return Resources.NODES;
  }

  @Override
  public void declare(ExpositionText out) {
    out.gauge("kube_node_info", "Versions and addresses of a node")
        .gauge("kube_node_created", "Unix creation timestamp")
        .gauge("kube_node_role", "The role of a node")
        .gauge("kube_node_spec_unschedulable", "Whether a node is cordoned")
        .gauge("kube_node_spec_taint", "The taints of a node")
        .gauge("kube_node_status_condition", "The conditions of a node")
        .gauge("kube_node_status_capacity", "The resources of a node")
        .gauge("kube_node_status_allocatable", "The resources of a node that Pods may have");
  }

  @Override
  public void write(ExpositionText out, KubeObject object) {
    String[] node = {"node", object.name()};
    JsonNode info = object.at("status", "nodeInfo");
    String address =
        Facts.elements(object.at("status", "addresses"))
            .filter(a -> a.path("type").asText().equals("InternalIP"))
            .findFirst()
            .map(a -> a.path("address").asText())
            .orElse("");
    out.sample(
        "kube_node_info",
        1,
        labels(
            node,
            "kernel_version",
            info.path("kernelVersion").asText(),
            "os_image",
            info.path("osImage").asText(),
            "container_runtime_version",
            info.path("containerRuntimeVersion").asText(),
            "kubelet_version",
            info.path("kubeletVersion").asText(),
            "kubeproxy_version",
            info.path("kubeProxyVersion").asText(),
            "provider_id",
            object.text("spec", "providerID"),
            "pod_cidr",
            object.text("spec", "podCIDR"),
            "system_uuid",
            info.path("systemUUID").asText(),
            "internal_ip",
            address));
    Facts.created(out, "kube_node_created", object, node);
    for (String label : object.labels().keySet()) {
      if (label.startsWith(ROLE)) {
        out.sample("kube_node_role", 1, labels(node, "role", label.substring(ROLE.length())));
      }
    }
    out.sample(
        "kube_node_spec_unschedulable",
        object.at("spec", "unschedulable").asBoolean() ? 1 : 0,
        node);
    for (JsonNode taint : object.at("spec", "taints")) {
      out.sample(
          "kube_node_spec_taint",
          1,
          labels(
              node,
              "key",
              taint.path("key").asText(),
              "value",
              taint.path("value").asText(),
              "effect",
              taint.path("effect").asText()));
    }
    Facts.conditions(out, "kube_node_status_condition", object.at("status", "conditions"), node);
    Facts.resources(out, "kube_node_status_capacity", object.at("status", "capacity"), node);
    Facts.resources(out, "kube_node_status_allocatable", object.at("status", "allocatable"), node);
  }
}
