package dev.coracle.kubelet.internal.node;

import dev.coracle.api.NodeFeature;
import java.util.List;
import java.util.stream.Stream;

/**
 * What this kubelet declares on its Node (KEP-5328): what it does, whatever upstream's default of
 * the gate of that name is, and nothing else. Runtimes give no users of their own to pods on the
 * host's network.
 */
final class DeclaredFeatures {
  /** Sorted, as the API asks for. */
  static final List<String> ALL =
      Stream.of(
              NodeFeature.EXTEND_WEB_SOCKETS,
              NodeFeature.RESIZE_OF_PODS,
              NodeFeature.RESIZE_OF_INIT_CONTAINERS,
              NodeFeature.RESTART_OF_ALL_CONTAINERS)
          .map(NodeFeature::declared)
          .sorted()
          .toList();

  private DeclaredFeatures() {}
}
