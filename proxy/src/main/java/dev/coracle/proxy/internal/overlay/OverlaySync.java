package dev.coracle.proxy.internal.overlay;

import dev.coracle.api.KubeObject;
import dev.coracle.client.SerialContext;
import dev.coracle.proxy.config.OverlayOptions;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the kernel's tables to what the Nodes say, one change at a time: while one is made, others
 * only note that there is more. State is the context's; programs run on a virtual thread.
 */
public final class OverlaySync {

  private static final Logger LOG = LoggerFactory.getLogger(OverlaySync.class);
  private static final Duration RETRY = Duration.ofSeconds(5);

  private final ExecutorService blocking =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("pod-overlay-", 0).factory());
  private final SerialContext context;
  private final String nodeName;
  private final ClusterRanges cluster;
  private final Vxlan device;

  /** As the Nodes say. */
  private final Map<String, Peer> peers = new TreeMap<>();

  private @Nullable Peer own;
  private Map<String, Peer> applied = Map.of();
  private boolean working;
  private boolean more;
  private boolean stopped;
  private CompletableFuture<Void> idle = CompletableFuture.completedFuture(null);
  private volatile Optional<String> problem = Optional.empty();

  public OverlaySync(SerialContext context, OverlayOptions options) {
    this.context = context;
    this.nodeName = options.nodeName();
    this.cluster = ClusterRanges.of(options.clusterCidr());
    this.device = new Vxlan("cor" + options.clusterId() + "x", cluster);
  }

  /** Why pods of other nodes cannot be reached. */
  public Optional<String> problem() {
    return problem;
  }

  /** A Node is there, or different now; called on the context. */
  public void node(KubeObject node) {
    Optional<Peer> now = Peer.of(node, cluster);
    Peer before =
        now.isPresent() ? peers.put(now.get().name(), now.get()) : peers.remove(node.name());
    if (!now.equals(Optional.ofNullable(before))) {
      changed();
    }
  }

  /** A Node is gone; called on the context. */
  public void gone(KubeObject node) {
    if (peers.remove(node.name()) != null) {
      changed();
    }
  }

  private void changed() {
    if (stopped) {
      return;
    }
    if (working) {
      more = true;
      return;
    }
    Peer self = peers.get(nodeName);
    if (self == null || peers.size() == 1 && applied.isEmpty()) {
      return;
    }
    Map<String, Peer> wanted = new TreeMap<>(peers);
    wanted.remove(nodeName);
    wanted.values().removeIf(peer -> !self.reaches(peer));
    if (self.equals(own) && wanted.equals(applied)) {
      return;
    }
    working = true;
    more = false;
    idle = new CompletableFuture<>();
    Peer before = own;
    Map<String, Peer> known = self.equals(before) ? applied : Map.of();
    blocking.execute(() -> {
      @Nullable IOException failure = apply(before, self, known, wanted);
      context.execute(() -> done(self, wanted, failure));
    });
  }

  private @Nullable IOException apply(
      @Nullable Peer before, Peer self, Map<String, Peer> known, Map<String, Peer> wanted) {
    try {
      if (!self.equals(before)) {
        device.create(self);
      }
      List<Peer> gone = new ArrayList<>(known.values());
      gone.removeAll(wanted.values());
      device.remove(gone);
      List<Peer> fresh = new ArrayList<>(wanted.values());
      fresh.removeAll(known.values());
      device.add(fresh);
      return null;
    } catch (IOException e) {
      return e;
    }
  }

  private void done(Peer self, Map<String, Peer> wanted, @Nullable IOException failure) {
    working = false;
    idle.complete(null);
    if (failure == null) {
      own = self;
      applied = wanted;
      problem = Optional.empty();
      LOG.atInfo().addKeyValue("nodes", wanted.keySet()).log("The overlay reaches other nodes");
      if (more) {
        changed();
      }
      return;
    }
    // What was half made is made anew.
    own = null;
    applied = Map.of();
    problem = Optional.of("the overlay cannot be set up: " + failure.getMessage());
    LOG.atWarn()
        .addKeyValue("why", failure.getMessage())
        .log("Pods of other nodes cannot be reached, it will be tried again");
    context.schedule(RETRY, this::changed);
  }

  /** Takes the device away when the change that is being made is over. */
  public Uni<Void> stop() {
    CompletableFuture<Void> gone = new CompletableFuture<>();
    context.execute(() -> {
      stopped = true;
      idle.thenRunAsync(
              () -> {
                try {
                  device.delete();
                } catch (IOException e) {
                  LOG.atDebug().addKeyValue("why", e.getMessage()).log("No device to remove");
                }
              },
              blocking)
          .whenComplete((v, e) -> {
            blocking.shutdown();
            gone.complete(null);
          });
    });
    return Uni.createFrom().completionStage(gone);
  }
}
