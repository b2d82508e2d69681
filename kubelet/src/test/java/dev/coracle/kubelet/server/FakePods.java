package dev.coracle.kubelet.server;

import io.smallrye.mutiny.Uni;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Pods that a test sets, and containers that it ends. */
final class FakePods implements PodLookup {
  private final Map<String, PodView> pods = new ConcurrentHashMap<>();
  private final Map<String, CompletableFuture<Void>> ends = new ConcurrentHashMap<>();

  void put(PodView pod) {
    pods.put(pod.namespace() + "/" + pod.name(), pod);
  }

  void end(String containerId) {
    ends.computeIfAbsent(containerId, id -> new CompletableFuture<>()).complete(null);
  }

  @Override
  public Optional<PodView> pod(String namespace, String name) {
    return Optional.ofNullable(pods.get(namespace + "/" + name));
  }

  @Override
  public Uni<Void> terminated(String containerId) {
    return Uni.createFrom()
        .completionStage(ends.computeIfAbsent(containerId, id -> new CompletableFuture<>()).copy());
  }
}
