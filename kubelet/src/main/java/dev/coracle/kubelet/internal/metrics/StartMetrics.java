package dev.coracle.kubelet.internal.metrics;

import dev.coracle.kubelet.internal.pod.ContainerSpec;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;

/**
 * The metrics of containers' starts and ends, of their hooks, and of the images that they mount.
 * Safe for any thread.
 */
public final class StartMetrics {
  private final MeterRegistry registry;
  private final String node;
  private final Counter restarts;
  private final Counter sandboxErrors;
  private final Counter withUsers;
  private final Counter usersErrors;
  private final Counter hookFallbacks;
  private final Counter shortSleeps;

  StartMetrics(MeterRegistry registry, String node) {
    this.registry = registry;
    this.node = node;
    this.restarts =
        counter(
            "kubelet_restarted_containers_total",
            "Cumulative number of containers that were restarted",
            Tags.empty());
    this.sandboxErrors =
        counter(
            "kubelet_started_pods_errors_total",
            "Cumulative number of errors when starting pods",
            Tags.empty());
    this.withUsers =
        counter(
            "kubelet_started_user_namespaced_pods_total",
            "Cumulative number of pods with user namespaces started. This metric will only be"
                + " collected on Linux.",
            Tags.empty());
    this.usersErrors =
        counter(
            "kubelet_started_user_namespaced_pods_errors_total",
            "Cumulative number of errors when starting pods with user namespaces. This metric will"
                + " only be collected on Linux.",
            Tags.empty());
    this.hookFallbacks =
        counter(
            "kubelet_lifecycle_handler_http_fallbacks_total",
            "The number of times lifecycle handlers successfully fell back to http from https.",
            Tags.empty());
    this.shortSleeps =
        counter(
            "kubelet_sleep_action_terminated_early_total",
            "The number of times lifecycle sleep handler got terminated before it finishes",
            Tags.empty());
  }

  /** A hook that asks by HTTPS was answered by HTTP. */
  public void hookFellBack() {
    hookFallbacks.increment();
  }

  /** A hook that sleeps was woken. */
  public void sleptShort() {
    shortSleeps.increment();
  }

  /** One that has run before begins anew. */
  public void restarted() {
    restarts.increment();
  }

  /**
   * A pod is to have a sandbox.
   *
   * @param ownUsers whether it has users of its own
   */
  public void sandboxAsked(boolean ownUsers) {
    if (ownUsers) {
      withUsers.increment();
    }
  }

  /** It has got none. */
  public void sandboxFailed(boolean ownUsers) {
    sandboxErrors.increment();
    if (ownUsers) {
      usersErrors.increment();
    }
  }

  /** A container is to be started. */
  public void started(ContainerSpec container) {
    counter(
            "kubelet_started_containers_total",
            "Cumulative number of containers started",
            Tags.of("container_type", type(container)))
        .increment();
  }

  /**
   * It was not.
   *
   * @param code why, such as {@code ErrImagePull}
   */
  public void failed(ContainerSpec container, String code) {
    counter(
            "kubelet_started_containers_errors_total",
            "Cumulative number of errors when starting containers",
            Tags.of("container_type", type(container), "code", code))
        .increment();
  }

  /** A container has ended. */
  public void terminated(ContainerSpec container, int exitCode) {
    counter(
            "kubelet_terminated_containers_total",
            "Cumulative number of container terminations",
            Tags.of("container_type", type(container), "exit_code", Integer.toString(exitCode)))
        .increment();
  }

  private static String type(ContainerSpec container) {
    return switch (container.kind()) {
      case INIT, SIDECAR -> "init_container";
      case APP -> "container";
      case EPHEMERAL -> "ephemeral_container";
    };
  }

  /** A container that mounts images is to be started. */
  public void imageVolumesRequested(int count) {
    counter(
            "kubelet_image_volume_requested_total",
            "Number of requested image volumes",
            Tags.empty())
        .increment(count);
  }

  /** The container has them, or could not be made with them. */
  public void imageVolumesMounted(int count, boolean succeeded) {
    if (succeeded) {
      counter(
              "kubelet_image_volume_mounted_succeed_total",
              "Number of successful image volume mounts",
              Tags.empty())
          .increment(count);
    } else {
      counter(
              "kubelet_image_volume_mounted_errors_total",
              "Number of failed image volume mounts",
              Tags.empty())
          .increment(count);
    }
  }

  private Counter counter(String name, String help, Tags tags) {
    return Counter.builder(name).description(help).tags(tags.and("node", node)).register(registry);
  }
}
