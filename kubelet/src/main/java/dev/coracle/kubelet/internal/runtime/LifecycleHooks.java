package dev.coracle.kubelet.internal.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.cri.v1.ExecSyncResponse;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.GoText;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.probe.Handlers;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

  public LifecycleHooks(RuntimeService runtime, Handlers handlers) {
    this.runtime = runtime;
    this.handlers = handlers;
  }

  /**
   * @param limit the longest the handler may take
   * @param cancelled ends waiting early
   * @return what went wrong, empty for success
   */
  public java.util.Optional<String> run(
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
      Handlers.Outcome outcome = handlers.http(pod, container, get, podIp, limit);
      return outcome.success()
          ? java.util.Optional.empty()
          : java.util.Optional.of(
              "HTTP lifecycle hook ("
                  + get.path("path").asText("/")
                  + ") for Container "
                  + GoText.quote(container.name())
                  + " in Pod "
                  + GoText.quote(pod.describe())
                  + " failed - error: "
                  + outcome.message());
    }
    if (handler.hasNonNull("sleep")) {
      Duration sleep = Duration.ofSeconds(handler.path("sleep").path("seconds").asLong(0));
      try {
        cancelled.get(Math.min(sleep.toMillis(), limit.toMillis()), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        return java.util.Optional.empty();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (java.util.concurrent.ExecutionException e) {
        return java.util.Optional.empty();
      }
      return java.util.Optional.empty();
    }
    return java.util.Optional.of("invalid handler: " + handler.fieldNames());
  }

  private java.util.Optional<String> exec(
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
          ? java.util.Optional.empty()
          : java.util.Optional.of(
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
      return java.util.Optional.of(what + e.describe() + ", message: \"\"");
    }
  }
}
