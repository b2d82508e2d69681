package dev.coracle.controllers.internal.deployment;

import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.Resources;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.deployment.DeploymentStatus.Note;
import dev.coracle.controllers.internal.pods.Pods;
import dev.coracle.controllers.internal.status.Conditions;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Brings a Deployment's pods from one template to the next by growing and shrinking ReplicaSets,
 * one step each time something changes: scale, then roll out (rolling or recreate), then count,
 * then clear old revisions away. Level-based: each step follows from the sets as they are.
 */
public final class DeploymentController extends LoopController {
  private final Lister deployments;
  private final Lister sets;
  private final Lister pods;
  private final ReplicaSetClaims claims;
  private final ReplicaSetSizes sizes;
  private final DeploymentStatus status;
  private final CurrentReplicaSet current;
  private final RevisionHistory history;
  private final Rollback rollback;

  public DeploymentController(Environment env) {
    super("deployment-controller", env);
    Informer deploymentInformer = env.informer(Resources.DEPLOYMENTS);
    Informer setInformer = env.informer(Resources.REPLICA_SETS);
    Informer podInformer = env.informer(Resources.PODS).addIndex(Informer.BY_CONTROLLER_UID);
    this.deployments = deploymentInformer.lister();
    this.sets = setInformer.lister();
    this.pods = podInformer.lister();
    this.claims = new ReplicaSetClaims(env, setInformer);
    this.sizes = new ReplicaSetSizes(env, events);
    this.status = new DeploymentStatus(env);
    this.current = new CurrentReplicaSet(env, events, status);
    this.history = new RevisionHistory(env);
    this.rollback = new Rollback(env, events);
    loop.follow(deploymentInformer);
    onAny(setInformer, this::wakeOwner);
    podInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void deleted(KubeObject pod) {
            // A recreating Deployment waits for the last old pod.
            pod.controllerOwner()
                .flatMap(o -> sets.get(pod.namespace(), o.name()))
                .ifPresent(DeploymentController.this::wakeOwner);
          }
        });
  }

  private void wakeOwner(KubeObject set) {
    Optional<OwnerReference> owner = set.controllerOwner();
    if (owner.isPresent()) {
      if (owner.get().kind().equals("Deployment")) {
        enqueue(set.namespace(), owner.get().name());
      }
    } else if (!set.isDeleting()) {
      for (KubeObject deployment : deployments.list(set.namespace())) {
        if (LabelSelector.of(deployment.at("spec", "selector")).matches(set)) {
          loop.enqueue(deployment);
        }
      }
    }
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject deployment = deployments.get(name.namespace(), name.name()).orElse(null);
    if (deployment == null) {
      return DONE;
    }
    LabelSelector selector = LabelSelector.of(deployment.at("spec", "selector"));
    if (selector.isEverything()) {
      events.warning(
          deployment,
          "SelectingAll",
          "This deployment is selecting all pods. A non-empty selector is required.");
      return DONE;
    }
    return claims
        .claim(deployment, selector)
        .chain(all -> {
          if (deployment.isDeleting()) {
            return status.write(
                deployment, Revisions.current(deployment, all).orElse(null), all, Optional.empty());
          }
          return sync(deployment, all);
        })
        .map(again -> again.isZero() ? Result.DONE : Result.requeueAfter(again));
  }

  private Uni<Duration> sync(KubeObject deployment, List<KubeObject> all) {
    boolean paused = deployment.at("spec", "paused").asBoolean();
    Optional<Note> pause = pauseNote(deployment, paused);
    OptionalLong earlier = Rollback.wanted(deployment);
    if (!paused && earlier.isPresent()) {
      return rollback.run(deployment, all, earlier.getAsLong()).replaceWith(Duration.ZERO);
    }
    boolean resized =
        all.stream()
            .filter(set -> RollingSizes.replicas(set) > 0)
            .anyMatch(set ->
                Revisions.desired(set)
                    .map(d -> d != RollingSizes.replicas(deployment))
                    .orElse(false));
    if (paused || resized) {
      return sizes
          .scale(deployment, all)
          .chain(scaled ->
              status.write(
                  deployment, Revisions.current(deployment, scaled).orElse(null), scaled, pause));
    }
    List<KubeObject> old = withoutCurrent(deployment, all);
    boolean recreate = !RollingSizes.isRolling(deployment);
    if (recreate) {
      if (RollingSizes.sum(old) > 0) {
        return sizes
            .empty(deployment, old)
            .chain(now -> writeStatus(deployment, now, Revisions.current(deployment, all), pause));
      }
      if (oldPodsRun(old)) {
        return writeStatus(deployment, old, Revisions.current(deployment, all), pause);
      }
    }
    return current
        .of(deployment, all, old)
        .chain(found -> {
          KubeObject set = found.set();
          Optional<Note> note = found.note().isPresent() ? found.note() : pause;
          List<KubeObject> every = new ArrayList<>(old);
          every.add(set);
          return sizes
              .roll(deployment, set, old, every, recreate)
              .chain(rolled ->
                  status
                      .write(found.deployment(), rolled.getLast(), rolled, note)
                      .call(() -> history.clear(deployment, rolled)));
        });
  }

  private Uni<Duration> writeStatus(
      KubeObject deployment,
      List<KubeObject> old,
      Optional<KubeObject> current,
      Optional<Note> note) {
    List<KubeObject> all = new ArrayList<>(old);
    current.ifPresent(all::add);
    return status.write(deployment, current.orElse(null), all, note);
  }

  private static Optional<Note> pauseNote(KubeObject deployment, boolean paused) {
    String reason = Conditions.find(deployment, "Progressing").path("reason").asText("");
    if (!DeploymentStatus.tracksProgress(deployment) || reason.equals(DeploymentStatus.TIMED_OUT)) {
      return Optional.empty(); // That it does not progress is not to be forgotten over a pause.
    }
    if (paused && !reason.equals("DeploymentPaused")) {
      return Optional.of(new Note("Unknown", "DeploymentPaused", "Deployment is paused"));
    }
    if (!paused && reason.equals("DeploymentPaused")) {
      return Optional.of(new Note("Unknown", "DeploymentResumed", "Deployment is resumed"));
    }
    return Optional.empty();
  }

  private static List<KubeObject> withoutCurrent(KubeObject deployment, List<KubeObject> all) {
    Optional<KubeObject> current = Revisions.current(deployment, all);
    return all.stream()
        .filter(set -> current.isEmpty() || !set.uid().equals(current.get().uid()))
        .toList();
  }

  private boolean oldPodsRun(List<KubeObject> old) {
    return old.stream()
        .flatMap(set -> pods.byIndex(Informer.BY_CONTROLLER_UID, set.uid()).stream())
        .anyMatch(pod -> !Pods.isFinished(pod));
  }
}
