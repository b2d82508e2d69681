package dev.coracle.kubelet.internal.node;

import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.List;

/** The ranges of pod addresses that a Node has been given. */
final class PodRanges {
  private PodRanges() {}

  /** With a comma between, as the runtime is told them; empty for none. */
  static String of(KubeObject node) {
    List<String> ranges = new ArrayList<>();
    node.at("spec", "podCIDRs").forEach(range -> ranges.add(range.asText()));
    return ranges.isEmpty() ? node.text("spec", "podCIDR") : String.join(",", ranges);
  }
}
