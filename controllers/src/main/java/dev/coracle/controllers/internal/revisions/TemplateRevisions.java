package dev.coracle.controllers.internal.revisions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Concurrent;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.pods.TemplateHash;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * Keeps an owner's pod templates as ControllerRevisions, as {@code kubectl rollout history} and
 * {@code undo} read them; a template that comes back gets its old revision with a new number.
 */
public final class TemplateRevisions {

  /**
   * The label by which a pod says of which revision it is: a DaemonSet's pods by the hash, a
   * StatefulSet's by the revision's name.
   */
  public static final String LABEL = "controller-revision-hash";

  /** By which a StatefulSet's revisions carry their hash; a DaemonSet's do as its pods. */
  public static final String HISTORY_LABEL = "controller.kubernetes.io/hash";

  private static final String ORPHANS = "orphans";

  private static final GroupVersionKind KIND = GroupVersionKind.of("apps/v1", "ControllerRevision");

  private final Environment env;
  private final String hashLabel;
  private final Lister revisions;

  /**
   * @param hashLabel of revisions that are made
   */
  public TemplateRevisions(Environment env, String hashLabel) {
    this.env = env;
    this.hashLabel = hashLabel;
    this.revisions =
        env.informer(Resources.CONTROLLER_REVISIONS)
            .addIndex(Informer.BY_CONTROLLER_UID)
            .addIndex(
                ORPHANS, r -> r.controllerOwner().isPresent() ? List.of() : List.of(r.namespace()))
            .lister();
  }

  /** All of the owner's, the oldest first. */
  public List<KubeObject> of(KubeObject owner) {
    return revisions.byIndex(Informer.BY_CONTROLLER_UID, owner.uid()).stream()
        .sorted(Comparator.comparingLong(TemplateRevisions::number).thenComparing(KubeObject::name))
        .toList();
  }

  static long number(KubeObject revision) {
    return revision.at("revision").asLong(0);
  }

  /**
   * The revision of the owner's present template, made where it is new. Those that an owner before
   * this one has left behind become its own.
   */
  public Uni<KubeObject> current(KubeObject owner) {
    return adopt(owner)
        .chain(adopted -> {
          List<KubeObject> all = new ArrayList<>(of(owner));
          adopted.stream()
              .filter(a -> all.stream().noneMatch(r -> r.uid().equals(a.uid())))
              .forEach(all::add);
          all.sort(Comparator.comparingLong(TemplateRevisions::number));
          return current(owner, all);
        });
  }

  private Uni<List<KubeObject>> adopt(KubeObject owner) {
    List<KubeObject> adopted = new ArrayList<>();
    LabelSelector selector = LabelSelector.of(owner.at("spec", "selector"));
    List<KubeObject> orphans =
        revisions.byIndex(ORPHANS, owner.namespace()).stream()
            .filter(r -> !r.isDeleting() && selector.matches(r))
            .toList();
    if (owner.isDeleting()) {
      return Uni.createFrom().item(orphans); // Its own, which it leaves behind.
    }
    return Concurrent.forEach(
            orphans, orphan -> adopt(owner, orphan).invoke(adopted::add).replaceWithVoid())
        .replaceWith(adopted);
  }

  private Uni<KubeObject> adopt(KubeObject owner, KubeObject orphan) {
    return env.client()
        .patch(
            Resources.CONTROLLER_REVISIONS,
            orphan.namespace(),
            orphan.name(),
            Patch.strategic(node -> {
              ObjectNode metadata = node.putObject("metadata");
              metadata.put("uid", orphan.uid());
              metadata.putArray("ownerReferences").add(OwnerReference.controlledBy(owner).toJson());
            }));
  }

  private Uni<KubeObject> current(KubeObject owner, List<KubeObject> all) {
    ObjectNode data = data(owner);
    long highest = all.isEmpty() ? 0 : number(all.getLast());
    KubeObject equal =
        all.stream().filter(r -> r.at("data").equals(data)).reduce((_, b) -> b).orElse(null);
    if (equal == null) {
      int collisions = owner.at("status", "collisionCount").asInt(0);
      return create(owner, data, highest + 1, collisions);
    }
    if (number(equal) == highest) {
      return Uni.createFrom().item(equal);
    }
    return env.client()
        .patch(
            Resources.CONTROLLER_REVISIONS,
            equal.namespace(),
            equal.name(),
            Patch.merge(n -> n.put("revision", (int) highest + 1)));
  }

  private static ObjectNode data(KubeObject owner) {
    ObjectNode data = Json.object();
    ObjectNode template = data.putObject("spec").putObject("template").put("$patch", "replace");
    JsonNode found = owner.at("spec", "template");
    if (found.isObject()) {
      template.setAll((ObjectNode) found.deepCopy());
    }
    return data;
  }

  /**
   * @param collisions how many other templates had the same hash
   */
  private Uni<KubeObject> create(KubeObject owner, ObjectNode data, long number, int collisions) {
    String hash = TemplateHash.of(data, collisions);
    KubeObject revision =
        KubeObject.create(
            KIND,
            owner.namespace(),
            owner.name() + "-" + hash,
            node -> {
              ObjectNode metadata = node.withObjectProperty("metadata");
              ObjectNode labels = metadata.putObject("labels");
              KubeObject.strings(owner.at("spec", "template", "metadata", "labels"))
                  .forEach(labels::put);
              labels.put(hashLabel, hash);
              if (owner.metadata().path("annotations") instanceof ObjectNode annotations) {
                // Among them is why it changed, which kubectl rollout history shows.
                metadata.set("annotations", annotations.deepCopy());
              }
              metadata.putArray("ownerReferences").add(OwnerReference.controlledBy(owner).toJson());
              node.set("data", data);
              node.put("revision", (int) number);
            });
    return env.client()
        .create(Resources.CONTROLLER_REVISIONS, owner.namespace(), revision, WriteOptions.NONE)
        .onFailure(StatusException::isAlreadyExists)
        .recoverWithUni(() ->
            env.client()
                .get(Resources.CONTROLLER_REVISIONS, owner.namespace(), revision.name())
                .chain(there ->
                    isOwn(owner, there) && there.at("data").equals(data)
                        ? Uni.createFrom().item(there)
                        : create(owner, data, number, collisions + 1)));
  }

  /** One that the informer does not show yet. */
  private static boolean isOwn(KubeObject owner, KubeObject revision) {
    return revision.controllerOwner().map(o -> o.uid().equals(owner.uid())).orElse(false);
  }

  /** The hash that pods of this revision carry. */
  public static String hash(KubeObject revision) {
    return revision.labels().getOrDefault(LABEL, revision.name());
  }

  /** Deletes the oldest whose hash and name nobody uses, beyond the limit. */
  public Uni<Void> clear(KubeObject owner, Set<String> inUse, int limit) {
    List<KubeObject> unused =
        of(owner).stream()
            .filter(r -> !inUse.contains(hash(r)) && !inUse.contains(r.name()))
            .toList();
    List<Uni<Void>> deletions = new ArrayList<>();
    for (int i = 0; limit >= 0 && i < unused.size() - limit; i++) {
      KubeObject old = unused.get(i);
      deletions.add(
          env.client()
              .delete(
                  Resources.CONTROLLER_REVISIONS,
                  old.namespace(),
                  old.name(),
                  DeleteOptions.DEFAULT.ifUid(old.uid()))
              .replaceWithVoid()
              .onFailure(StatusException::isNotFound)
              .recoverWithNull());
    }
    return deletions.isEmpty()
        ? Uni.createFrom().voidItem()
        : Uni.join().all(deletions).andCollectFailures().replaceWithVoid();
  }
}
