package dev.coracle.kubelet.internal.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.kubelet.internal.metrics.ResizeMetrics;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How far a pod's resize has come: what is promised, what each running container has, and why it
 * goes no further. Changed by the pod's worker only, read from any thread.
 */
public final class PodResources {
  /** Why a resize has not begun: {@code Deferred} or {@code Infeasible}. */
  public record Pending(String reason, String message) {}

  private volatile @Nullable Allocation allocation;
  private @Nullable Allocation asked;
  private volatile Map<String, JsonNode> actuated = Map.of();
  private volatile Map<String, JsonNode> inherited = Map.of();
  private volatile @Nullable JsonNode actuatedWhole;
  private volatile Optional<Pending> pending = Optional.empty();
  private volatile Optional<String> error = Optional.empty();
  private volatile boolean inProgress;

  Optional<Allocation> allocation() {
    return Optional.ofNullable(allocation);
  }

  /** Notes what the newest spec asks for; whether that is other than what it asked before. */
  boolean asks(Allocation wanted, ResizeMetrics metrics) {
    Allocation before = asked;
    asked = wanted;
    if (before == null || before.equals(wanted)) {
      return false;
    }
    metrics.requested(before.resources(), wanted.resources());
    return true;
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
   * The limits of the pod as a whole that hold a running container.
   *
   * @param pod with the allocated resources, to whose limits it is held unless a resize is under
   *     way
   */
  JsonNode inherited(String containerId, Pod pod, ContainerSpec container) {
    JsonNode known = inherited.get(containerId);
    return known == null ? Allocation.inherited(pod, container) : known;
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
    actuated = with(actuated, containerId, resources);
  }

  void inherited(String containerId, JsonNode limits) {
    inherited = with(inherited, containerId, limits);
  }

  private static Map<String, JsonNode> with(
      Map<String, JsonNode> known, String containerId, JsonNode value) {
    Map<String, JsonNode> next = new LinkedHashMap<>(known);
    next.put(containerId, value);
    return Map.copyOf(next);
  }

  boolean knows(String containerId) {
    return actuated.containsKey(containerId);
  }

  boolean knowsInherited(String containerId) {
    return inherited.containsKey(containerId);
  }

  /** Keeps only what was said of these containers. */
  void retain(Set<String> containerIds) {
    actuated = only(actuated, containerIds);
    inherited = only(inherited, containerIds);
  }

  private static Map<String, JsonNode> only(Map<String, JsonNode> known, Set<String> ids) {
    Map<String, JsonNode> next = new LinkedHashMap<>(known);
    next.keySet().retainAll(ids);
    return Map.copyOf(next);
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
    ObjectNode held = node.putObject("inherited");
    inherited.forEach(held::set);
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
    actuated = map(node.path("actuated"));
    inherited = map(node.path("inherited"));
  }

  private static Map<String, JsonNode> map(JsonNode node) {
    Map<String, JsonNode> all = new LinkedHashMap<>();
    node.properties().forEach(e -> all.put(e.getKey(), e.getValue()));
    return Map.copyOf(all);
  }
}
