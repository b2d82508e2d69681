package dev.coracle.controllers.internal.deployment;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.controllers.internal.Environment;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A Deployment's old revisions: the empty ReplicaSets that a rollback may return to. */
final class RevisionHistory {
  private final Environment env;

  RevisionHistory(Environment env) {
    this.env = env;
  }

  /** Those beyond the limit go, once the rollout is complete. */
  Uni<?> clear(KubeObject deployment, List<KubeObject> all) {
    int limit = deployment.at("spec", "revisionHistoryLimit").asInt(10);
    KubeObject current = all.getLast();
    boolean complete =
        RollingSizes.available(current) == RollingSizes.replicas(deployment)
            && RollingSizes.sum(all) == RollingSizes.replicas(deployment);
    List<KubeObject> empty =
        all.subList(0, all.size() - 1).stream()
            .filter(set ->
                RollingSizes.replicas(set) == 0
                    && set.at("status", "replicas").asInt(0) == 0
                    && set.at("status", "observedGeneration").asLong(0) >= set.generation()
                    && !set.isDeleting())
            .sorted(Comparator.comparingLong(Revisions::revision))
            .toList();
    if (!complete || empty.size() <= limit) {
      return Uni.createFrom().voidItem();
    }
    List<Uni<Void>> deletions = new ArrayList<>();
    for (KubeObject set : empty.subList(0, empty.size() - limit)) {
      deletions.add(
          env.client()
              .delete(
                  Resources.REPLICA_SETS,
                  set.namespace(),
                  set.name(),
                  DeleteOptions.background().ifUid(set.uid()))
              .replaceWithVoid()
              .onFailure(StatusException::isNotFound)
              .recoverWithNull());
    }
    return Uni.join().all(deletions).andCollectFailures();
  }
}
