package dev.coracle.kubelet.internal.probe;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.probe.Handlers.Outcome;
import dev.coracle.kubelet.internal.runtime.PodContext;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * Probes one container in one way, every period, until stopped. A verdict needs as many equal
 * outcomes in a row as its threshold says; an attempt that could not be made (the runtime is away)
 * is told and counts as none. A failed startup or liveness verdict ends the probing: the container
 * is going to be ended.
 *
 * <p>Attempts are made one after the other, each on a virtual thread.
 */
final class ProbeWorker {
  private final PodContext context;
  private final ContainerSpec container;
  private final ProbeManager.Key key;
  private final JsonNode probe;
  private final String podIp;
  private final Instant startedAt;
  private final Handlers handlers;
  private final PodEvents events;
  private final Timers timers;
  private final ProbeMetrics metrics;
  private final Consumer<Boolean> verdict;
  private volatile boolean stopped;
  private volatile Timers.Handle timer = () -> {};
  private boolean last;
  private int run;

  ProbeWorker(
      PodContext context,
      ContainerSpec container,
      ProbeManager.Key key,
      JsonNode probe,
      String podIp,
      long startedAtNanos,
      Handlers handlers,
      PodEvents events,
      Timers timers,
      ProbeMetrics metrics,
      Consumer<Boolean> verdict) {
    this.context = context;
    this.container = container;
    this.key = key;
    this.probe = probe;
    this.podIp = podIp;
    this.startedAt = Instant.ofEpochSecond(0, startedAtNanos);
    this.handlers = handlers;
    this.events = events;
    this.timers = timers;
    this.metrics = metrics;
    this.verdict = verdict;
  }

  void start() {
    Duration delay =
        Duration.between(
            timers.clock().instant(),
            startedAt.plusSeconds(probe.path("initialDelaySeconds").asLong(0)));
    timer = timers.after(delay.isNegative() ? Duration.ZERO : delay, this::attempt);
  }

  void stop() {
    stopped = true;
    timer.cancel();
  }

  private void attempt() {
    if (stopped) {
      return;
    }
    Outcome outcome = ask();
    if (stopped) {
      return;
    }
    Pod pod = context.pod();
    tell(pod, outcome);
    if (outcome.result() == Handlers.Result.UNKNOWN) {
      again();
      return;
    }
    metrics.count(pod, container.name(), key.kind().word, outcome.success());
    run = outcome.success() == last ? run + 1 : 1;
    last = outcome.success();
    int threshold =
        last ? probe.path("successThreshold").asInt(1) : probe.path("failureThreshold").asInt(3);
    if (run >= threshold) {
      verdict.accept(last);
      boolean over = !last && key.kind() != ProbeManager.Kind.READINESS;
      boolean started = last && key.kind() == ProbeManager.Kind.STARTUP;
      if (over || started) {
        stopped = true;
        return;
      }
    }
    again();
  }

  private void again() {
    timer = timers.after(Duration.ofSeconds(probe.path("periodSeconds").asLong(10)), this::attempt);
  }

  private void tell(Pod pod, Outcome outcome) {
    String word = key.kind().word;
    String message = outcome.message();
    switch (outcome.result()) {
      case SUCCESS -> {}
      case WARNING ->
          events.warning(pod, container, "ProbeWarning", word + " probe warning: " + message);
      case FAILURE ->
          events.warning(pod, container, "Unhealthy", word + " probe failed: " + message);
      case UNKNOWN ->
          events.warning(
              pod,
              container,
              "Unhealthy",
              word + " probe errored and resulted in unknown state: " + message);
    }
  }

  private Outcome ask() {
    Duration limit = Duration.ofSeconds(Math.max(1, probe.path("timeoutSeconds").asLong(1)));
    if (probe.hasNonNull("exec")) {
      return handlers.exec(key.containerId(), Handlers.command(probe.path("exec")), limit);
    }
    if (probe.hasNonNull("httpGet")) {
      return handlers.http(context.pod(), container, probe.path("httpGet"), podIp, limit);
    }
    if (probe.hasNonNull("tcpSocket")) {
      return handlers.tcp(container, probe.path("tcpSocket"), podIp, limit);
    }
    if (probe.hasNonNull("grpc")) {
      return handlers.grpc(probe.path("grpc"), podIp, limit);
    }
    return Outcome.unknown(
        "missing probe handler for " + context.pod().describe() + ":" + container.name());
  }
}
