package dev.coracle.kubelet.internal.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.cri.v1.Image;
import dev.coracle.cri.v1.RuntimeCondition;
import dev.coracle.cri.v1.RuntimeHandler;
import dev.coracle.cri.v1.StatusResponse;
import dev.coracle.cri.v1.VersionResponse;
import dev.coracle.kubelet.spi.RuntimeService;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * What the runtime last told of itself, as the Node shows it. Asking blocks; the answers may be
 * read from any thread.
 */
final class NodeRuntime {
  private final RuntimeService runtime;
  private final Clock clock;
  private volatile VersionResponse version = VersionResponse.getDefaultInstance();
  private volatile Optional<String> networkProblem = Optional.empty();
  private volatile List<Image> images = List.of();
  private volatile List<JsonNode> handlers = List.of();
  private volatile boolean strictGroups;
  private volatile boolean asked;

  private volatile BiConsumer<List<Image>, Instant> imagesSeen = (all, asked) -> {};

  NodeRuntime(RuntimeService runtime, Clock clock) {
    this.runtime = runtime;
    this.clock = clock;
  }

  /**
   * @param seen hears of all images, and when they were asked for, each time
   */
  void imagesSeen(BiConsumer<List<Image>, Instant> seen) {
    imagesSeen = seen;
  }

  void versionIs(VersionResponse answer) {
    version = answer;
  }

  VersionResponse version() {
    return version;
  }

  /** Why pods get no network now, empty when they do. */
  Optional<String> networkProblem() {
    return networkProblem;
  }

  List<Image> images() {
    return images;
  }

  /** As in {@code status.runtimeHandlers}. */
  List<JsonNode> handlers() {
    return handlers;
  }

  /** Whether it knows the policy {@code Strict} of supplemental groups (KEP-3619). */
  boolean strictGroups() {
    return strictGroups;
  }

  /**
   * Whether pods may have users of their own (KEP-127).
   *
   * @param handler of a RuntimeClass, empty for the runtime's own choice
   */
  boolean hasUserNamespaces(String handler) {
    if (!asked) {
      ask();
    }
    return has(handler, "userNamespaces");
  }

  /** Whether read-only mounts may be so all the way down (KEP-3857). */
  boolean hasRecursiveReadOnly(String handler) {
    if (!asked) {
      ask();
    }
    return has(handler, "recursiveReadOnlyMounts");
  }

  private boolean has(String handler, String feature) {
    return handlers.stream()
        .filter(h -> h.path("name").asText("").equals(handler))
        .anyMatch(h -> h.path("features").path(feature).asBoolean());
  }

  /** Asks again; what it told before stays where it does not answer. */
  void ask() {
    StatusResponse status = runtime.status(false);
    Optional<String> network = Optional.empty();
    for (RuntimeCondition c : status.getStatus().getConditionsList()) {
      if (c.getType().equals("NetworkReady") && !c.getStatus()) {
        network =
            Optional.of(
                "NetworkReady=false reason:" + c.getReason() + " message:" + c.getMessage());
      }
    }
    networkProblem = network;
    List<JsonNode> found = new ArrayList<>();
    for (RuntimeHandler h : status.getRuntimeHandlersList()) {
      ObjectNode n = Json.object().put("name", h.getName());
      n.putObject("features")
          .put("recursiveReadOnlyMounts", h.getFeatures().getRecursiveReadOnlyMounts())
          .put("userNamespaces", h.getFeatures().getUserNamespaces());
      found.add(n);
    }
    handlers = List.copyOf(found);
    strictGroups = status.getFeatures().getSupplementalGroupsPolicy();
    asked = true;
    Instant now = clock.instant();
    images = runtime.listImages();
    imagesSeen.accept(images, now);
  }
}
