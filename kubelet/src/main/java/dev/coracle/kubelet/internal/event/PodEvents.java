package dev.coracle.kubelet.internal.event;

import dev.coracle.client.EventRecorder;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;

/** Events about pods and their containers. Safe for any thread, never waits. */
@FunctionalInterface
public interface PodEvents {
  /**
   * @param fieldPath {@code spec.containers{web}}, or empty for the pod itself
   */
  void event(Pod pod, String fieldPath, String type, String reason, String message);

  default void normal(Pod pod, String reason, String message) {
    event(pod, "", "Normal", reason, message);
  }

  default void warning(Pod pod, String reason, String message) {
    event(pod, "", "Warning", reason, message);
  }

  default void normal(Pod pod, ContainerSpec container, String reason, String message) {
    event(pod, container.fieldPath(), "Normal", reason, message);
  }

  default void warning(Pod pod, ContainerSpec container, String reason, String message) {
    event(pod, container.fieldPath(), "Warning", reason, message);
  }

  static PodEvents to(EventRecorder recorder) {
    return (pod, fieldPath, type, reason, message) ->
        recorder.event(pod.object(), fieldPath, type, reason, message);
  }
}
