package dev.coracle.kubelet.internal.node;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.api.selector.NodeSelection;
import dev.coracle.client.Client;
import dev.coracle.cri.v1.Image;
import dev.coracle.cri.v1.VersionResponse;
import dev.coracle.kubelet.config.EvictionSignal.Condition;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.config.NodeObjectOptions;
import dev.coracle.kubelet.internal.device.DeviceManager;
import dev.coracle.kubelet.internal.event.NodeEvents;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.metrics.StartupMetrics;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers the Node, renews its Lease (KEP-589), and has its status written when it changes and,
 * by default, every five minutes. Blocks, on virtual threads; the ranges of pod addresses are
 * guarded by this.
 */
public final class NodeStatusManager {
  private static final Logger LOG = LoggerFactory.getLogger(NodeStatusManager.class);

  private final RuntimeService runtime;
  private final Timers timers;
  private final KubeletOptions options;
  private final NodeRuntime told;
  private final NodeState state;
  private final OwnNodeObject object;
  private final NodeLease lease;
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
    this.runtime = runtime;
    this.timers = timers;
    this.options = options;
    this.told = new NodeRuntime(runtime, timers.clock());
    this.state = new NodeState(options, machine, swap, told, problem, timers.clock());
    this.object = new OwnNodeObject(client, options, machine, timers.clock(), state, this::give);
    this.lease =
        new NodeLease(
            client, timers.clock(), options.nodeName(), options.heartbeat(), object::known);
  }

  /** Where the changes of the Node are told. */
  public void events(NodeEvents events) {
    object.events(events);
  }

  /** Where it is told how long the node took to start. */
  public void startup(StartupMetrics metrics) {
    object.startup(metrics);
  }

  /** What eviction found; written with the next check. */
  public void pressure(Set<Condition> found) {
    if (state.pressure(found)) {
      timers.execute(this::checkSafely);
    }
  }

  /**
   * @param counts of what device plugins offer
   */
  public void devices(Supplier<Map<String, DeviceManager.Count>> counts) {
    state.devices(counts);
  }

  /**
   * @param names of attached volumes that must not be detached now
   */
  public void volumesInUse(Supplier<List<String>> names) {
    state.volumesInUse(names);
  }

  /**
   * Has the Node say that a volume is in use, if it does not yet.
   *
   * @return whether it does; what cannot be written now is written later
   */
  public boolean saysInUse(String volume) {
    if (!isSaidInUse(volume)) {
      writeSafely();
    }
    return isSaidInUse(volume);
  }

  private boolean isSaidInUse(String volume) {
    for (JsonNode name : node().map(n -> n.at("status", "volumesInUse")).orElse(Json.array())) {
      if (name.asText("").equals(volume)) {
        return true;
      }
    }
    return false;
  }

  /** The port of the kubelet's API. */
  public void port(int kubeletPort) {
    state.port(kubeletPort);
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
    return object.known();
  }

  /** The Node as the API has it now; empty when it cannot be had. */
  public Optional<KubeObject> fresh() {
    return object.fresh();
  }

  /**
   * Whether one of a node selector's terms names this node; what is not known is not held against
   * it.
   */
  public boolean isSelectedBy(JsonNode selector) {
    return isSelectedBy(selector, node()) || isSelectedBy(selector, fresh());
  }

  private static boolean isSelectedBy(JsonNode selector, Optional<KubeObject> known) {
    return known.map(n -> NodeSelection.terms(selector, n.name(), n.labels())).orElse(true);
  }

  /** What of the machine pods may have. */
  public Allocatable allocatable() {
    return state.allocatable();
  }

  public Quantity allocatableDisk() {
    return allocatable().disk(state.disk());
  }

  /** Registers and begins to renew; fails when the API does not let it. */
  public void start() {
    allocatable()
        .impossible(state.disk())
        .ifPresent(why -> {
          throw new IllegalStateException(why);
        });
    told.ask();
    if (!options.podCidr().isEmpty()) {
      give(options.podCidr());
    }
    CompletableFuture<Void> held = CompletableFuture.runAsync(lease::renew, timers);
    object.begin();
    if (!chosen().register()) {
      checkSafely();
      object.joined();
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
    if (state.leaving().isEmpty()) {
      state.leaving(Optional.of("the kubelet is shutting down"));
    }
    return CompletableFuture.runAsync(this::checkSafely, timers)
        .completeOnTimeout(null, 300, java.util.concurrent.TimeUnit.MILLISECONDS);
  }

  /** The Node is not ready from now on; its Lease is renewed until it is left. */
  public void shuttingDown(String why) {
    state.leaving(Optional.of(why));
    checkSafely();
  }

  /** After {@link #shuttingDown}: it does not go after all. */
  public void stays() {
    state.leaving(Optional.empty());
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
  public void learn(KubeObject now) {
    object.learn(now);
  }

  private void checkSafely() {
    try {
      if (state.leaving().isEmpty()) {
        told.ask();
      }
    } catch (CriException e) {
      LOG.atDebug().addKeyValue("why", e.describe()).log("The runtime did not answer");
    } catch (RuntimeException e) {
      LOG.atWarn().addKeyValue("why", e.toString()).log("The Node's status could not be written");
      return;
    }
    writeSafely();
  }

  private void writeSafely() {
    try {
      object.write();
    } catch (RuntimeException e) {
      LOG.atWarn().addKeyValue("why", e.toString()).log("The Node's status could not be written");
    }
  }
}
