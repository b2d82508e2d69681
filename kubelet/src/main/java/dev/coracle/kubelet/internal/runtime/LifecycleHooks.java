package dev.coracle.kubelet.internal.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.cri.v1.ExecSyncResponse;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.metrics.StartMetrics;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.GoText;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.probe.Handlers;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs {@code postStart} and {@code preStop} handlers (Kubernetes docs, "Container Lifecycle
 * Hooks"). Blocks.
 */
public final class LifecycleHooks {
  private final RuntimeService runtime;
  private final Handlers handlers;
  private final PodEvents events;
  private final StartMetrics metrics;

  public LifecycleHooks(
      RuntimeService runtime, Handlers handlers, PodEvents events, StartMetrics metrics) {
    this.runtime = runtime;
    this.handlers = handlers;
    this.events = events;
    this.metrics = metrics;
  }

  /**
   * @param limit the longest the handler may take
   * @param cancelled ends waiting early
   * @return what went wrong, empty for success
   */
  public Optional<String> run(
      Pod pod,
      ContainerSpec container,
      String containerId,
      String podIp,
      JsonNode handler,
      Duration limit,
      CompletableFuture<Void> cancelled) {
    if (handler.hasNonNull("exec")) {
      List<String> command = new ArrayList<>();
      handler.path("exec").path("command").forEach(c -> command.add(c.asText()));
      return exec(pod, container, containerId, command, limit);
    }
    if (handler.hasNonNull("httpGet")) {
      JsonNode get = handler.path("httpGet");
      return handlers
          .hook(container, get, podIp, limit, host -> fellBack(pod, host))
          .map(why ->
              "HTTP lifecycle hook ("
                  + get.path("path").asText("/")
                  + ") for Container "
                  + GoText.quote(container.name())
                  + " in Pod "
                  + GoText.quote(pod.describe())
                  + " failed - error: "
                  + why);
    }
    if (handler.hasNonNull("sleep")) {
      Duration sleep = Duration.ofSeconds(handler.path("sleep").path("seconds").asLong(0));
      try {
        cancelled.get(Math.min(sleep.toMillis(), limit.toMillis()), TimeUnit.MILLISECONDS);
        metrics.sleptShort();
      } catch (TimeoutException e) {
        return Optional.empty();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (java.util.concurrent.ExecutionException e) {
        return Optional.empty();
      }
      return Optional.empty();
    }
    return Optional.of("invalid handler: " + handler.fieldNames());
  }

  private void fellBack(Pod pod, String host) {
    metrics.hookFellBack();
    events.warning(
        pod,
        "LifecycleHTTPFallback",
        "request to HTTPS lifecycle hook "
            + host
            + " got HTTP response, retry with HTTP succeeded");
  }

  private Optional<String> exec(
      Pod pod, ContainerSpec container, String containerId, List<String> command, Duration limit) {
    String what =
        "Exec lifecycle hook ("
            + GoText.list(command)
            + ") for Container "
            + GoText.quote(container.name())
            + " in Pod "
            + GoText.quote(pod.describe())
            + " failed - error: ";
    try {
      ExecSyncResponse r = runtime.execSync(containerId, command, limit);
      return r.getExitCode() == 0
          ? Optional.empty()
          : Optional.of(
              what
                  + "command '"
                  + String.join(" ", command)
                  + "' exited with "
                  + r.getExitCode()
                  + ": "
                  + r.getStderr().toStringUtf8()
                  + ", message: "
                  + GoText.quote(r.getStdout().toStringUtf8() + r.getStderr().toStringUtf8()));
    } catch (CriException e) {
      return Optional.of(what + e.describe() + ", message: \"\"");
    }
  }
}
