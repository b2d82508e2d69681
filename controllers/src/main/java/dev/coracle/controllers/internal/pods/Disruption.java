package dev.coracle.controllers.internal.pods;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.controllers.internal.Environment;
import io.smallrye.mutiny.Uni;
import java.util.function.Consumer;

/**
 * Ends pods that others than their owner want to end: the pod first says why, in its condition
 * {@code DisruptionTarget} (KEP-3329), and is deleted then. A pod that is gone by now fails it with
 * {@code NotFound}, another of its name with {@code Conflict}.
 */
public record Disruption(String reason, String message) {

  /** Leaves the pod the time it asks for. */
  public Uni<Void> evict(Environment env, KubeObject pod) {
    return end(env, pod, _ -> {}, DeleteOptions.DEFAULT);
  }

  /** The pod of a node that is no more: nobody else will ever say that it has ended. */
  public Uni<Void> fail(Environment env, KubeObject pod) {
    return end(env, pod, status -> status.put("phase", "Failed"), DeleteOptions.now());
  }

  private Uni<Void> end(
      Environment env, KubeObject pod, Consumer<ObjectNode> more, DeleteOptions options) {
    return tell(env, pod, more)
        .chain(() ->
            env.client()
                .delete(Resources.PODS, pod.namespace(), pod.name(), options.ifUid(pod.uid())))
        .replaceWithVoid();
  }

  private Uni<KubeObject> tell(Environment env, KubeObject pod, Consumer<ObjectNode> more) {
    Patch patch =
        Patch.strategic(tree -> {
          tree.putObject("metadata").put("uid", pod.uid());
          ObjectNode status = tree.putObject("status");
          more.accept(status);
          status
              .putArray("conditions")
              .addObject()
              .put("type", "DisruptionTarget")
              .put("status", "True")
              .put("reason", reason)
              .put("message", message)
              .put("lastTransitionTime", Timestamps.time(env.now()));
        });
    return env.client()
        .patch(Resources.PODS, pod.namespace(), pod.name(), patch, "status", WriteOptions.NONE);
  }
}
