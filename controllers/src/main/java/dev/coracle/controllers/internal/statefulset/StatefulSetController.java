package dev.coracle.controllers.internal.statefulset;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Aggregate;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.pods.PodClaims;
import dev.coracle.controllers.internal.pods.PodControl;
import dev.coracle.controllers.internal.pods.Pods;
import dev.coracle.controllers.internal.revisions.TemplateRevisions;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Keeps pods with fixed names. With {@code OrderedReady} one thing happens at a time: pods come in
 * order, each when the one before is ready, and go in the opposite order; with {@code Parallel} all
 * at once. A new template replaces pods from the highest ordinal down to the partition. Names are
 * fixed, so a lagging informer can do no harm and no expectations are needed.
 */
public final class StatefulSetController extends LoopController {

  private final Lister sets;
  private final Lister claims;
  private final PodControl control;
  private final PodClaims podClaims;
  private final ClaimRetention retention;
  private final TemplateRevisions revisions;
  private final StatefulSetMetrics metrics;

  public StatefulSetController(Environment env) {
    super("statefulset-controller", env);
    Informer setInformer = env.informer(Resources.STATEFUL_SETS);
    Informer podInformer = PodClaims.index(env.informer(Resources.PODS));
    this.sets = setInformer.lister();
    Informer claimInformer = env.informer(Resources.PERSISTENT_VOLUME_CLAIMS);
    this.claims = claimInformer.lister();
    this.retention = new ClaimRetention(env.client(), claims);
    this.control = new PodControl(env.client(), events);
    this.podClaims = new PodClaims(podInformer.lister(), control);
    this.revisions = new TemplateRevisions(env, TemplateRevisions.HISTORY_LABEL);
    this.metrics = new StatefulSetMetrics(env.registry());
    loop.follow(setInformer);
    onAny(podInformer, this::wake);
    claimInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject claim) {}

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (!before.ownerReferences().equals(now.ownerReferences())) {
              wakeByClaim(now);
            }
          }

          @Override
          public void deleted(KubeObject last) {
            wakeByClaim(last);
          }
        });
  }

  /** A pod may wait for the claim, or its successor for the claim's end. */
  private void wakeByClaim(KubeObject claim) {
    for (KubeObject set : sets.list(claim.namespace())) {
      if (StatefulPods.isClaim(set, claim.name())) {
        loop.enqueue(set);
      }
    }
  }

  private void wake(KubeObject pod) {
    if (pod.controllerOwner().isPresent()) {
      PodClaims.owner(pod, "apps/v1", "StatefulSet")
          .ifPresent(o -> enqueue(pod.namespace(), o.name()));
    } else if (!pod.isDeleting()) {
      for (KubeObject set : sets.list(pod.namespace())) {
        if (LabelSelector.of(set.at("spec", "selector")).matches(pod)
            && StatefulPods.ordinal(set, pod.name()) >= 0) {
          loop.enqueue(set);
        }
      }
    }
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject set = sets.get(name.namespace(), name.name()).orElse(null);
    if (set == null) {
      metrics.gone(name);
      return DONE;
    }
    LabelSelector selector = LabelSelector.of(set.at("spec", "selector"));
    if (selector.isEverything()) {
      return DONE;
    }
    return podClaims
        .claim(set, selector, pod -> StatefulPods.ordinal(set, pod.name()) >= 0)
        .chain(pods ->
            revisions
                .current(set)
                .chain(update -> {
                  Turn turn = turn(set, pods, update);
                  Uni<Void> work = set.isDeleting() ? Uni.createFrom().voidItem() : work(turn);
                  return work.chain(() -> status(turn));
                }));
  }

  private Turn turn(KubeObject set, List<KubeObject> pods, KubeObject update) {
    Map<Integer, KubeObject> byOrdinal = new TreeMap<>();
    for (KubeObject pod : pods) {
      int ordinal = StatefulPods.ordinal(set, pod.name());
      if (ordinal >= 0) {
        byOrdinal.put(ordinal, pod);
      }
    }
    String currentName = set.text("status", "currentRevision");
    KubeObject current =
        revisions.of(set).stream()
            .filter(r -> r.name().equals(currentName))
            .findFirst()
            .orElse(update);
    return new Turn(set, byOrdinal, current, update, env.now());
  }

  private Uni<Void> work(Turn turn) {
    List<Supplier<Uni<Void>>> steps = new ArrayList<>();
    boolean settled = replicas(turn, steps);
    if (settled || !turn.ordered()) {
      settled &= condemned(turn, steps);
    }
    // Scaling goes before updating; an ordered set is updated only while all its pods are well.
    if (steps.isEmpty() && turn.rolling() && (settled || !turn.ordered())) {
      update(turn, steps);
    }
    return retain(turn)
        .chain(() -> PodControl.slowStart(steps))
        .chain(progress ->
            progress
                .failure()
                .filter(f -> !StatusException.isNamespaceTerminating(f))
                .map(f -> Uni.createFrom().<Void>failure(f))
                .orElseGet(() -> Uni.createFrom().voidItem()));
  }

  private Uni<Void> retain(Turn turn) {
    Uni<Void> work = Uni.createFrom().voidItem();
    for (var pod : turn.pods().entrySet()) {
      int ordinal = pod.getKey();
      work =
          work.chain(() ->
              retention.apply(turn.set(), ordinal, pod.getValue(), turn.isCondemned(ordinal)));
    }
    return work;
  }

  /** Makes what is missing; false where an ordered set has to wait for something. */
  private boolean replicas(Turn turn, List<Supplier<Uni<Void>>> steps) {
    for (int ordinal = turn.start(); ordinal < turn.end(); ordinal++) {
      int here = ordinal;
      KubeObject pod = turn.pods().get(ordinal);
      if (pod == null) {
        // While a claim goes away its end is the next thing to hear of.
        if (StatefulPods.claims(turn.set(), ordinal).stream().noneMatch(retention::isStale)) {
          steps.add(() -> create(turn, here));
        } else {
          tellOfEndingClaims(turn.set(), ordinal);
        }
      } else if (pod.isDeleting()) {
        // It comes back under its name when it is gone.
      } else if (Pods.isFinished(pod)) {
        steps.add(() -> recreate(turn, pod));
      } else if (turn.isAvailable(pod)) {
        continue;
      } else if (Pods.phase(pod).equals("Pending") && !missingClaims(turn, ordinal).isEmpty()) {
        steps.add(() -> createClaims(turn, here));
      }
      if (turn.ordered()) {
        return false;
      }
    }
    return true;
  }

  private boolean condemned(Turn turn, List<Supplier<Uni<Void>>> steps) {
    List<KubeObject> beyond = turn.condemned();
    Optional<KubeObject> unwell =
        beyond.reversed().stream().filter(p -> !turn.isAvailable(p)).findFirst();
    for (KubeObject pod : beyond) {
      // An ordered set keeps a pod that is well below one that is not: it takes that one first.
      if (!pod.isDeleting()
          && (!turn.ordered() || turn.isAvailable(pod) || unwell.get().equals(pod))) {
        steps.add(() -> delete(turn, pod));
      }
      if (turn.ordered()) {
        break;
      }
    }
    return beyond.isEmpty();
  }

  /**
   * Replaces pods of an old template from the highest ordinal down, so many that no more than
   * {@code maxUnavailable} of all pods are away. One that is not available costs nothing.
   */
  private void update(Turn turn, List<Supplier<Uni<Void>>> steps) {
    int unavailable = 0;
    for (int ordinal = turn.start(); ordinal < turn.end(); ordinal++) {
      KubeObject pod = turn.pods().get(ordinal);
      unavailable += pod == null || !turn.isAvailable(pod) ? 1 : 0;
    }
    metrics.counted(turn.set(), turn.maxUnavailable(), unavailable);
    for (int ordinal = turn.end() - 1; ordinal >= turn.firstUpdated(); ordinal--) {
      KubeObject pod = turn.pods().get(ordinal);
      if (pod == null || pod.isDeleting() || turn.isUpdated(pod)) {
        continue;
      }
      if (turn.isAvailable(pod) && ++unavailable > turn.maxUnavailable()) {
        return;
      }
      steps.add(() -> delete(turn, pod));
    }
  }

  /** Of those that were deleted by hand: a claim that goes with its pod is nobody's concern. */
  private void tellOfEndingClaims(KubeObject set, int ordinal) {
    List<String> ending =
        StatefulPods.claims(set, ordinal).stream()
            .flatMap(c -> claims.get(c.namespace(), c.name()).stream())
            .filter(c ->
                c.isDeleting()
                    && c.ownerReferences().stream().noneMatch(o -> o.kind().equals("Pod")))
            .map(c -> "pvc " + c.name() + " is being deleted")
            .toList();
    if (!ending.isEmpty()) {
      tellNotCreated(set, set.name() + "-" + ordinal, Aggregate.of(ending));
    }
  }

  private void tellNotCreated(KubeObject set, String pod, String why) {
    events.warning(
        set,
        "FailedCreate",
        "create Pod " + pod + " in StatefulSet " + set.name() + " failed error: " + why);
  }

  private Uni<Void> create(Turn turn, int ordinal) {
    KubeObject set = turn.set();
    KubeObject pod = StatefulPods.pod(set, ordinal, turn.revisionFor(ordinal));
    return createClaims(turn, ordinal)
        .chain(() -> env.client().create(Resources.PODS, set.namespace(), pod, WriteOptions.NONE))
        .invoke(() ->
            events.normal(
                set,
                "SuccessfulCreate",
                "create Pod " + pod.name() + " in StatefulSet " + set.name() + " successful"))
        .replaceWithVoid()
        .onFailure(StatusException::isAlreadyExists)
        .recoverWithNull()
        .onFailure()
        .invoke(failure -> tellNotCreated(set, pod.name(), String.valueOf(failure.getMessage())));
  }

  private List<KubeObject> missingClaims(Turn turn, int ordinal) {
    return StatefulPods.claims(turn.set(), ordinal).stream()
        .filter(c -> claims.get(c.namespace(), c.name()).isEmpty())
        .toList();
  }

  private Uni<Void> createClaims(Turn turn, int ordinal) {
    Uni<Void> work = Uni.createFrom().voidItem();
    for (KubeObject claim : missingClaims(turn, ordinal)) {
      work = work.chain(() -> createClaim(turn.set(), claim, turn.set().name() + "-" + ordinal));
    }
    return work;
  }

  private Uni<Void> createClaim(KubeObject set, KubeObject claim, String pod) {
    return env.client()
        .create(Resources.PERSISTENT_VOLUME_CLAIMS, claim.namespace(), claim, WriteOptions.NONE)
        .invoke(() ->
            events.normal(
                set,
                "SuccessfulCreate",
                "create Claim "
                    + claim.name()
                    + " Pod "
                    + pod
                    + " in StatefulSet "
                    + set.name()
                    + " success"))
        .replaceWithVoid()
        .onFailure(StatusException::isAlreadyExists)
        .recoverWithNull()
        .onFailure()
        .invoke(failure ->
            events.warning(
                set,
                "FailedCreate",
                "create Claim "
                    + claim.name()
                    + " for Pod "
                    + pod
                    + " in StatefulSet "
                    + set.name()
                    + " failed error: "
                    + failure.getMessage()))
        .onFailure()
        .transform(failure ->
            new IllegalStateException(
                "failed to create PVC " + claim.name() + ": " + failure.getMessage(), failure));
  }

  private Uni<Void> recreate(Turn turn, KubeObject pod) {
    KubeObject set = turn.set();
    String of = "StatefulSet " + set.namespace() + "/" + set.name() + " is recreating ";
    if (Pods.phase(pod).equals("Failed")) {
      events.warning(set, "RecreatingFailedPod", of + "failed Pod " + pod.name());
    } else {
      events.normal(set, "RecreatingTerminatedPod", of + "terminated Pod " + pod.name());
    }
    return delete(turn, pod);
  }

  private Uni<Void> delete(Turn turn, KubeObject pod) {
    return env.client()
        .delete(Resources.PODS, pod.namespace(), pod.name(), DeleteOptions.DEFAULT.ifUid(pod.uid()))
        .invoke(() ->
            events.normal(
                turn.set(),
                "SuccessfulDelete",
                "delete Pod "
                    + pod.name()
                    + " in StatefulSet "
                    + turn.set().name()
                    + " successful"))
        .replaceWithVoid()
        .onFailure(StatusException::isNotFound)
        .recoverWithNull()
        .onFailure()
        .invoke(failure ->
            events.warning(
                turn.set(),
                "FailedDelete",
                "delete Pod "
                    + pod.name()
                    + " in StatefulSet "
                    + turn.set().name()
                    + " failed error: "
                    + failure.getMessage()));
  }

  private Uni<Result> status(Turn turn) {
    KubeObject set = turn.set();
    ObjectNode status =
        set.at("status").isObject() ? (ObjectNode) set.at("status").deepCopy() : Json.object();
    int replicas = 0;
    int ready = 0;
    int available = 0;
    int current = 0;
    int updated = 0;
    Duration soonest = Duration.ZERO;
    Set<String> used = new HashSet<>();
    for (KubeObject pod : turn.pods().values()) {
      used.add(pod.labels().getOrDefault(TemplateRevisions.LABEL, ""));
      replicas++;
      if (pod.isDeleting()) {
        continue;
      }
      current += turn.isCurrent(pod) ? 1 : 0;
      updated += turn.isUpdated(pod) ? 1 : 0;
      if (Pods.isReady(pod)) {
        ready++;
        Duration until =
            Pods.untilAvailable(pod, set.at("spec", "minReadySeconds").asLong(0), env.now());
        available += until.isZero() ? 1 : 0;
        if (!until.isZero() && (soonest.isZero() || until.compareTo(soonest) < 0)) {
          soonest = until;
        }
      }
    }
    KubeObject currentRevision = turn.current();
    boolean complete =
        turn.rolling()
            && updated == turn.replicas()
            && ready == turn.replicas()
            && replicas == turn.replicas();
    if (complete) {
      currentRevision = turn.update();
      current = updated;
    }
    status.put("observedGeneration", (int) set.generation());
    status.put("replicas", replicas);
    status.put("readyReplicas", ready);
    status.put("availableReplicas", available);
    status.put("currentReplicas", current);
    status.put("updatedReplicas", updated);
    status.put("currentRevision", currentRevision.name());
    status.put("updateRevision", turn.update().name());
    if (!status.has("collisionCount")) {
      status.put("collisionCount", 0);
    }
    used.add(currentRevision.name());
    used.add(turn.update().name());
    Result next = soonest.isZero() ? Result.DONE : Result.requeueAfter(soonest);
    Uni<Result> written =
        status.equals(set.at("status"))
            ? Uni.createFrom().item(next)
            : env.client()
                .updateStatus(Resources.STATEFUL_SETS, set.with(n -> n.set("status", status)))
                .replaceWith(next)
                .onFailure(StatusException::isNotFound)
                .recoverWithItem(next);
    return written.call(
        () -> revisions.clear(set, used, set.at("spec", "revisionHistoryLimit").asInt(10)));
  }
}
