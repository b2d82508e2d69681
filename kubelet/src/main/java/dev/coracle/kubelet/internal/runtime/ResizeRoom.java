package dev.coracle.kubelet.internal.runtime;

import dev.coracle.kubelet.internal.pod.Pod;
import java.util.Optional;

/** Whether the node has what a pod asks for: why not, in upstream's words. */
public interface ResizeRoom {
  /**
   * Why a resize is never done here.
   *
   * @param detail how the metrics name it
   * @param why for people
   */
  record Never(String detail, String why) {}

  /**
   * Not even for this pod alone.
   *
   * @param has the pod with what it has been promised
   */
  Optional<Never> never(Pod pod, Pod has);

  /** Not beside the other pods. */
  Optional<String> now(Pod pod);

  /** Whether the one asks for more of anything than the other does. */
  boolean isMore(Pod pod, Pod than);
}
