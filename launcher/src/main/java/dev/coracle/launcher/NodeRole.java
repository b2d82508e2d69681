package dev.coracle.launcher;

import dev.coracle.api.Component;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.Patch;
import dev.coracle.client.Client;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Marks the Node beside the control plane with its role, which a kubelet may not do itself. The
 * Node has to be there.
 */
record NodeRole(Client client, String node) implements Component {

  private static final String LABEL = "node-role.kubernetes.io/control-plane";

  @Override
  public String name() {
    return "node-role";
  }

  @Override
  public CompletionStage<Void> start() {
    return client
        .patch(
            Resources.NODES,
            "",
            node,
            Patch.merge(n -> n.withObjectProperty("metadata").putObject("labels").put(LABEL, "")))
        .replaceWithVoid()
        .subscribeAsCompletionStage();
  }

  @Override
  public CompletionStage<Void> stop() {
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public Optional<String> unhealthy() {
    return Optional.empty();
  }
}
