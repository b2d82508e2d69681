package dev.coracle.controllers.internal.deployment;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.client.EventRecorder;
import dev.coracle.controllers.internal.Environment;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What clients of the Deployments' first API ask for by an annotation: the template of an earlier
 * revision, or of the last one before. The annotation goes when it was done or cannot be.
 */
final class Rollback {

  private static final String TO = "deprecated.deployment.rollback.to";

  private final Environment env;
  private final EventRecorder events;

  Rollback(Environment env, EventRecorder events) {
    this.env = env;
    this.events = events;
  }

  /** To which revision; 0 stands for the last one before. What is no number asks for nothing. */
  static OptionalLong wanted(KubeObject deployment) {
    String revision = deployment.annotation(TO).orElse("");
    try {
      return revision.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(revision));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /** Gives the Deployment its earlier template; the rollout follows from that. */
  Uni<?> run(KubeObject deployment, List<KubeObject> all, long wanted) {
    long revision = wanted == 0 ? beforeLast(all) : wanted;
    if (revision == 0) {
      return giveUp(
          deployment, "DeploymentRollbackRevisionNotFound", "Unable to find last revision.");
    }
    Optional<KubeObject> found =
        all.stream().filter(set -> Revisions.revision(set) == revision).findFirst();
    if (found.isEmpty()) {
      return giveUp(
          deployment,
          "DeploymentRollbackRevisionNotFound",
          "Unable to find the revision to rollback to.");
    }
    ObjectNode template = Revisions.template(found.get());
    if (template.equals(Revisions.template(deployment))) {
      return giveUp(
          deployment,
          "DeploymentRollbackTemplateUnchanged",
          "The rollback revision contains the same template as current deployment \""
              + deployment.name()
              + "\"");
    }
    KubeObject changed =
        deployment.with(node -> {
          node.withObjectProperty("spec").set("template", template);
          Revisions.restoreAnnotations(node, found.get());
        });
    return cleared(changed)
        .invoke(() ->
            events.normal(
                deployment,
                "DeploymentRollback",
                "Rolled back deployment \"" + deployment.name() + "\" to revision " + revision));
  }

  private static long beforeLast(List<KubeObject> all) {
    return all.stream()
        .map(Revisions::revision)
        .sorted(java.util.Comparator.reverseOrder())
        .skip(1)
        .findFirst()
        .orElse(0L);
  }

  private Uni<KubeObject> giveUp(KubeObject deployment, String reason, String message) {
    events.warning(deployment, reason, message);
    return cleared(deployment);
  }

  private Uni<KubeObject> cleared(KubeObject deployment) {
    return env.client()
        .update(
            Resources.DEPLOYMENTS,
            deployment.with(node ->
                node.withObjectProperty("metadata").withObjectProperty("annotations").remove(TO)));
  }
}
