package dev.coracle.controllers.internal.deployment;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;

/**
 * Which ReplicaSets are a Deployment's: those that it controls and, while it stays, those that
 * nobody controls and its selector matches; these it adopts.
 */
final class ReplicaSetClaims {
  private static final String ORPHANS = "orphans";

  private final Environment env;
  private final Lister sets;

  /**
   * @param informer of ReplicaSets, indexed here by what controls them
   */
  ReplicaSetClaims(Environment env, Informer informer) {
    this.env = env;
    this.sets =
        informer
            .addIndex(Informer.BY_CONTROLLER_UID)
            .addIndex(
                ORPHANS,
                set -> set.controllerOwner().isPresent() ? List.of() : List.of(set.namespace()))
            .lister();
  }

  /** The Deployment's ReplicaSets, adopted ones too. */
  Uni<List<KubeObject>> claim(KubeObject deployment, LabelSelector selector) {
    List<KubeObject> mine = new ArrayList<>();
    for (KubeObject set : sets.byIndex(Informer.BY_CONTROLLER_UID, deployment.uid())) {
      if (selector.matches(set)) {
        mine.add(set);
      }
    }
    List<Uni<KubeObject>> adopted = new ArrayList<>();
    if (!deployment.isDeleting()) {
      for (KubeObject set : sets.byIndex(ORPHANS, deployment.namespace())) {
        if (!set.isDeleting() && selector.matches(set)) {
          adopted.add(adopt(set, deployment));
        }
      }
    }
    if (adopted.isEmpty()) {
      return Uni.createFrom().item(mine);
    }
    return Uni.join()
        .all(adopted)
        .andCollectFailures()
        .map(found -> {
          mine.addAll(found);
          return mine;
        });
  }

  private Uni<KubeObject> adopt(KubeObject set, KubeObject deployment) {
    Patch patch =
        Patch.strategic(node -> {
          ObjectNode metadata = node.putObject("metadata");
          metadata.put("uid", set.uid());
          metadata
              .putArray("ownerReferences")
              .add(OwnerReference.controlledBy(deployment).toJson());
        });
    return env.client().patch(Resources.REPLICA_SETS, set.namespace(), set.name(), patch);
  }
}
