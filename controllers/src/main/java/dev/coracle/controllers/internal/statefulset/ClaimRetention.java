package dev.coracle.controllers.internal.statefulset;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.client.Lister;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Lets claims go with what they belong to ({@code spec.persistentVolumeClaimRetentionPolicy}): with
 * the set by {@code whenDeleted}, with a pod that is scaled away by {@code whenScaled}. Both are
 * owner references, so it is the garbage collector that deletes.
 */
final class ClaimRetention {

  private final Client client;
  private final Lister claims;

  ClaimRetention(Client client, Lister claims) {
    this.client = client;
    this.claims = claims;
  }

  /**
   * Gives the claims of a pod that is there the owners that the policy asks for.
   *
   * @param condemned whether the pod is about to be scaled away
   */
  Uni<Void> apply(KubeObject set, int ordinal, KubeObject pod, boolean condemned) {
    Uni<Void> work = Uni.createFrom().voidItem();
    for (KubeObject wanted : StatefulPods.claims(set, ordinal)) {
      Optional<KubeObject> claim = claims.get(wanted.namespace(), wanted.name());
      if (claim.isPresent() && !claim.get().isDeleting()) {
        KubeObject there = claim.get();
        List<OwnerReference> before = there.ownerReferences();
        List<OwnerReference> after = owners(set, pod, condemned, before);
        if (!after.equals(before)) {
          work = work.chain(() -> write(there, after));
        }
      }
    }
    return work;
  }

  /**
   * Whether a claim of this name goes away or belongs to a pod before this one: a new pod must not
   * start on it.
   */
  boolean isStale(KubeObject wanted) {
    return claims
        .get(wanted.namespace(), wanted.name())
        .filter(c -> c.isDeleting() || c.ownerReferences().stream().anyMatch(ClaimRetention::isPod))
        .isPresent();
  }

  private static List<OwnerReference> owners(
      KubeObject set, KubeObject pod, boolean condemned, List<OwnerReference> before) {
    // A claim that somebody else controls is theirs to delete.
    if (before.stream().anyMatch(o -> o.controller() && !isSet(o) && !isPod(o))) {
      return before;
    }
    boolean withPod = condemned && policy(set, "whenScaled");
    boolean withSet = !withPod && policy(set, "whenDeleted");
    List<OwnerReference> after = new ArrayList<>();
    boolean hasPod = false;
    boolean hasSet = false;
    for (OwnerReference owner : before) {
      boolean ofPod = isPod(owner) && owner.name().equals(pod.name());
      boolean ofSet = isSet(owner) && owner.name().equals(set.name());
      if (ofPod ? withPod && owner.uid().equals(pod.uid()) : !ofSet || withSet) {
        after.add(owner);
        hasPod |= ofPod;
        hasSet |= ofSet;
      }
    }
    if (withPod && !hasPod) {
      after.add(OwnerReference.controlledBy(pod));
    }
    if (withSet && !hasSet) {
      after.add(OwnerReference.controlledBy(set));
    }
    return after;
  }

  private static boolean policy(KubeObject set, String when) {
    return set.text("spec", "persistentVolumeClaimRetentionPolicy", when).equals("Delete");
  }

  private static boolean isPod(OwnerReference owner) {
    return owner.kind().equals("Pod") && owner.apiVersion().equals("v1");
  }

  private static boolean isSet(OwnerReference owner) {
    return owner.kind().equals("StatefulSet") && owner.gvk().group().equals("apps");
  }

  private Uni<Void> write(KubeObject claim, List<OwnerReference> owners) {
    KubeObject changed =
        claim.with(node -> {
          ObjectNode metadata = node.withObjectProperty("metadata");
          metadata.remove("ownerReferences");
          if (!owners.isEmpty()) {
            ArrayNode list = metadata.putArray("ownerReferences");
            owners.forEach(o -> list.add(o.toJson()));
          }
        });
    return client
        .update(Resources.PERSISTENT_VOLUME_CLAIMS, changed)
        .replaceWithVoid()
        .onFailure(StatusException::isNotFound)
        .recoverWithNull();
  }
}
