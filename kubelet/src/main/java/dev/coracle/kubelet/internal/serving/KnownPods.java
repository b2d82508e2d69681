package dev.coracle.kubelet.internal.serving;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerState;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.PodRuntimeStatus;
import dev.coracle.kubelet.internal.runtime.RuntimeCache;
import dev.coracle.kubelet.internal.runtime.SandboxState;
import dev.coracle.kubelet.internal.status.StatusManager;
import dev.coracle.kubelet.server.ContainerView;
import dev.coracle.kubelet.server.ContainerView.Instance;
import dev.coracle.kubelet.server.PodLookup;
import dev.coracle.kubelet.server.PodView;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Pods and containers as the kubelet's API shows them, from memory. Safe for any thread, never
 * blocks.
 */
public final class KnownPods implements PodLookup {
  private final Supplier<List<PodContext>> pods;
  private final RuntimeCache cache;
  private final StatusManager statuses;
  private final PodPaths paths;
  private final Map<String, Set<UniEmitter<? super Void>>> waiting = new ConcurrentHashMap<>();

  /**
   * @param cache tells every reading to {@link #read}
   */
  public KnownPods(
      Supplier<List<PodContext>> pods, RuntimeCache cache, StatusManager statuses, PodPaths paths) {
    this.pods = pods;
    this.cache = cache;
    this.statuses = statuses;
    this.paths = paths;
  }

  @Override
  public Optional<PodView> pod(String namespace, String name) {
    return pods.get().stream()
        .map(PodContext::pod)
        .filter(p -> p.name().equals(name) && p.namespace().equals(namespace))
        .reduce((a, b) -> b.isDeleting() && !a.isDeleting() ? a : b)
        .map(this::view);
  }

  private PodView view(Pod pod) {
    PodRuntimeStatus status = cache.last(pod.uid()).orElse(PodRuntimeStatus.NOTHING);
    JsonNode shown = statuses.last(pod.uid()).orElse(pod.status());
    return new PodView(
        pod.namespace(),
        pod.name(),
        pod.uid(),
        status.readySandbox().map(SandboxState::id),
        pod.allContainers().stream().map(c -> container(pod, c, status, shown)).toList());
  }

  private ContainerView container(
      Pod pod, ContainerSpec spec, PodRuntimeStatus status, JsonNode shown) {
    List<Instance> instances =
        status.containers().stream()
            .filter(c -> c.name().equals(spec.name()) && c.state() != ContainerState.State.CREATED)
            .map(c ->
                new Instance(
                    c.id(),
                    paths.podLogs(pod).resolve(PodPaths.containerLog(c.name(), c.restartCount())),
                    c.isRunning()))
            .toList();
    Optional<Instance> current = instances.stream().findFirst();
    return new ContainerView(
        spec.name(),
        current,
        instances.stream().skip(1).findFirst(),
        current.isPresent() ? Optional.empty() : Optional.of(waitingReason(shown, spec.name())),
        spec.node().path("tty").asBoolean(false),
        spec.node().path("stdin").asBoolean(false));
  }

  private static String waitingReason(JsonNode status, String name) {
    for (String list :
        new String[] {"containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"}) {
      for (JsonNode s : status.path(list)) {
        if (s.path("name").asText("").equals(name)) {
          String reason = s.path("state").path("waiting").path("reason").asText("");
          if (!reason.isEmpty()) {
            return reason;
          }
        }
      }
    }
    return "ContainerCreating";
  }

  @Override
  public Uni<Void> terminated(String containerId) {
    return Uni.createFrom()
        .emitter(emitter -> {
          if (!isRunning(containerId)) {
            emitter.complete(null);
            return;
          }
          Set<UniEmitter<? super Void>> set =
              waiting.computeIfAbsent(containerId, _ -> ConcurrentHashMap.newKeySet());
          set.add(emitter);
          emitter.onTermination(() ->
              waiting.computeIfPresent(
                  containerId,
                  (k, s) -> {
                    s.remove(emitter);
                    return s.isEmpty() ? null : s;
                  }));
          if (!isRunning(containerId)) {
            emitter.complete(null);
          }
        });
  }

  private boolean isRunning(String containerId) {
    return cache.isRunning(containerId);
  }

  /** A pod was read: whoever waits for one of its ended containers is told. */
  public void read(PodRuntimeStatus before, PodRuntimeStatus now) {
    if (waiting.isEmpty()) {
      return;
    }
    for (ContainerState c : before.containers()) {
      boolean runs = now.byId(c.id()).filter(ContainerState::isRunning).isPresent();
      if (!runs) {
        Set<UniEmitter<? super Void>> set = waiting.remove(c.id());
        if (set != null) {
          set.forEach(e -> e.complete(null));
        }
      }
    }
  }

  /** {@code /pods}. */
  public JsonNode list() {
    ObjectNode out = Json.object().put("kind", "PodList").put("apiVersion", "v1");
    out.putObject("metadata");
    ArrayNode items = out.putArray("items");
    for (PodContext context : pods.get()) {
      Pod pod = context.pod();
      ObjectNode tree = pod.object().edit();
      statuses.last(pod.uid()).ifPresent(s -> tree.set("status", s));
      items.add(tree);
    }
    return out;
  }

  /** {@code /runningpods/}: what the runtime runs. */
  public JsonNode running() {
    ObjectNode out = Json.object().put("kind", "PodList").put("apiVersion", "v1");
    out.putObject("metadata");
    ArrayNode items = out.putArray("items");
    for (PodContext context : pods.get()) {
      Pod pod = context.pod();
      List<ContainerState> running =
          cache.last(pod.uid()).orElse(PodRuntimeStatus.NOTHING).containers().stream()
              .filter(ContainerState::isRunning)
              .toList();
      if (running.isEmpty()) {
        continue;
      }
      ObjectNode item = items.addObject();
      item.putObject("metadata")
          .put("name", pod.name())
          .put("namespace", pod.namespace())
          .put("uid", pod.uid());
      ArrayNode containers = item.putObject("spec").putArray("containers");
      running.forEach(c -> containers.addObject().put("name", c.name()).put("image", c.image()));
    }
    return out;
  }
}
