package dev.coracle.controllers.internal.deployment;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.client.EventRecorder;
import dev.coracle.controllers.internal.Environment;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Grows and shrinks a Deployment's ReplicaSets, to roll it out or to follow its size. */
final class ReplicaSetSizes {
  private final Environment env;
  private final EventRecorder events;

  ReplicaSetSizes(Environment env, EventRecorder events) {
    this.env = env;
    this.events = events;
  }

  /** One step of the rollout; gives the sets as they are after it, the current one last. */
  Uni<List<KubeObject>> roll(
      KubeObject deployment,
      KubeObject current,
      List<KubeObject> old,
      List<KubeObject> all,
      boolean recreate) {
    int size = RollingSizes.replicas(current);
    int wanted =
        size > RollingSizes.replicas(deployment)
            ? RollingSizes.replicas(deployment)
            : RollingSizes.newSize(deployment, current, all);
    if (wanted != size
        || !Revisions.desired(current).equals(Optional.of(RollingSizes.replicas(deployment)))) {
      return resize(deployment, current, wanted).map(now -> append(old, now));
    }
    if (recreate) {
      return Uni.createFrom().item(append(old, current));
    }
    Map<KubeObject, Integer> sizes = RollingSizes.oldSizes(deployment, current, old, all);
    return each(
            old,
            set -> resize(deployment, set, sizes.getOrDefault(set, RollingSizes.replicas(set))))
        .map(now -> append(now, current));
  }

  private static List<KubeObject> append(List<KubeObject> old, KubeObject current) {
    List<KubeObject> out = new ArrayList<>(old);
    out.add(current);
    return out;
  }

  /** One set after the other; gives them as they are after their step. */
  private static Uni<List<KubeObject>> each(
      List<KubeObject> sets, Function<KubeObject, Uni<KubeObject>> step) {
    Uni<List<KubeObject>> out = Uni.createFrom().item(ArrayList::new);
    for (KubeObject set : sets) {
      out =
          out.chain(done ->
              step.apply(set)
                  .map(now -> {
                    done.add(now);
                    return done;
                  }));
    }
    return out;
  }

  /** Takes all pods of the sets away; gives the sets as they are after it. */
  Uni<List<KubeObject>> empty(KubeObject deployment, List<KubeObject> sets) {
    return each(sets, set -> resize(deployment, set, 0));
  }

  /** The Deployment's size was changed, or it is paused: resize without rolling out. */
  Uni<List<KubeObject>> scale(KubeObject deployment, List<KubeObject> all) {
    List<KubeObject> active = all.stream().filter(set -> RollingSizes.replicas(set) > 0).toList();
    Optional<KubeObject> current = Revisions.current(deployment, all);
    Optional<KubeObject> only =
        active.size() == 1
            ? Optional.of(active.getFirst())
            : active.isEmpty() ? newest(current, all) : Optional.empty();
    if (only.isPresent()) {
      return each(
          all,
          set ->
              set.uid().equals(only.get().uid())
                  ? resize(deployment, set, RollingSizes.replicas(deployment))
                  : Uni.createFrom().item(set));
    }
    boolean saturated =
        current
            .map(set ->
                RollingSizes.replicas(set) == RollingSizes.replicas(deployment)
                    && Revisions.desired(set).orElse(-1) == RollingSizes.replicas(deployment)
                    && RollingSizes.available(set) == RollingSizes.replicas(deployment))
            .orElse(false);
    if (saturated) {
      return each(
          all,
          set ->
              set.uid().equals(current.get().uid())
                  ? Uni.createFrom().item(set)
                  : resize(deployment, set, 0));
    }
    if (!RollingSizes.isRolling(deployment)) {
      return Uni.createFrom().item(all);
    }
    Map<KubeObject, Integer> sizes = RollingSizes.proportional(deployment, active);
    return each(
        all,
        set ->
            sizes.containsKey(set)
                ? resize(deployment, set, sizes.get(set))
                : Uni.createFrom().item(set));
  }

  private static Optional<KubeObject> newest(Optional<KubeObject> current, List<KubeObject> all) {
    return current.isPresent()
        ? current
        : all.stream().max(Comparator.comparingLong(Revisions::revision));
  }

  private Uni<KubeObject> resize(KubeObject deployment, KubeObject set, int size) {
    int before = RollingSizes.replicas(set);
    int desired = RollingSizes.replicas(deployment);
    int max = desired + RollingSizes.maxSurge(deployment);
    boolean annotated =
        Revisions.desired(set).equals(Optional.of(desired))
            && Revisions.max(set).equals(Optional.of(max));
    if (before == size && annotated) {
      return Uni.createFrom().item(set);
    }
    KubeObject resized =
        set.with(node -> {
          node.withObjectProperty("spec").put("replicas", size);
          Revisions.annotateSizes(node, desired, max);
        });
    return env.client()
        .update(Resources.REPLICA_SETS, resized)
        .invoke(() -> {
          if (before != size) {
            events.normal(
                deployment,
                "ScalingReplicaSet",
                "Scaled "
                    + (size > before ? "up" : "down")
                    + " replica set "
                    + set.name()
                    + " from "
                    + before
                    + " to "
                    + size);
          }
        });
  }
}
