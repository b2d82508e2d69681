package dev.coracle.kubelet.internal.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.internal.event.NodeEvents;
import dev.coracle.kubelet.internal.metrics.StartupMetrics;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Node in the API: made, read, and written where its status has changed. Blocks, on virtual
 * threads; its state is guarded by this.
 */
final class OwnNodeObject {
  private static final Logger LOG = LoggerFactory.getLogger(OwnNodeObject.class);
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final Client client;
  private final KubeletOptions options;
  private final Clock clock;
  private final NodeState state;
  private final NodeRegistration registration;
  private final Consumer<String> ranges;
  private volatile @Nullable KubeObject node;
  private volatile NodeChanges changes;
  private volatile Optional<StartupMetrics> startup = Optional.empty();
  private @Nullable ObjectNode written;
  private Instant reported = Instant.EPOCH;

  /**
   * @param ranges hears of the ranges of pod addresses of each Node that is stored
   */
  OwnNodeObject(
      Client client,
      KubeletOptions options,
      Machine machine,
      Clock clock,
      NodeState state,
      Consumer<String> ranges) {
    this.client = client;
    this.options = options;
    this.clock = clock;
    this.state = state;
    this.ranges = ranges;
    this.registration = new NodeRegistration(options, machine);
    this.changes = new NodeChanges(options.nodeName(), (_, _, _) -> {});
  }

  void events(NodeEvents events) {
    changes = new NodeChanges(options.nodeName(), events);
  }

  void startup(StartupMetrics metrics) {
    startup = Optional.of(metrics);
  }

  /** As last written or read. */
  Optional<KubeObject> known() {
    return Optional.ofNullable(node);
  }

  /** As the API has it now; empty when it cannot be had. */
  Optional<KubeObject> fresh() {
    try {
      return Optional.of(client.get(Resources.NODES, "", options.nodeName()).await().atMost(LIMIT));
    } catch (RuntimeException e) {
      LOG.debug("The node cannot be read", e);
      return Optional.empty();
    }
  }

  /** Takes a newer one for the one that is known. */
  synchronized void learn(KubeObject now) {
    KubeObject known = node;
    if (known != null && version(now) > version(known)) {
      node = now;
      changes.spec(now.at("spec"));
    }
  }

  private static long version(KubeObject object) {
    try {
      return Long.parseLong(object.resourceVersion());
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** Makes the Node, or reads the one that somebody else makes. */
  void begin() {
    if (options.configuration().node().register()) {
      register();
      return;
    }
    // It is somebody else's to make; it is told of when it is there.
    fresh().ifPresent(known -> node = known);
  }

  /** The kubelet of a Node that is somebody else's has started. */
  void joined() {
    changes.started();
  }

  private void register() {
    KubeObject mine = registration.node(state.status(Json.object(), Json.object()));
    startup.ifPresent(StartupMetrics::registering);
    try {
      KubeObject stored = client.create(Resources.NODES, mine).await().atMost(LIMIT);
      startup.ifPresent(StartupMetrics::registered);
      accept(stored, (ObjectNode) mine.at("status"));
      if (stored.at("status", "nodeInfo").isObject()) {
        changes.status(Json.object(), mine.at("status"));
      } else {
        forgetWritten();
        write();
      }
    } catch (StatusException e) {
      if (!StatusException.isAlreadyExists(e)) {
        throw e;
      }
      KubeObject known = client.get(Resources.NODES, "", options.nodeName()).await().atMost(LIMIT);
      node =
          client
              .patch(Resources.NODES, "", options.nodeName(), registration.patch(known))
              .await()
              .atMost(LIMIT);
      write();
    }
    changes.started();
    LOG.atInfo()
        .addKeyValue("node", options.nodeName())
        .addKeyValue("runtime", state.runtime())
        .log("Node registered");
  }

  private synchronized void accept(KubeObject stored, ObjectNode status) {
    KubeObject known = node;
    // The informer may have told of a newer one while this was written.
    if (known == null || version(stored) >= version(known) || !stored.uid().equals(known.uid())) {
      node = stored;
      changes.spec(stored.at("spec"));
    }
    written = status;
    reported = clock.instant();
    if (isReady(stored)) {
      startup.ifPresent(StartupMetrics::ready);
    }
    String cidr = PodRanges.of(stored);
    if (!cidr.isEmpty()) {
      ranges.accept(cidr);
    }
  }

  private static boolean isReady(KubeObject node) {
    for (JsonNode condition : node.at("status", "conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition.path("status").asText().equals("True");
      }
    }
    return false;
  }

  private synchronized void forgetWritten() {
    written = null;
  }

  /** Writes the status if it has changed, but for heartbeat times, or was not told for long. */
  synchronized void write() {
    KubeObject known = node;
    JsonNode shown = known == null ? Json.object() : known.at("status");
    if (written != null && NodeStatusPatch.isOverruled(written, shown)) {
      written = null;
    }
    JsonNode old = written == null ? shown : written;
    ObjectNode now = state.status(old, shown);
    Instant time = clock.instant();
    if (written != null
        && NodeStatusPatch.isSame(now, written)
        && Duration.between(reported, time).compareTo(options.configuration().node().report())
            < 0) {
      return;
    }
    try {
      KubeObject stored =
          client
              .patch(
                  Resources.NODES,
                  "",
                  options.nodeName(),
                  NodeStatusPatch.of(now, shown, state.deviceResources()),
                  "status",
                  WriteOptions.NONE)
              .await()
              .atMost(LIMIT);
      accept(stored, now);
      changes.status(old, now);
    } catch (StatusException e) {
      if (!StatusException.isNotFound(e) || state.leaving().isPresent()) {
        throw e;
      }
      written = null;
      if (options.configuration().node().register()) {
        register();
      } else {
        LOG.info(
            "There is no Node of this name, and registerNode is false: somebody else makes it");
      }
    }
  }
}
