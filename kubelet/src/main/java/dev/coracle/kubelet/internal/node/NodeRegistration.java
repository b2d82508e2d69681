package dev.coracle.kubelet.internal.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LocalVolumes;
import dev.coracle.api.net.Cidr;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.PatchType;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.config.NodeObjectOptions;
import java.util.List;

/** How the kubelet registers its Node: a new one, or what one that is there must carry. */
final class NodeRegistration {
  private static final GroupVersionKind NODE = new GroupVersionKind("", "v1", "Node");

  private final KubeletOptions options;
  private final Machine machine;

  NodeRegistration(KubeletOptions options, Machine machine) {
    this.options = options;
    this.machine = machine;
  }

  /** The Node where there is none yet. */
  KubeObject node(ObjectNode status) {
    return KubeObject.create(
        NODE,
        "",
        options.nodeName(),
        tree -> {
          labels(tree.withObjectProperty("metadata").putObject("labels"));
          annotations(tree.withObjectProperty("metadata").putObject("annotations"));
          ObjectNode spec = tree.putObject("spec");
          if (!options.podCidr().isEmpty()) {
            ranges(spec);
          }
          NodeObjectOptions chosen = options.configuration().node();
          if (!chosen.taints().isEmpty()) {
            spec.set("taints", chosen.taintNodes());
          }
          if (!chosen.providerId().isEmpty()) {
            spec.put("providerID", chosen.providerId());
          }
          tree.set("status", status);
        });
  }

  /** What a Node that is there already has to carry; a range of pod addresses it has stays. */
  Patch patch(KubeObject known) {
    ObjectNode patch = Json.object();
    labels(patch.withObjectProperty("metadata").putObject("labels"));
    annotations(patch.withObjectProperty("metadata").putObject("annotations"));
    if (!options.podCidr().isEmpty() && known.text("spec", "podCIDR").isEmpty()) {
      ranges(patch.putObject("spec"));
    }
    return new Patch(PatchType.MERGE, patch, false);
  }

  private void ranges(ObjectNode spec) {
    List<String> ranges = Cidr.split(options.podCidr());
    spec.put("podCIDR", ranges.getFirst());
    ranges.forEach(spec.putArray("podCIDRs")::add);
  }

  private void annotations(ObjectNode annotations) {
    annotations.put("volumes.kubernetes.io/controller-managed-attach-detach", "true");
    annotations.put(LocalVolumes.DIRECTORY, options.localVolumes().toString());
  }

  private void labels(ObjectNode labels) {
    labels.put("kubernetes.io/hostname", options.nodeName());
    labels.put("kubernetes.io/os", "linux");
    labels.put("kubernetes.io/arch", machine.architecture());
    labels.put("beta.kubernetes.io/os", "linux");
    labels.put("beta.kubernetes.io/arch", machine.architecture());
    options.nodeLabels().forEach(labels::put);
  }
}
