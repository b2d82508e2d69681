package dev.coracle.kubelet.internal.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How far a pod's resize has come: what is promised, what each running container has, and why it
 * goes no further. Changed by the pod's worker only, read from any thread.
 */
public final class PodResources {
  /** Why a resize has not begun: {@code Deferred} or {@code Infeasible}. */
  public record Pending(String reason, String message) {}

  private volatile @Nullable Allocation allocation;
  private volatile Map<String, JsonNode> actuated = Map.of();
  private volatile @Nullable JsonNode actuatedWhole;
  private volatile Optional<Pending> pending = Optional.empty();
  private volatile Optional<String> error = Optional.empty();
  private volatile boolean inProgress;

  Optional<Allocation> allocation() {
    return Optional.ofNullable(allocation);
  }

  void allocate(Allocation next) {
    allocation = next;
  }

  /** Why the newest spec's resources are not promised yet; empty when they are. */
  public Optional<Pending> pending() {
    return pending;
  }

  void pending(Optional<Pending> why) {
    pending = why;
  }

  /** What is promised and some container does not have yet. */
  public boolean inProgress() {
    return inProgress;
  }

  void inProgress(boolean now) {
    inProgress = now;
  }

  /** What went wrong with giving a container what is promised. */
  public Optional<String> error() {
    return error;
  }

  void error(Optional<String> what) {
    error = what;
  }

  /**
   * The resources a running container has.
   *
   * @param container with the allocated resources, which it has unless a resize is under way
   */
  public JsonNode of(String containerId, ContainerSpec container) {
    JsonNode known = actuated.get(containerId);
    return known == null ? Allocation.resources(container) : known;
  }

  /**
   * The resources the pod as a whole has.
   *
   * @param pod with the allocated resources, which it has unless a resize is under way
   */
  public JsonNode whole(Pod pod) {
    JsonNode known = actuatedWhole;
    return known == null ? Allocation.whole(pod) : known;
  }

  void actuatedWhole(JsonNode resources) {
    actuatedWhole = resources;
  }

  void actuated(String containerId, JsonNode resources) {
    Map<String, JsonNode> next = new LinkedHashMap<>(actuated);
    next.put(containerId, resources);
    actuated = Map.copyOf(next);
  }

  boolean knows(String containerId) {
    return actuated.containsKey(containerId);
  }

  /** Keeps only what was said of these containers. */
  void retain(java.util.Set<String> containerIds) {
    Map<String, JsonNode> next = new LinkedHashMap<>(actuated);
    if (next.keySet().retainAll(containerIds)) {
      actuated = Map.copyOf(next);
    }
  }

  ObjectNode toJson() {
    ObjectNode node = Json.object();
    Allocation promised = allocation;
    if (promised != null) {
      node.set("allocated", promised.toJson());
      node.set("allocatedPod", promised.whole());
    }
    node.put("inProgress", inProgress);
    ObjectNode has = node.putObject("actuated");
    actuated.forEach(has::set);
    JsonNode whole = actuatedWhole;
    if (whole != null) {
      node.set("actuatedPod", whole);
    }
    return node;
  }

  /**
   * @param otherwise the pod's own resources, where nothing is written of them
   */
  void read(JsonNode node, JsonNode otherwise) {
    inProgress = node.path("inProgress").asBoolean(true);
    JsonNode promised = node.path("allocatedPod");
    allocation =
        Allocation.parse(node.path("allocated"), promised.isObject() ? promised : otherwise);
    actuatedWhole = node.path("actuatedPod").isObject() ? node.path("actuatedPod") : null;
    Map<String, JsonNode> has = new LinkedHashMap<>();
    node.path("actuated").properties().forEach(e -> has.put(e.getKey(), e.getValue()));
    actuated = Map.copyOf(has);
  }
}
