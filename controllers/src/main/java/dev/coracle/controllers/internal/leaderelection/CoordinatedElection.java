package dev.coracle.controllers.internal.leaderelection;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Chooses who holds a Lease among its LeaseCandidates (KEP-4355). Where the Lease has no holder, or
 * not the best one, all are asked for a sign of life, and of those that give it within five seconds
 * the best becomes the holder; one that leads already is told to make room ({@code
 * preferredHolder}).
 */
public final class CoordinatedElection extends LoopController {

  private static final Duration ELECTION = Duration.ofSeconds(5);
  private static final int LEASE_SECONDS = 5;
  private static final GroupVersionKind LEASE =
      new GroupVersionKind("coordination.k8s.io", "v1", "Lease");

  private final Lister candidates;

  public CoordinatedElection(Environment env) {
    super("leader-election-controller", env);
    Informer informer = env.informer(Resources.LEASE_CANDIDATES);
    this.candidates = informer.lister();
    onAny(informer, candidate -> enqueue(candidate.namespace(), new Candidate(candidate).lease()));
  }

  @Override
  public Uni<Result> reconcile(NamespacedName lease) {
    Instant now = env.now();
    List<Candidate> here = new ArrayList<>();
    List<Uni<?>> gone = new ArrayList<>();
    for (KubeObject object : candidates.list(lease.namespace())) {
      Candidate candidate = new Candidate(object);
      if (!candidate.lease().equals(lease.name()) || object.isDeleting()) {
        continue;
      }
      if (candidate.isExpired(now)) {
        gone.add(forget(object));
      } else {
        here.add(candidate);
      }
    }
    Uni<Result> election =
        here.isEmpty() ? DONE : lease(lease).chain(present -> elect(lease, present, here));
    Uni<?> before = Uni.createFrom().voidItem();
    for (Uni<?> one : gone) {
      before = before.chain(() -> one);
    }
    return before.chain(() -> election);
  }

  private Uni<?> forget(KubeObject candidate) {
    return env.client()
        .delete(
            Resources.LEASE_CANDIDATES,
            candidate.namespace(),
            candidate.name(),
            new DeleteOptions(-1, "", candidate.uid(), candidate.resourceVersion(), false))
        .onFailure(e -> StatusException.isNotFound(e) || StatusException.isConflict(e))
        .recoverWithNull();
  }

  /** As it is now: holders renew it all the time, so it is not followed. */
  private Uni<Optional<KubeObject>> lease(NamespacedName name) {
    return env.client()
        .get(Resources.LEASES, name.namespace(), name.name())
        .map(Optional::of)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Optional.empty());
  }

  private Uni<Result> elect(
      NamespacedName name, Optional<KubeObject> present, List<Candidate> here) {
    Instant now = env.now();
    if (!isNeeded(present, here, now)) {
      return later(present.flatMap(CoordinatedElection::end).orElse(now.plus(ELECTION)), now);
    }
    List<Uni<KubeObject>> pings = new ArrayList<>();
    boolean waiting = false;
    for (Candidate candidate : here) {
      Instant pinged = candidate.pinged();
      Instant renewed = candidate.renewed();
      boolean answered = pinged == null || renewed != null && !renewed.isBefore(pinged);
      boolean fresh = pinged != null && pinged.plus(ELECTION).isAfter(now);
      if (fresh && !answered) {
        waiting = true;
      } else if (answered && !candidate.isHeardOf(ELECTION, now)) {
        pings.add(ping(candidate, now));
      }
    }
    if (!pings.isEmpty()) {
      return Uni.join().all(pings).andCollectFailures().replaceWith(Result.requeueAfter(ELECTION));
    }
    if (waiting) {
      return Uni.createFrom().item(Result.requeueAfter(ELECTION));
    }
    List<Candidate> alive = here.stream().filter(c -> c.isHeardOf(ELECTION, now)).toList();
    boolean known =
        Candidate.strategy(alive).filter(Candidate.OLDEST_EMULATION_VERSION::equals).isPresent();
    Optional<Candidate> best = known ? Candidate.best(alive) : Optional.empty();
    if (best.isEmpty()) {
      // Nobody answers, or by a strategy that is not known: whoever changes that comes here again.
      return Uni.createFrom().item(Result.requeueAfter(ELECTION));
    }
    return hold(name, present, best.get().name(), now)
        .replaceWith(Result.requeueAfter(ELECTION))
        .onFailure(e -> StatusException.isConflict(e) || StatusException.isAlreadyExists(e))
        .recoverWithItem(Result.requeueAfter(Duration.ofSeconds(1)));
  }

  private static Uni<Result> later(Instant end, Instant now) {
    Duration left = Duration.between(now, end).plusMillis(1);
    return Uni.createFrom()
        .item(Result.requeueAfter(left.compareTo(ELECTION) < 0 ? left : ELECTION));
  }

  private static Optional<Instant> end(KubeObject lease) {
    Instant renewed = Timestamps.parse(lease.text("spec", "renewTime"));
    int seconds = lease.at("spec", "leaseDurationSeconds").asInt(0);
    return renewed == null || seconds == 0
        ? Optional.empty()
        : Optional.of(renewed.plusSeconds(seconds));
  }

  private static boolean isExpired(KubeObject lease, Instant now) {
    return end(lease).filter(end -> !end.isBefore(now)).isEmpty();
  }

  private static boolean isNeeded(Optional<KubeObject> present, List<Candidate> here, Instant now) {
    if (present.isEmpty() || isExpired(present.get(), now)) {
      return true;
    }
    String holder = present.get().text("spec", "holderIdentity");
    if (holder.isEmpty()) {
      return true;
    }
    return Candidate.strategy(here).filter(Candidate.OLDEST_EMULATION_VERSION::equals).isPresent()
        && Candidate.best(here).filter(best -> !best.name().equals(holder)).isPresent();
  }

  private Uni<KubeObject> ping(Candidate candidate, Instant now) {
    return env.client()
        .update(
            Resources.LEASE_CANDIDATES,
            candidate
                .object()
                .with(tree ->
                    tree.withObjectProperty("spec").put("pingTime", Timestamps.microTime(now))));
  }

  private Uni<KubeObject> hold(
      NamespacedName name, Optional<KubeObject> present, String holder, Instant now) {
    if (present.isEmpty()) {
      return env.client()
          .create(
              Resources.LEASES,
              name.namespace(),
              KubeObject.create(
                  LEASE,
                  name.namespace(),
                  name.name(),
                  tree -> held(tree.putObject("spec"), holder, now)),
              WriteOptions.NONE);
    }
    KubeObject lease = present.get();
    String old = lease.text("spec", "holderIdentity");
    boolean free = old.isEmpty() || isExpired(lease, now);
    if (old.equals(holder) && !free
        || !free && lease.text("spec", "preferredHolder").equals(holder)) {
      return Uni.createFrom().item(lease);
    }
    return env.client()
        .update(
            Resources.LEASES,
            lease.with(tree -> {
              ObjectNode spec = tree.withObjectProperty("spec");
              if (free) {
                held(spec, holder, now);
                if (!old.equals(holder)) {
                  spec.put("leaseTransitions", spec.path("leaseTransitions").asInt(0) + 1);
                }
              } else {
                spec.put("preferredHolder", holder);
                spec.put("strategy", Candidate.OLDEST_EMULATION_VERSION);
              }
            }));
  }

  private static void held(ObjectNode spec, String holder, Instant now) {
    String time = Timestamps.microTime(now);
    spec.put("holderIdentity", holder)
        .put("strategy", Candidate.OLDEST_EMULATION_VERSION)
        .put("leaseDurationSeconds", LEASE_SECONDS)
        .put("acquireTime", time)
        .put("renewTime", time)
        .remove("preferredHolder");
  }
}
