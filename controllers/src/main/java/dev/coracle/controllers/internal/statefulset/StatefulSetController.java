package dev.coracle.controllers.internal.statefulset;

import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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
  private final TemplateRevisions revisions;

  public StatefulSetController(Environment env) {
    super("statefulset-controller", env);
    Informer setInformer = env.informer(Resources.STATEFUL_SETS);
    Informer podInformer = PodClaims.index(env.informer(Resources.PODS));
    this.sets = setInformer.lister();
    this.claims = env.informer(Resources.PERSISTENT_VOLUME_CLAIMS).lister();
    this.control = new PodControl(env.client(), events);
    this.podClaims = new PodClaims(podInformer.lister(), control);
    this.revisions = new TemplateRevisions(env);
    loop.follow(setInformer);
    onAny(podInformer, this::wake);
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

  /** What one turn works on. */
  private record Turn(
      KubeObject set, Map<Integer, KubeObject> pods, KubeObject current, KubeObject update) {

    int start() {
      return set.at("spec", "ordinals", "start").asInt(0);
    }

    int replicas() {
      return set.at("spec", "replicas").asInt(1);
    }

    int end() {
      return start() + replicas();
    }

    boolean ordered() {
      return !set.text("spec", "podManagementPolicy").equals("Parallel");
    }

    boolean rolling() {
      return !set.text("spec", "updateStrategy", "type").equals("OnDelete");
    }

    int partition() {
      return set.at("spec", "updateStrategy", "rollingUpdate", "partition").asInt(0);
    }

    boolean isUpdated(KubeObject pod) {
      return update.name().equals(pod.labels().get(TemplateRevisions.LABEL));
    }

    boolean isCurrent(KubeObject pod) {
      return current.name().equals(pod.labels().get(TemplateRevisions.LABEL));
    }

    /** New pods below the partition still get the old template. */
    KubeObject revisionFor(int ordinal) {
      return rolling() && ordinal >= partition() ? update : current;
    }
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject set = sets.get(name.namespace(), name.name()).orElse(null);
    if (set == null) {
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
    return new Turn(set, byOrdinal, current, update);
  }

  private Uni<Void> work(Turn turn) {
    List<Supplier<Uni<Void>>> steps = new ArrayList<>();
    boolean healthy = replicas(turn, steps);
    if (healthy || !turn.ordered()) {
      healthy &= condemned(turn, steps);
    }
    if (steps.isEmpty() && turn.rolling()) {
      update(turn, steps);
    }
    return PodControl.slowStart(steps)
        .chain(progress ->
            progress
                .failure()
                .filter(f -> !PodControl.isNamespaceEnding(f))
                .map(f -> Uni.createFrom().<Void>failure(f))
                .orElseGet(() -> Uni.createFrom().voidItem()));
  }

  /** Makes what is missing; false where an ordered set has to wait for something. */
  private boolean replicas(Turn turn, List<Supplier<Uni<Void>>> steps) {
    for (int ordinal = turn.start(); ordinal < turn.end(); ordinal++) {
      KubeObject pod = turn.pods().get(ordinal);
      if (pod == null) {
        int missing = ordinal;
        steps.add(() -> create(turn, missing));
      } else if (pod.isDeleting()) {
        // It comes back under its name when it is gone.
      } else if (Pods.isFinished(pod)) {
        steps.add(() -> delete(turn, pod));
      } else if (isAvailable(turn, pod)) {
        continue;
      }
      if (turn.ordered()) {
        return false;
      }
    }
    return true;
  }

  private boolean isAvailable(Turn turn, KubeObject pod) {
    return Pods.phase(pod).equals("Running")
        && Pods.isAvailable(pod, turn.set().at("spec", "minReadySeconds").asLong(0), env.now());
  }

  private boolean condemned(Turn turn, List<Supplier<Uni<Void>>> steps) {
    List<KubeObject> beyond =
        turn.pods().entrySet().stream()
            .filter(e -> e.getKey() < turn.start() || e.getKey() >= turn.end())
            .sorted(Map.Entry.<Integer, KubeObject>comparingByKey(Comparator.reverseOrder()))
            .map(Map.Entry::getValue)
            .toList();
    for (KubeObject pod : beyond) {
      if (!pod.isDeleting()) {
        steps.add(() -> delete(turn, pod));
      }
      if (turn.ordered()) {
        break;
      }
    }
    return beyond.isEmpty();
  }

  /** Replaces the highest pod of an old template, when all above it are well. */
  private void update(Turn turn, List<Supplier<Uni<Void>>> steps) {
    int allowed = maxUnavailable(turn);
    int unavailable = 0;
    for (int ordinal = turn.end() - 1;
        ordinal >= Math.max(turn.start(), turn.partition());
        ordinal--) {
      KubeObject pod = turn.pods().get(ordinal);
      if (pod == null) {
        return;
      }
      if (!turn.isUpdated(pod) && !pod.isDeleting()) {
        steps.add(() -> delete(turn, pod));
        unavailable++;
      } else if (pod.isDeleting() || !isAvailable(turn, pod)) {
        unavailable++;
      }
      if (unavailable >= allowed) {
        return;
      }
    }
  }

  private static int maxUnavailable(Turn turn) {
    var value = turn.set().at("spec", "updateStrategy", "rollingUpdate", "maxUnavailable");
    String text = value.asText("1");
    int count =
        text.endsWith("%")
            ? (int)
                Math.floor(
                    Integer.parseInt(text.substring(0, text.length() - 1))
                        * turn.replicas()
                        / 100.0)
            : value.asInt(1);
    return Math.max(1, count);
  }

  private Uni<Void> create(Turn turn, int ordinal) {
    KubeObject set = turn.set();
    KubeObject pod = StatefulPods.pod(set, ordinal, turn.revisionFor(ordinal));
    Uni<Void> before = Uni.createFrom().voidItem();
    for (KubeObject claim : StatefulPods.claims(set, ordinal)) {
      if (claims.get(claim.namespace(), claim.name()).isEmpty()) {
        before = before.chain(() -> createClaim(set, claim, pod.name()));
      }
    }
    return before
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
        .invoke(failure ->
            events.warning(
                set,
                "FailedCreate",
                "create Pod "
                    + pod.name()
                    + " in StatefulSet "
                    + set.name()
                    + " failed error: "
                    + failure.getMessage()));
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
        .recoverWithNull();
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
        .recoverWithNull();
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
