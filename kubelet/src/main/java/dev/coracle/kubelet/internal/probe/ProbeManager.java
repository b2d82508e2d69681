package dev.coracle.kubelet.internal.probe;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerState;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.PodRuntimeStatus;
import dev.coracle.kubelet.internal.runtime.ProbeResults;
import dev.coracle.kubelet.internal.sync.PodSync;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Keeps one {@link ProbeWorker} for each probe of each running container, and their verdicts by
 * container id. Safe for any thread; one pod is followed by its worker only.
 */
public final class ProbeManager implements ProbeResults, PodSync.Follower {
  /** The three kinds, in the words of events and metrics. */
  enum Kind {
    STARTUP("startupProbe", "Startup"),
    LIVENESS("livenessProbe", "Liveness"),
    READINESS("readinessProbe", "Readiness");

    final String field;
    final String word;

    Kind(String field, String word) {
      this.field = field;
      this.word = word;
    }
  }

  /** A container's probe is known by these. */
  record Key(String containerId, Kind kind) {}

  private final Handlers handlers;
  private final PodEvents events;
  private final Timers timers;
  private final ProbeMetrics metrics;
  private final Consumer<String> changed;
  private final String hostIp;
  private final Instant begun;
  private final Map<Key, Boolean> verdicts = new ConcurrentHashMap<>();
  private final Map<String, Map<Key, ProbeWorker>> workers = new ConcurrentHashMap<>();

  /**
   * @param changed hears the uid of a pod one of whose verdicts changed
   */
  public ProbeManager(
      Handlers handlers,
      PodEvents events,
      Timers timers,
      ProbeMetrics metrics,
      String hostIp,
      Consumer<String> changed) {
    this.handlers = handlers;
    this.events = events;
    this.timers = timers;
    this.metrics = metrics;
    this.hostIp = hostIp;
    this.changed = changed;
    this.begun = timers.clock().instant();
  }

  @Override
  public Optional<Boolean> startup(String containerId) {
    return Optional.ofNullable(verdicts.get(new Key(containerId, Kind.STARTUP)));
  }

  @Override
  public Optional<Boolean> liveness(String containerId) {
    return Optional.ofNullable(verdicts.get(new Key(containerId, Kind.LIVENESS)));
  }

  @Override
  public Optional<Boolean> readiness(String containerId) {
    return Optional.ofNullable(verdicts.get(new Key(containerId, Kind.READINESS)));
  }

  @Override
  public void follow(PodContext context, PodRuntimeStatus status) {
    Pod pod = context.pod();
    Map<Key, ProbeWorker> known = workers.getOrDefault(pod.uid(), Map.of());
    Set<Key> wanted = new HashSet<>();
    Map<Key, ProbeWorker> now = new HashMap<>(known);
    List<ProbeWorker> fresh = new ArrayList<>();
    String podIp =
        pod.hostNetwork() ? hostIp : status.ips().isEmpty() ? "" : status.ips().getFirst();
    for (ContainerSpec c : probed(pod)) {
      Optional<ContainerState> state = status.container(c.name()).filter(ContainerState::isRunning);
      if (state.isEmpty()) {
        continue;
      }
      String id = state.get().id();
      if (Instant.ofEpochSecond(0, state.get().startedAt()).isBefore(begun)) {
        adopt(pod, c, id, known);
      }
      boolean started = !c.has(Kind.STARTUP.field) || startup(id).orElse(false);
      for (Kind kind : Kind.values()) {
        JsonNode probe = c.node().path(kind.field);
        if (!probe.isObject() || kind != Kind.STARTUP && !started) {
          continue;
        }
        Key key = new Key(id, kind);
        wanted.add(key);
        if (!now.containsKey(key)) {
          ProbeWorker worker =
              new ProbeWorker(
                  context,
                  c,
                  key,
                  probe,
                  podIp,
                  state.get().startedAt(),
                  handlers,
                  events,
                  timers,
                  metrics,
                  verdict -> decided(pod.uid(), key, verdict));
          now.put(key, worker);
          if (kind != Kind.STARTUP || !started) {
            fresh.add(worker);
          }
        }
      }
    }
    now.entrySet()
        .removeIf(e -> {
          boolean gone =
              !wanted.contains(e.getKey())
                  && status
                      .byId(e.getKey().containerId())
                      .filter(ContainerState::isRunning)
                      .isEmpty();
          if (gone) {
            e.getValue().stop();
            verdicts.remove(e.getKey());
          }
          return gone;
        });
    if (now.isEmpty()) {
      workers.remove(pod.uid());
    } else {
      workers.put(pod.uid(), now);
      fresh.forEach(ProbeWorker::start);
    }
  }

  /**
   * What was known of a container that has run since before this kubelet stays known: nobody is cut
   * off from it, and it has not to start again, because the kubelet was started anew.
   */
  private void adopt(Pod pod, ContainerSpec c, String id, Map<Key, ProbeWorker> known) {
    for (String list : new String[] {"initContainerStatuses", "containerStatuses"}) {
      for (JsonNode s : pod.status().path(list)) {
        if (!s.path("name").asText("").equals(c.name())
            || !s.path("containerID").asText("").endsWith("://" + id)) {
          continue;
        }
        adopt(new Key(id, Kind.STARTUP), s.path("started").asBoolean(false), c, known);
        adopt(new Key(id, Kind.READINESS), s.path("ready").asBoolean(false), c, known);
      }
    }
  }

  private void adopt(Key key, boolean good, ContainerSpec c, Map<Key, ProbeWorker> known) {
    if (good && c.has(key.kind().field) && !known.containsKey(key)) {
      verdicts.putIfAbsent(key, true);
    }
  }

  private static List<ContainerSpec> probed(Pod pod) {
    return java.util.stream.Stream.concat(
            pod.initContainers().stream().filter(ContainerSpec::isSidecar),
            pod.containers().stream())
        .filter(c -> c.has("startupProbe") || c.has("livenessProbe") || c.has("readinessProbe"))
        .toList();
  }

  private void decided(String podUid, Key key, boolean verdict) {
    if (!workers.getOrDefault(podUid, Map.of()).containsKey(key)) {
      return;
    }
    Boolean before = verdicts.put(key, verdict);
    if (before == null || before != verdict) {
      changed.accept(podUid);
    }
  }

  @Override
  public void ending(String uid) {
    workers
        .getOrDefault(uid, Map.of())
        .forEach((key, worker) -> {
          if (key.kind() != Kind.READINESS) {
            worker.stop();
          }
        });
  }

  /** No probe is run any more. */
  public void stop() {
    workers.values().forEach(byKey -> byKey.values().forEach(ProbeWorker::stop));
  }

  @Override
  public void forget(String uid) {
    Map<Key, ProbeWorker> gone = workers.remove(uid);
    if (gone != null) {
      gone.forEach((key, worker) -> {
        worker.stop();
        verdicts.remove(key);
      });
      metrics.forget(uid);
    }
  }
}
