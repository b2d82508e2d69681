package dev.coracle.kubelet.internal.event;

import dev.coracle.api.KubeObject;
import dev.coracle.client.EventRecorder;
import java.util.Optional;
import java.util.function.Supplier;

/** Events about the Node itself. Safe for any thread, never waits. */
@FunctionalInterface
public interface NodeEvents {
  void event(String type, String reason, String message);

  default void normal(String reason, String message) {
    event("Normal", reason, message);
  }

  default void warning(String reason, String message) {
    event("Warning", reason, message);
  }

  /** None are told before the node is registered. */
  static NodeEvents to(EventRecorder recorder, Supplier<Optional<KubeObject>> node) {
    return (type, reason, message) ->
        node.get().ifPresent(n -> recorder.event(n, "", type, reason, message));
  }
}
