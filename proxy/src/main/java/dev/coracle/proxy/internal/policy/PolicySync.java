package dev.coracle.proxy.internal.policy;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.client.Informer;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.SerialContext;
import dev.coracle.proxy.ConnectedPod;
import dev.coracle.proxy.config.NetworkPolicyOptions;
import dev.coracle.proxy.internal.nft.Nft;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows NetworkPolicies, Pods and Namespaces and makes what they demand true: at once when idle,
 * and while a change is under way everything that comes meanwhile goes together into the next one.
 * Pods and Namespaces are followed from the first policy on. State is the context's; rules are
 * worked out and put into the kernel on the executor.
 */
public final class PolicySync implements PolicyEngine {

  private static final Logger LOG = LoggerFactory.getLogger(PolicySync.class);
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final SerialContext context;
  private final Executor blocking;
  private final InformerFactory informers;
  private final PolicyTable table;
  private final String node;
  private final boolean keepPods;
  private final PolicyMetrics metrics;

  private final Map<String, Policy> policies = new HashMap<>();
  private final Map<String, PodFacts> pods = new HashMap<>();
  private final Map<String, Map<String, String>> namespaces = new HashMap<>();

  /** By sandbox and address. */
  private final Map<String, ConnectedPod> connected = new LinkedHashMap<>();

  private final List<CompletableFuture<Void>> waiting = new ArrayList<>();
  private boolean policiesKnown;
  private boolean peersAsked;
  private boolean peersKnown;
  private boolean dirty = true;
  private boolean working;
  private boolean stopped;

  /** Whether the kernel is known to have nothing of ours. */
  private boolean clean;

  private SerialContext.@Nullable Timer retry;
  private CompletableFuture<Void> idle = CompletableFuture.completedFuture(null);
  private volatile Optional<String> problem = Optional.of("network policies have not synced");

  /**
   * @param keepPods leaves the rules when it stops
   */
  PolicySync(
      SerialContext context,
      Executor blocking,
      Client client,
      PolicyTable table,
      String node,
      boolean keepPods,
      PolicyMetrics metrics) {
    this.context = context;
    this.blocking = blocking;
    this.informers = new InformerFactory(context, client);
    this.table = table;
    this.node = node;
    this.keepPods = keepPods;
    this.metrics = metrics;
    informers
        .informer(Resources.NETWORK_POLICIES)
        .addHandler(new Kept<>(policies, PolicySync::read));
  }

  /** Rules of the kernel, in a table of this name. */
  public static PolicySync inKernel(
      SerialContext context,
      Executor blocking,
      Client client,
      Nft nft,
      String table,
      NetworkPolicyOptions options,
      PolicyMetrics metrics) {
    return new PolicySync(
        context,
        blocking,
        client,
        new NftPolicyTable(nft, table),
        options.nodeName(),
        options.keepPods(),
        metrics);
  }

  private static @Nullable Policy read(KubeObject object) {
    try {
      return Policy.of(object);
    } catch (StatusException | IllegalArgumentException e) {
      LOG.atWarn()
          .addKeyValue("policy", object.key())
          .addKeyValue("cause", e.getMessage())
          .log("A NetworkPolicy cannot be understood and is not enforced");
      return null;
    }
  }

  /** Keeps what matters of each object, and takes note when that is different. */
  private final class Kept<T> implements Informer.Handler {

    private final Map<String, T> known;
    private final Function<KubeObject, @Nullable T> reading;

    Kept(Map<String, T> known, Function<KubeObject, @Nullable T> reading) {
      this.known = known;
      this.reading = reading;
    }

    @Override
    public void added(KubeObject object) {
      T now = reading.apply(object);
      T before = now == null ? known.remove(key(object)) : known.put(key(object), now);
      if (!Objects.equals(before, now)) {
        changed();
      }
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      added(now);
    }

    @Override
    public void deleted(KubeObject last) {
      if (known.remove(key(last)) != null) {
        changed();
      }
    }

    private static String key(KubeObject object) {
      return object.namespace().isEmpty() ? object.name() : object.key().toString();
    }
  }

  @Override
  public Uni<Void> start() {
    return informers
        .start()
        .emitOn(context)
        .invoke(() -> {
          policiesKnown = true;
          changed();
        })
        .chain(this::settled);
  }

  /** Completes when everything given so far is in effect, and fails when that has failed. */
  private Uni<Void> settled() {
    return Uni.createFrom()
        .completionStage(() -> {
          CompletableFuture<Void> done = new CompletableFuture<>();
          context.execute(() -> {
            waiting.add(done);
            run();
          });
          return done;
        });
  }

  @Override
  public Uni<Void> connected(ConnectedPod pod) {
    return Uni.createFrom()
        .completionStage(() -> {
          CompletableFuture<Void> done = new CompletableFuture<>();
          context.execute(() -> {
            // Removed first, so that it stands behind those who had its address before.
            String key = pod.sandboxId() + " " + pod.address();
            connected.remove(key);
            connected.put(key, pod);
            waiting.add(done);
            changed();
          });
          return done;
        });
  }

  @Override
  public void disconnected(String sandboxId) {
    context.execute(() -> {
      if (connected.values().removeIf(pod -> pod.sandboxId().equals(sandboxId))) {
        changed();
      }
    });
  }

  private void changed() {
    dirty = true;
    if (!working && retry == null) {
      context.execute(this::run); // What else this turn of the loop brings goes along.
    }
  }

  private void run() {
    if (stopped || working || retry != null || !isReady()) {
      return;
    }
    if (!dirty || policies.isEmpty() && clean) {
      dirty = false;
      List<CompletableFuture<Void>> served = List.copyOf(waiting);
      waiting.clear();
      problem = Optional.empty();
      served.forEach(done -> done.complete(null));
      return;
    }
    dirty = false;
    working = true;
    idle = new CompletableFuture<>();
    List<CompletableFuture<Void>> serving = List.copyOf(waiting);
    waiting.clear();
    // Copies, since they are read on another thread.
    List<Policy> policiesNow = List.copyOf(policies.values());
    List<PodFacts> podsNow = List.copyOf(pods.values());
    List<ConnectedPod> connectedNow = List.copyOf(connected.values());
    Map<String, Map<String, String>> namespacesNow = Map.copyOf(namespaces);
    long begin = context.nanoTime();
    blocking.execute(() -> {
      @Nullable Exception failure = null;
      RuleModel model = RuleModel.EMPTY;
      try {
        model =
            RuleModel.of(ClusterView.of(node, policiesNow, podsNow, connectedNow, namespacesNow));
        table.apply(model);
      } catch (IOException | RuntimeException e) {
        failure = e;
      }
      @Nullable Exception result = failure;
      RuleModel applied = model;
      context.execute(() -> {
        working = false;
        idle.complete(null);
        if (result == null) {
          clean = applied.isEmpty();
          metrics.synced(context.nanoTime() - begin, applied);
          problem = Optional.empty();
          serving.forEach(done -> done.complete(null));
          run();
        } else {
          failed(result, serving);
        }
      });
    });
  }

  /** Policies alone do not say who may pass, so pods and namespaces have to be known too. */
  private boolean isReady() {
    if (!policiesKnown) {
      return false;
    }
    if (policies.isEmpty() || peersKnown) {
      return true;
    }
    if (!peersAsked) {
      peersAsked = true;
      Uni.join()
          .all(
              informers.informer(Resources.PODS).addHandler(new Kept<>(pods, PodFacts::of)).start(),
              informers
                  .informer(Resources.NAMESPACES)
                  .addHandler(new Kept<>(namespaces, KubeObject::labels))
                  .start())
          .andFailFast()
          .emitOn(context)
          .subscribe()
          .with(
              _ -> {
                peersKnown = true;
                changed();
              },
              failure -> {
                peersAsked = false;
                problem = Optional.of("pods cannot be followed: " + failure.getMessage());
                LOG.atWarn()
                    .addKeyValue("cause", String.valueOf(failure.getMessage()))
                    .log("Network policies wait for pods and namespaces");
              });
    }
    return false;
  }

  private void failed(Exception failure, List<CompletableFuture<Void>> serving) {
    metrics.failed();
    clean = false;
    dirty = true;
    problem = Optional.of("network policies are not enforced: " + failure.getMessage());
    LOG.atWarn()
        .addKeyValue("cause", String.valueOf(failure.getMessage()))
        .log("Network policies could not be brought into effect; trying again");
    serving.forEach(done -> done.completeExceptionally(failure));
    retry =
        context.schedule(
            RETRY,
            () -> {
              retry = null;
              run();
            });
  }

  @Override
  public Uni<Void> stop() {
    return informers.stop().chain(() -> Uni.createFrom().completionStage(this::close));
  }

  private CompletableFuture<Void> close() {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    context.execute(() -> {
      stopped = true;
      if (retry != null) {
        retry.cancel();
      }
      IllegalStateException ended = new IllegalStateException("network policies have stopped");
      waiting.forEach(done -> done.completeExceptionally(ended));
      waiting.clear();
      idle.thenRunAsync(this::giveBack, blocking)
          .whenComplete((_, failure) -> {
            if (failure == null) {
              closed.complete(null);
            } else {
              closed.completeExceptionally(failure);
            }
          });
    });
    return closed;
  }

  private void giveBack() {
    if (keepPods) {
      return;
    }
    try {
      table.remove();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Optional<String> problem() {
    return problem;
  }
}
