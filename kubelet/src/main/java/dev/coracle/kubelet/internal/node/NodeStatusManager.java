package dev.coracle.kubelet.internal.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.PatchType;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.cri.v1.Image;
import dev.coracle.cri.v1.VersionResponse;
import dev.coracle.kubelet.config.EvictionSignal.Condition;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.config.NodeObjectOptions;
import dev.coracle.kubelet.internal.device.DeviceManager;
import dev.coracle.kubelet.internal.event.NodeEvents;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers the Node, renews its Lease (KEP-589), and writes its status when it changes and, by
 * default, every five minutes. Blocks, on virtual threads; its state is guarded by this.
 */
public final class NodeStatusManager {
  private static final Logger LOG = LoggerFactory.getLogger(NodeStatusManager.class);
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final Client client;
  private final RuntimeService runtime;
  private final Timers timers;
  private final KubeletOptions options;
  private final Machine machine;
  private final SwapSpace swap;
  private final Allocatable allocatable;
  private final NodeLease lease;
  private final NodeRuntime told;
  private final NodeRegistration registration;
  private final Supplier<Optional<String>> problem;
  private volatile int port;
  private volatile @Nullable KubeObject node;
  private volatile Optional<String> leaving = Optional.empty();
  private volatile Set<Condition> pressures = Set.of();
  private volatile Supplier<Map<String, DeviceManager.Count>> devices = Map::of;
  private volatile Supplier<List<String>> volumesInUse = List::of;
  private volatile NodeChanges changes;
  private @Nullable ObjectNode written;
  private Instant reported = Instant.EPOCH;
  private String podCidr = "";
  private Timers.Handle heartbeat = () -> {};
  private Timers.Handle check = () -> {};

  /**
   * @param problem why pods cannot be run now, empty when they can
   */
  public NodeStatusManager(
      Client client,
      RuntimeService runtime,
      Timers timers,
      KubeletOptions options,
      Machine machine,
      SwapSpace swap,
      Supplier<Optional<String>> problem) {
    this.client = client;
    this.runtime = runtime;
    this.timers = timers;
    this.options = options;
    this.machine = machine;
    this.swap = swap;
    this.allocatable = new Allocatable(machine, options.configuration());
    this.told = new NodeRuntime(runtime, timers.clock());
    this.registration = new NodeRegistration(options, machine);
    this.lease =
        new NodeLease(client, timers.clock(), options.nodeName(), options.heartbeat(), this::node);
    this.problem = problem;
    this.changes = new NodeChanges(options.nodeName(), (_, _, _) -> {});
  }

  /** Where the changes of the Node are told. */
  public void events(NodeEvents events) {
    changes = new NodeChanges(options.nodeName(), events);
  }

  /** What eviction found; written with the next check. */
  public void pressure(Set<Condition> found) {
    if (!found.equals(pressures)) {
      pressures = Set.copyOf(found);
      timers.execute(this::checkSafely);
    }
  }

  /**
   * @param counts of what device plugins offer
   */
  public void devices(Supplier<Map<String, DeviceManager.Count>> counts) {
    devices = counts;
  }

  /**
   * @param names of attached volumes that must not be detached now
   */
  public void volumesInUse(Supplier<List<String>> names) {
    volumesInUse = names;
  }

  /** The port of the kubelet's API. */
  public void port(int kubeletPort) {
    port = kubeletPort;
  }

  /**
   * Who runs containers; told before the first pod is looked at, since its name stands in container
   * ids.
   */
  public void runtimeIs(VersionResponse answer) {
    told.versionIs(answer);
  }

  /** The runtime's name, as in container ids. */
  public String runtimeName() {
    return told.version().getRuntimeName();
  }

  public Optional<String> networkProblem() {
    return told.networkProblem();
  }

  /**
   * Whether the runtime gives pods users of their own.
   *
   * @param handler of a RuntimeClass, empty for none
   */
  public boolean hasUserNamespaces(String handler) {
    return told.hasUserNamespaces(handler);
  }

  public boolean hasRecursiveReadOnly(String handler) {
    return told.hasRecursiveReadOnly(handler);
  }

  /**
   * @param seen hears of all images, and when the runtime was asked for them, each time
   */
  public void imagesSeen(BiConsumer<List<Image>, Instant> seen) {
    told.imagesSeen(seen);
  }

  /** The Node as last written or read. */
  public Optional<KubeObject> node() {
    return Optional.ofNullable(node);
  }

  /** The Node as the API has it now; empty when it cannot be had. */
  public Optional<KubeObject> fresh() {
    try {
      return Optional.of(client.get(Resources.NODES, "", options.nodeName()).await().atMost(LIMIT));
    } catch (RuntimeException e) {
      LOG.debug("The node cannot be read", e);
      return Optional.empty();
    }
  }

  /** What of the machine pods may have. */
  public Allocatable allocatable() {
    return allocatable;
  }

  public Quantity allocatableDisk() {
    return allocatable.disk(disk());
  }

  /** Registers and begins to renew; fails when the API does not let it. */
  public void start() {
    allocatable
        .impossible(disk())
        .ifPresent(why -> {
          throw new IllegalStateException(why);
        });
    told.ask();
    if (!options.podCidr().isEmpty()) {
      give(options.podCidr());
    }
    CompletableFuture<Void> held = CompletableFuture.runAsync(lease::renew, timers);
    if (chosen().register()) {
      register();
    } else {
      join();
    }
    held.join();
    // The first turn comes at some point of the period, so that nodes that start together do not
    // write together ever after.
    heartbeat = timers.every(part(options.heartbeat()), options.heartbeat(), lease::renew);
    Duration period = chosen().check();
    check = timers.every(part(period), period, this::checkSafely);
  }

  private NodeObjectOptions chosen() {
    return options.configuration().node();
  }

  /** Spread by the node's name. */
  private Duration part(Duration period) {
    long spread = options.nodeName().hashCode() * 0x9E3779B97F4A7C15L >>> 1;
    return Duration.ofMillis(spread % period.toMillis() + 1);
  }

  /** The Node says NotReady, as well as that can be told now. */
  public CompletableFuture<Void> leave() {
    stop();
    if (leaving.isEmpty()) {
      leaving = Optional.of("the kubelet is shutting down");
    }
    return CompletableFuture.runAsync(this::checkSafely, timers)
        .completeOnTimeout(null, 300, java.util.concurrent.TimeUnit.MILLISECONDS);
  }

  /** The Node is not ready from now on; its Lease is renewed until it is left. */
  public void shuttingDown(String why) {
    leaving = Optional.of(why);
    checkSafely();
  }

  /** After {@link #shuttingDown}: it does not go after all. */
  public void stays() {
    leaving = Optional.empty();
    checkSafely();
  }

  public void stop() {
    heartbeat.cancel();
    check.cancel();
  }

  /** Looks at everything again now: the runtime came back, an image arrived. */
  public void refresh() {
    timers.execute(this::checkSafely);
  }

  private synchronized void give(String cidr) {
    if (cidr.equals(podCidr)) {
      return;
    }
    runtime.updatePodCidr(cidr);
    podCidr = cidr;
  }

  /**
   * The Node as the API has it now. The control plane may have given it a range for its pods, or,
   * while the node could not be heard, have called its conditions unknown: then they are told anew.
   */
  public void seen(KubeObject now) {
    String cidr = PodRanges.of(now);
    try {
      if (!cidr.isEmpty()) {
        give(cidr);
      }
    } catch (CriException e) {
      LOG.atWarn()
          .addKeyValue("podCIDRs", cidr)
          .addKeyValue("why", e.describe())
          .log("The runtime did not take the node's ranges of pod addresses");
    }
    learn(now);
    checkSafely();
  }

  /** Whether a pod may be here is asked of the newest Node that was heard of. */
  public synchronized void learn(KubeObject now) {
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

  private void register() {
    KubeObject mine = registration.node(compute(Json.object(), Json.object()));
    try {
      KubeObject stored = client.create(Resources.NODES, mine).await().atMost(LIMIT);
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
        .addKeyValue(
            "runtime", told.version().getRuntimeName() + " " + told.version().getRuntimeVersion())
        .log("Node registered");
  }

  /** The Node is somebody else's to make; it is told of when it is there. */
  private void join() {
    fresh().ifPresent(known -> node = known);
    checkSafely();
    changes.started();
  }

  private synchronized void accept(KubeObject stored, ObjectNode status) {
    KubeObject known = node;
    // The informer may have told of a newer one while this was written.
    if (known == null || version(stored) >= version(known) || !stored.uid().equals(known.uid())) {
      node = stored;
      changes.spec(stored.at("spec"));
    }
    written = status;
    reported = timers.clock().instant();
    String cidr = PodRanges.of(stored);
    if (!cidr.isEmpty()) {
      give(cidr);
    }
  }

  private synchronized void forgetWritten() {
    written = null;
  }

  private ObjectNode compute(JsonNode old, JsonNode shown) {
    Optional<String> notReady =
        leaving
            .or(problem)
            .or(() -> told.networkProblem().map(n -> "container runtime network not ready: " + n));
    return NodeStatus.of(
        new NodeStatus.Facts(
            options,
            machine,
            swap,
            allocatable,
            disk(),
            port,
            told.version(),
            told.images(),
            notReady,
            pressures,
            told.handlers(),
            told.strictGroups(),
            devices.get(),
            volumesInUse.get()),
        old,
        shown,
        timers.clock().instant());
  }

  private void checkSafely() {
    try {
      try {
        if (leaving.isEmpty()) {
          told.ask();
        }
      } catch (CriException e) {
        LOG.atDebug().addKeyValue("why", e.describe()).log("The runtime did not answer");
      }
      write();
    } catch (RuntimeException e) {
      LOG.atWarn().addKeyValue("why", e.toString()).log("The Node's status could not be written");
    }
  }

  /**
   * Whether the newest Node that was heard of has another word for a condition than was written.
   * Not only asked of a Node that was just told of: changes are taken in side by side, and a later
   * one of the spec alone, such as the taint of a lost node, may have been first.
   */
  private boolean overruled(JsonNode shown) {
    if (written == null) {
      return false;
    }
    for (JsonNode mine : written.path("conditions")) {
      for (JsonNode condition : shown.path("conditions")) {
        if (condition.path("type").equals(mine.path("type"))
            && !condition.path("status").equals(mine.path("status"))) {
          return true;
        }
      }
    }
    return false;
  }

  /** Writes the status if it has changed, but for heartbeat times, or was not told for long. */
  private synchronized void write() {
    KubeObject known = node;
    JsonNode shown = known == null ? Json.object() : known.at("status");
    if (overruled(shown)) {
      written = null;
    }
    JsonNode old = written == null ? shown : written;
    ObjectNode now = compute(old, shown);
    Instant time = timers.clock().instant();
    if (written != null
        && withoutHeartbeat(now).equals(withoutHeartbeat(written))
        && Duration.between(reported, time).compareTo(chosen().report()) < 0) {
      return;
    }
    ObjectNode body = Json.object();
    ObjectNode sent = now.deepCopy();
    // Addresses are merged by type, of which a node of both families has one twice.
    sent.withArrayProperty("addresses").addObject().put("$patch", "replace");
    leaveToOthers(sent, shown);
    body.set("status", sent);
    try {
      KubeObject stored =
          client
              .patch(
                  Resources.NODES,
                  "",
                  options.nodeName(),
                  new Patch(PatchType.STRATEGIC_MERGE, body, false),
                  "status",
                  WriteOptions.NONE)
              .await()
              .atMost(LIMIT);
      accept(stored, now);
      changes.status(old, now);
    } catch (StatusException e) {
      if (!StatusException.isNotFound(e) || leaving.isPresent()) {
        throw e;
      }
      written = null;
      if (chosen().register()) {
        register();
      } else {
        LOG.info(
            "There is no Node of this name, and registerNode is false: somebody else makes it");
      }
    }
  }

  /**
   * The capacity of a resource that no device plugin offers is for others to write, and what they
   * took back is no longer allocatable.
   */
  private void leaveToOthers(ObjectNode sent, JsonNode shown) {
    Set<String> mine = devices.get().keySet();
    ObjectNode capacity = sent.withObjectProperty("capacity");
    ObjectNode allocatable = sent.withObjectProperty("allocatable");
    List<String> theirs = new ArrayList<>();
    capacity
        .fieldNames()
        .forEachRemaining(resource -> {
          if (NodeStatus.isExtended(resource) && !mine.contains(resource)) {
            theirs.add(resource);
          }
        });
    capacity.remove(theirs);
    shown
        .path("allocatable")
        .fieldNames()
        .forEachRemaining(resource -> {
          if (NodeStatus.isExtended(resource) && !allocatable.has(resource)) {
            allocatable.putNull(resource);
          }
        });
  }

  private static ObjectNode withoutHeartbeat(ObjectNode status) {
    ObjectNode copy = status.deepCopy();
    for (JsonNode c : copy.path("conditions")) {
      ((ObjectNode) c).remove("lastHeartbeatTime");
    }
    return copy;
  }

  private long disk() {
    // Not by a FileStore, which reads the whole table of mounts: long on a node with many pods.
    return options.rootDir().toFile().getTotalSpace();
  }
}
