package dev.coracle.controllers.internal.deployment;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.EventRecorder;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.deployment.DeploymentStatus.Note;
import dev.coracle.controllers.internal.pods.TemplateHash;
import dev.coracle.controllers.internal.status.Conditions;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The ReplicaSet of a Deployment's present template: finds it and keeps its revision and
 * annotations right, or makes it.
 */
final class CurrentReplicaSet {
  private static final GroupVersionKind REPLICA_SET = GroupVersionKind.of("apps/v1", "ReplicaSet");

  private final Environment env;
  private final EventRecorder events;
  private final DeploymentStatus status;

  CurrentReplicaSet(Environment env, EventRecorder events, DeploymentStatus status) {
    this.env = env;
    this.events = events;
    this.status = status;
  }

  /**
   * The Deployment with the revision, the set, and why the Deployment progresses where the set was
   * made or found now.
   */
  record Found(KubeObject deployment, KubeObject set, Optional<Note> note) {}

  /** The set of the present template with its revision and annotations right, made where needed. */
  Uni<Found> of(KubeObject deployment, List<KubeObject> all, List<KubeObject> old) {
    long revision = Revisions.highest(old) + 1;
    Optional<KubeObject> existing = Revisions.current(deployment, all);
    if (existing.isEmpty()) {
      return create(deployment, old, revision);
    }
    KubeObject set = existing.get();
    KubeObject annotated =
        set.with(node -> {
          Revisions.annotate(node, deployment, revision);
          if (!deployment.at("spec", "minReadySeconds").isMissingNode()) {
            node.withObjectProperty("spec")
                .set("minReadySeconds", deployment.at("spec", "minReadySeconds"));
          } else {
            node.withObjectProperty("spec").remove("minReadySeconds");
          }
        });
    Optional<Note> note =
        Conditions.find(deployment, "Progressing").isMissingNode()
            ? Optional.of(
                new Note(
                    "True", "FoundNewReplicaSet", "Found new replica set \"" + set.name() + "\""))
            : Optional.empty();
    Uni<KubeObject> right =
        annotated.equals(set)
            ? Uni.createFrom().item(set)
            : env.client().update(Resources.REPLICA_SETS, annotated);
    return right.chain(
        now -> keepRevision(deployment, now).map(kept -> new Found(kept, now, note)));
  }

  /**
   * Writes the set's revision on the Deployment, with its status: an annotation written with the
   * object itself would count as a new generation.
   */
  private Uni<KubeObject> keepRevision(KubeObject deployment, KubeObject set) {
    String revision = set.annotation(Revisions.REVISION).orElse("");
    return revision.isEmpty()
            || deployment.annotation(Revisions.REVISION).orElse("").equals(revision)
        ? Uni.createFrom().item(deployment)
        : env.client()
            .updateStatus(
                Resources.DEPLOYMENTS,
                deployment.with(node ->
                    node.withObjectProperty("metadata")
                        .withObjectProperty("annotations")
                        .put(Revisions.REVISION, revision)));
  }

  private Uni<Found> create(KubeObject deployment, List<KubeObject> old, long revision) {
    int collisions = deployment.at("status", "collisionCount").asInt(0);
    ObjectNode template = Revisions.template(deployment);
    String hash = TemplateHash.of(template, collisions);
    KubeObject set = newSet(deployment, template, hash, revision);
    List<KubeObject> all = new ArrayList<>(old);
    all.add(set.with(node -> node.withObjectProperty("spec").put("replicas", 0)));
    int size = RollingSizes.newSize(deployment, all.getLast(), all);
    KubeObject sized = set.with(node -> node.withObjectProperty("spec").put("replicas", size));
    return env.client()
        .create(Resources.REPLICA_SETS, deployment.namespace(), sized, WriteOptions.NONE)
        .invoke(made -> {
          if (size > 0) {
            events.normal(
                deployment,
                "ScalingReplicaSet",
                "Scaled up replica set " + made.name() + " from 0 to " + size);
          }
        })
        .onFailure(StatusException::isAlreadyExists)
        .recoverWithUni(() -> collided(deployment, sized))
        .onFailure(failure ->
            !StatusException.isAlreadyExists(failure)
                && !StatusException.isNamespaceTerminating(failure))
        .call(failure -> creationFailed(deployment, sized.name(), failure))
        .chain(made ->
            keepRevision(deployment, made)
                .map(kept ->
                    new Found(
                        kept,
                        made,
                        Optional.of(
                            new Note(
                                "True",
                                "NewReplicaSetCreated",
                                "Created new replica set \"" + made.name() + "\"")))));
  }

  private KubeObject newSet(
      KubeObject deployment, ObjectNode template, String hash, long revision) {
    return KubeObject.create(
        REPLICA_SET,
        deployment.namespace(),
        deployment.name() + "-" + hash,
        node -> {
          template
              .withObjectProperty("metadata")
              .withObjectProperty("labels")
              .put(Revisions.HASH, hash);
          ObjectNode metadata = node.withObjectProperty("metadata");
          metadata.set("labels", template.path("metadata").path("labels").deepCopy());
          metadata
              .putArray("ownerReferences")
              .add(OwnerReference.controlledBy(deployment).toJson());
          Revisions.annotate(node, deployment, revision);
          Revisions.annotateSizes(
              node,
              RollingSizes.replicas(deployment),
              RollingSizes.replicas(deployment) + RollingSizes.maxSurge(deployment));
          ObjectNode spec = node.putObject("spec");
          if (deployment.at("spec", "minReadySeconds").asInt(0) > 0) {
            spec.set("minReadySeconds", deployment.at("spec", "minReadySeconds"));
          }
          ObjectNode selector = (ObjectNode) deployment.at("spec", "selector").deepCopy();
          selector.withObjectProperty("matchLabels").put(Revisions.HASH, hash);
          spec.set("selector", selector);
          spec.set("template", template);
        });
  }

  /**
   * A set of this name is there: ours that the informer does not show yet, or another template's.
   */
  private Uni<KubeObject> collided(KubeObject deployment, KubeObject wanted) {
    return env.client()
        .get(Resources.REPLICA_SETS, wanted.namespace(), wanted.name())
        .chain(there -> {
          boolean ours =
              there.controllerOwner().map(o -> o.uid().equals(deployment.uid())).orElse(false);
          if (ours && Revisions.template(there).equals(Revisions.template(deployment))) {
            return Uni.createFrom().item(there);
          }
          KubeObject counted =
              deployment.with(node -> {
                ObjectNode s = node.withObjectProperty("status");
                s.put("collisionCount", s.path("collisionCount").asInt(0) + 1);
              });
          return env.client()
              .updateStatus(Resources.DEPLOYMENTS, counted)
              .chain(() ->
                  Uni.createFrom()
                      .failure(
                          StatusException.alreadyExists(
                              Resources.REPLICA_SETS.groupResource(), wanted.name())));
        });
  }

  private Uni<?> creationFailed(KubeObject deployment, String name, Throwable failure) {
    String message = "Failed to create new replica set \"" + name + "\": " + failure.getMessage();
    events.warning(deployment, "ReplicaSetCreateError", message);
    return status.note(deployment, new Note("False", "ReplicaSetCreateError", message));
  }
}
