package dev.coracle.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.config.LeaderElectionOptions;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes one of several equal components the one that works, by a coordination.k8s.io/v1 Lease
 * (Kubernetes docs, "Leases"). A candidate judges another's lease only by how long it has not seen
 * it change on its own clock, so clocks need not agree. The leader that cannot renew in time steps
 * down before another may take over.
 */
public final class LeaderElection {

  private static final Logger LOG = LoggerFactory.getLogger(LeaderElection.class);

  /** Told on the context. */
  public interface Listener {
    void startedLeading();

    /**
     * By stepping down or by {@link LeaderElection#stop}; leading may begin again after the first.
     */
    void stoppedLeading();

    /** Somebody leads who has not before, maybe this candidate itself. */
    default void newLeader(String identity) {}
  }

  private final Client client;
  private final SerialContext context;
  private final LeaderElectionOptions options;
  private final Listener listener;
  private final RandomGenerator random = RandomGenerator.getDefault();

  // Owned by the context.
  private @Nullable KubeObject observed;
  private String observedSpec = "";
  private String told = "";
  private long observedAt;
  private long renewedAt;
  private volatile boolean leading;
  private boolean stopped;
  private SerialContext.@Nullable Timer timer;
  private SerialContext.@Nullable Timer deadline;

  public LeaderElection(
      Client client,
      SerialContext context,
      LeaderElectionOptions options,
      Listener listener,
      MeterRegistry registry) {
    this.client = client;
    this.context = context;
    this.options = options;
    this.listener = listener;
    io.micrometer.core.instrument.Gauge.builder(
            "leader_election_master_status", this, e -> e.leading ? 1 : 0)
        .tag("name", options.lease())
        .register(registry);
  }

  public boolean isLeader() {
    return leading;
  }

  public void start() {
    context.execute(this::attempt);
  }

  /** Steps down; a held lease is given back, so that the next leader need not wait. */
  public Uni<Void> stop() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    context.execute(() -> {
      stopped = true;
      cancelTimers();
      KubeObject held = observed;
      if (!leading || held == null) {
        done.complete(null);
        return;
      }
      stepDown();
      KubeObject released =
          held.with(node -> {
            ObjectNode spec = node.withObjectProperty("spec");
            spec.put("holderIdentity", "").put("leaseDurationSeconds", 1);
            String now = Timestamps.microTime(context.clock().instant());
            spec.put("renewTime", now).put("acquireTime", now);
          });
      client
          .update(Resources.LEASES, released)
          .subscribe()
          .with(_ -> done.complete(null), _ -> done.complete(null));
    });
    return Uni.createFrom().completionStage(done);
  }

  private void attempt() {
    if (stopped) {
      return;
    }
    client
        .get(Resources.LEASES, options.namespace(), options.lease())
        .onItem()
        .transformToUni(this::take)
        .onFailure(StatusException::isNotFound)
        .recoverWithUni(this::create)
        .emitOn(context)
        .subscribe()
        .with(this::held, this::missed);
  }

  /** Gives the lease as held by us, or fails where it is another's. */
  private Uni<KubeObject> take(KubeObject lease) {
    CompletableFuture<KubeObject> mine = new CompletableFuture<>();
    context.execute(() -> {
      observe(lease);
      String holder = lease.text("spec", "holderIdentity");
      Duration unseen = Duration.ofNanos(context.nanoTime() - observedAt);
      long seconds =
          lease.at("spec", "leaseDurationSeconds").asLong(options.leaseDuration().toSeconds());
      if (!holder.isEmpty()
          && !holder.equals(options.identity())
          && unseen.compareTo(Duration.ofSeconds(seconds)) < 0) {
        mine.completeExceptionally(
            StatusException.conflict(
                Resources.LEASES.groupResource(), lease.name(), "held by " + holder));
        return;
      }
      mine.complete(lease.with(node -> fill(node, lease)));
    });
    return Uni.createFrom()
        .completionStage(mine)
        .onItem()
        .transformToUni(wanted -> client.update(Resources.LEASES, wanted));
  }

  private Uni<KubeObject> create() {
    KubeObject lease =
        KubeObject.create(
            GroupVersionKind.of("coordination.k8s.io/v1", "Lease"),
            options.namespace(),
            options.lease(),
            node -> fill(node, null));
    return client.create(Resources.LEASES, options.namespace(), lease, WriteOptions.NONE);
  }

  private void fill(ObjectNode node, @Nullable KubeObject before) {
    boolean renewal =
        before != null && before.text("spec", "holderIdentity").equals(options.identity());
    String now = Timestamps.microTime(context.clock().instant());
    ObjectNode spec = node.withObjectProperty("spec");
    spec.put("holderIdentity", options.identity());
    spec.put("leaseDurationSeconds", (int) options.leaseDuration().toSeconds());
    spec.put("renewTime", now);
    if (!renewal) {
      spec.put("acquireTime", now);
      int transitions = before == null ? -1 : before.at("spec", "leaseTransitions").asInt(0);
      spec.put("leaseTransitions", transitions + 1);
    }
  }

  private void observe(KubeObject lease) {
    String spec = lease.at("spec").toString();
    if (observed == null || !spec.equals(observedSpec)) {
      observedSpec = spec;
      observedAt = context.nanoTime();
    }
    observed = lease;
    String holder = lease.text("spec", "holderIdentity");
    if (!holder.isEmpty() && !holder.equals(told)) {
      told = holder;
      listener.newLeader(holder);
    }
  }

  private void held(KubeObject lease) {
    if (stopped) {
      return;
    }
    observe(lease);
    renewedAt = context.nanoTime();
    if (deadline != null) {
      deadline.cancel();
    }
    deadline = context.schedule(options.renewDeadline(), this::overdue);
    if (!leading) {
      leading = true;
      LOG.atInfo()
          .addKeyValue("lease", options.namespace() + "/" + options.lease())
          .addKeyValue("identity", options.identity())
          .log("Became the leader");
      listener.startedLeading();
    }
    timer = context.schedule(options.retryPeriod(), this::attempt);
  }

  private void missed(Throwable failure) {
    if (stopped) {
      return;
    }
    LOG.atDebug()
        .addKeyValue("lease", options.namespace() + "/" + options.lease())
        .addKeyValue("failure", failure.toString())
        .log("The lease is not ours");
    KubeObject lease = observed;
    if (leading
        && lease != null
        && !lease.text("spec", "holderIdentity").equals(options.identity())) {
      stepDown();
    }
    long millis = options.retryPeriod().toMillis();
    timer =
        context.schedule(
            Duration.ofMillis(millis + random.nextLong(millis / 5 + 1)), this::attempt);
  }

  private void overdue() {
    if (leading && context.nanoTime() - renewedAt >= options.renewDeadline().toNanos()) {
      LOG.atWarn()
          .addKeyValue("lease", options.namespace() + "/" + options.lease())
          .log("The lease could not be renewed in time; stepping down");
      stepDown();
    }
  }

  private void stepDown() {
    if (leading) {
      leading = false;
      listener.stoppedLeading();
    }
  }

  private void cancelTimers() {
    if (timer != null) {
      timer.cancel();
    }
    if (deadline != null) {
      deadline.cancel();
    }
  }
}
