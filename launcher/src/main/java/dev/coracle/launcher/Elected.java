package dev.coracle.launcher;

import dev.coracle.api.Component;
import dev.coracle.client.Client;
import dev.coracle.client.LeaderElection;
import dev.coracle.client.SerialContext;
import dev.coracle.client.config.LeaderElectionOptions;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A part of which only one works at a time in a cluster of several control planes, by a Lease of
 * its name in {@code kube-system}. It is made when this control plane becomes the leader, and ended
 * when it is no more; until then it stands by, which is healthy.
 */
final class Elected implements Component {

  private static final Logger LOG = LoggerFactory.getLogger(Elected.class);

  private final String name;
  private final Vertx vertx;
  private final Supplier<Component> maker;
  private final MeterRegistry registry;
  private final LeaderElection election;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final List<Meter> meters = new CopyOnWriteArrayList<>();
  private volatile @Nullable Thread making;
  private volatile @Nullable Component part;
  private volatile String failure = "";
  private Uni<Void> work = Uni.createFrom().voidItem();

  /**
   * @param maker called anew each time this control plane becomes the leader, on a thread that may
   *     block
   */
  Elected(
      String name, Vertx vertx, Client client, Supplier<Component> maker, MeterRegistry registry) {
    this.name = name;
    this.vertx = vertx;
    this.maker = maker;
    this.registry = registry;
    String identity = NetworkPlan.hostName() + "_" + UUID.randomUUID();
    LeaderElection.Listener listener =
        new LeaderElection.Listener() {
          @Override
          public void startedLeading() {
            then(begin());
          }

          @Override
          public void stoppedLeading() {
            then(end());
          }

          @Override
          public void newLeader(String leader) {
            if (!leader.equals(identity)) {
              LOG.atInfo()
                  .addKeyValue("component", name)
                  .addKeyValue("leader", leader)
                  .log("Stands by");
              ready.complete(null);
            }
          }
        };
    this.election =
        new LeaderElection(
            client,
            SerialContext.of(vertx),
            LeaderElectionOptions.of("kube-system", name, identity),
            listener,
            registry);
    registry
        .config()
        .onMeterAdded(meter -> {
          if (Thread.currentThread().equals(making)) {
            meters.add(meter);
          }
        });
  }

  @Override
  public String name() {
    return name;
  }

  /** Completes when the part works here, or somebody else's is known to. */
  @Override
  public CompletionStage<Void> start() {
    election.start();
    return ready;
  }

  /** The part ends before another one may begin. */
  @Override
  public CompletionStage<Void> stop() {
    return then(end())
        .chain(election::stop)
        // It may have become the leader meanwhile.
        .chain(() -> then(end()))
        .subscribeAsCompletionStage();
  }

  @Override
  public Optional<String> unhealthy() {
    Component now = part;
    return !failure.isEmpty()
        ? Optional.of(failure)
        : now == null ? Optional.empty() : now.unhealthy();
  }

  /** One after the other, whatever comes while one is under way. */
  private synchronized Uni<Void> then(Uni<Void> next) {
    work = work.chain(() -> next).onFailure().recoverWithNull().memoize().indefinitely();
    work.subscribe().with(_ -> {});
    return work;
  }

  private Uni<Void> begin() {
    return Uni.createFrom()
        .completionStage(() -> vertx.executeBlocking(this::make).toCompletionStage())
        .chain(made -> Uni.createFrom().completionStage(made::start))
        .invoke(() -> ready.complete(null))
        .onFailure()
        .invoke(e -> {
          failure = name + " could not be started: " + e.getMessage();
          LOG.atError().addKeyValue("component", name).setCause(e).log("It could not be started");
          ready.completeExceptionally(e);
        })
        // Another control plane may do better.
        .onFailure()
        .call(() -> election.stop());
  }

  private Component make() {
    making = Thread.currentThread();
    try {
      Component made = maker.get();
      part = made;
      return made;
    } finally {
      making = null;
    }
  }

  private Uni<Void> end() {
    return Uni.createFrom()
        .deferred(() -> {
          Component last = part;
          part = null;
          // Gauges of the next one would read from this one.
          meters.forEach(registry::remove);
          meters.clear();
          return last == null
              ? Uni.createFrom().voidItem()
              : Uni.createFrom().completionStage(last::stop);
        });
  }
}
