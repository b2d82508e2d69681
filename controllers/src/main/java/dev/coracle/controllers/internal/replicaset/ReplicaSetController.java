package dev.coracle.controllers.internal.replicaset;

import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Concurrent;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.pods.Expectations;
import dev.coracle.controllers.internal.pods.PodClaims;
import dev.coracle.controllers.internal.pods.PodControl;
import dev.coracle.controllers.internal.pods.PodControl.Progress;
import dev.coracle.controllers.internal.pods.PodStates;
import dev.coracle.controllers.internal.pods.Pods;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Keeps {@code spec.replicas} pods of one template alive, for ReplicaSets and for
 * ReplicationControllers. A pod that ends or is deleted is replaced in the same turn in which its
 * event arrives; expectations keep a lagging informer from making too many.
 */
public final class ReplicaSetController extends LoopController {

  /** The most pods made or deleted in one go. */
  private static final int BURST = 500;

  /** From this size on, news of pods that come along are gathered for a while. */
  private static final int LARGE = 50;

  private static final int SHORTEST_MILLIS = 50;
  private static final int LONGEST_MILLIS = 500;

  /** So many pods are worth a millisecond's patience. */
  private static final int PODS_A_MILLI = 4;

  private final ReplicaKind kind;
  private final Lister owners;
  private final Lister pods;
  private final PodControl control;
  private final PodClaims claims;
  private final Expectations expectations;
  private final ReplicaStatus status;
  private final PodStates states = new PodStates();

  private ReplicaSetController(Environment env, ReplicaKind kind) {
    super(kind.controller(), env);
    this.kind = kind;
    Informer ownerInformer = env.informer(kind.resource());
    Informer podInformer = PodClaims.index(env.informer(Resources.PODS));
    this.owners = ownerInformer.lister();
    this.pods = podInformer.lister();
    this.control = new PodControl(env.client(), events);
    this.claims = new PodClaims(pods, control);
    this.expectations = new Expectations(env.context());
    this.status = new ReplicaStatus(env, kind);
    loop.follow(ownerInformer);
    podInformer.addHandler(new PodHandler());
  }

  public static ReplicaSetController replicaSets(Environment env) {
    return new ReplicaSetController(env, ReplicaKind.REPLICA_SET);
  }

  public static ReplicaSetController replicationControllers(Environment env) {
    return new ReplicaSetController(env, ReplicaKind.REPLICATION_CONTROLLER);
  }

  private final class PodHandler implements Informer.Handler {
    @Override
    public void added(KubeObject pod) {
      Optional<NamespacedName> owner = ownerOf(pod);
      if (pod.isDeleting()) {
        owner.ifPresent(o -> expectations.deleted(o, pod.uid()));
      } else if (owner.isPresent() && isLastAwaited(owner.get(), pod)) {
        loop.enqueue(owner.get()); // More may be wanted than one go makes.
        return;
      }
      wake(pod, owner);
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      Optional<NamespacedName> owner = ownerOf(now);
      if (now.isDeleting()) {
        owner.ifPresent(o -> expectations.deleted(o, now.uid()));
      }
      Optional<NamespacedName> former = ownerOf(before);
      if (!former.equals(owner)) {
        former.ifPresent(loop::enqueue);
      }
      boolean relabelled = !before.at("metadata", "labels").equals(now.at("metadata", "labels"));
      if (owner.isPresent() || relabelled || !former.equals(owner)) {
        wake(now, owner);
      }
    }

    @Override
    public void deleted(KubeObject pod) {
      states.forget(pod);
      ownerOf(pod)
          .ifPresent(owner -> {
            expectations.deleted(owner, pod.uid());
            loop.enqueue(owner);
          });
    }

    private boolean isLastAwaited(NamespacedName owner, KubeObject pod) {
      boolean awaiting = !expectations.satisfied(owner);
      expectations.seen(owner, pod.uid());
      return awaiting && expectations.satisfied(owner);
    }

    /** An orphan wakes every owner that would take it. */
    private void wake(KubeObject pod, Optional<NamespacedName> owner) {
      if (owner.isPresent()) {
        loop.enqueueAfter(owner.get(), patience(owner.get(), pod));
      } else if (pod.controllerOwner().isEmpty() && !pod.isDeleting()) {
        for (KubeObject candidate : owners.list(pod.namespace())) {
          if (kind.selector(candidate).matches(pod)) {
            loop.enqueue(candidate);
          }
        }
      }
    }
  }

  /**
   * A reconcile counts all pods of the owner and writes what it counted, which its owner counts and
   * writes in turn; once an event that would cost the square of their number, and two writes a pod.
   * The more pods there are, the less one of them matters, and the longer news are gathered. What
   * needs a new pod is never put off.
   */
  private Duration patience(NamespacedName owner, KubeObject pod) {
    if (!Pods.isActive(pod)) {
      return Duration.ZERO;
    }
    return owners
        .get(owner.namespace(), owner.name())
        .map(o -> patience(o.at("spec", "replicas").asInt(1)))
        .orElse(Duration.ZERO);
  }

  static Duration patience(int replicas) {
    return replicas < LARGE
        ? Duration.ZERO
        : Duration.ofMillis(Math.clamp(replicas / PODS_A_MILLI, SHORTEST_MILLIS, LONGEST_MILLIS));
  }

  private Optional<NamespacedName> ownerOf(KubeObject pod) {
    Optional<OwnerReference> reference = PodClaims.owner(pod, kind.apiVersion(), kind.kind());
    return reference
        .filter(r ->
            owners.get(pod.namespace(), r.name()).map(o -> o.uid().equals(r.uid())).orElse(true))
        .map(r -> new NamespacedName(pod.namespace(), r.name()));
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject owner = owners.get(name.namespace(), name.name()).orElse(null);
    if (owner == null) {
      expectations.forget(name);
      return DONE;
    }
    LabelSelector selector = kind.selector(owner);
    if (selector.isEverything()) {
      return DONE; // Validation does not let it in; were it here it would pick every pod.
    }
    boolean may = expectations.satisfied(name) && !owner.isDeleting();
    return claims
        .claim(owner, selector, Pods::isActive)
        .chain(claimed -> {
          List<PodStates.State> all = claimed.stream().map(states::of).toList();
          List<KubeObject> active =
              all.stream().filter(PodStates.State::active).map(PodStates.State::pod).toList();
          Uni<Optional<Throwable>> managed =
              may ? manage(name, owner, active) : Uni.createFrom().item(Optional.empty());
          return managed.chain(failure ->
              status
                  .write(owner, all, failure)
                  .chain(again ->
                      failure
                          .<Uni<Result>>map(f -> Uni.createFrom().failure(f))
                          .orElseGet(() -> Uni.createFrom().item(next(again)))));
        });
  }

  private static Result next(Duration untilAvailable) {
    return untilAvailable.isZero() ? Result.DONE : Result.requeueAfter(untilAvailable);
  }

  private Uni<Optional<Throwable>> manage(
      NamespacedName name, KubeObject owner, List<KubeObject> active) {
    int difference = active.size() - owner.at("spec", "replicas").asInt(1);
    if (difference < 0) {
      return create(name, owner, Math.min(-difference, BURST));
    }
    if (difference > 0) {
      return delete(name, owner, active, Math.min(difference, BURST));
    }
    return Uni.createFrom().item(Optional.empty());
  }

  private Uni<Optional<Throwable>> create(NamespacedName name, KubeObject owner, int count) {
    List<Supplier<Uni<KubeObject>>> steps = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      steps.add(() -> {
        expectations.creating(name);
        return control
            .create(PodControl.fromTemplate(owner.at("spec", "template"), owner, _ -> {}), owner)
            .invoke(pod -> expectations.created(name, pod.uid()))
            .onFailure()
            .invoke(() -> expectations.notCreated(name));
      });
    }
    return PodControl.slowStart(steps)
        .invoke(progress -> {
          if (progress.failure().isEmpty() && count == BURST) {
            loop.enqueue(name); // All of them may have been seen already.
          }
        })
        .map(Progress::failure)
        .map(failure -> failure.filter(f -> !StatusException.isNamespaceTerminating(f)));
  }

  private Uni<Optional<Throwable>> delete(
      NamespacedName name, KubeObject owner, List<KubeObject> active, int count) {
    Map<String, Integer> perNode = new HashMap<>();
    active.forEach(p -> perNode.merge(p.text("spec", "nodeName"), 1, Integer::sum));
    List<KubeObject> leaving =
        active.stream()
            .sorted(Pods.firstToGo(p -> perNode.getOrDefault(p.text("spec", "nodeName"), 0)))
            .limit(count)
            .toList();
    leaving.forEach(pod -> expectations.deleting(name, pod.uid()));
    return Concurrent.forEach(
            leaving,
            pod ->
                control
                    .delete(pod, owner)
                    .onFailure()
                    .invoke(() -> expectations.deleted(name, pod.uid())))
        .map(_ -> Optional.<Throwable>empty())
        .onFailure()
        .recoverWithItem(Optional::of);
  }
}
