package dev.coracle.cridocker.internal.grpc;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.cri.v1.ContainerEventResponse;
import dev.coracle.cridocker.internal.pod.ContainerService;
import dev.coracle.cridocker.internal.pod.SandboxService;
import dev.coracle.cridocker.internal.pod.Statuses;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What an event says of the pod it happened in. */
public final class PodStates {
  private static final Logger LOG = LoggerFactory.getLogger(PodStates.class);

  private final SandboxService sandboxes;
  private final ContainerService containers;

  public PodStates(SandboxService sandboxes, ContainerService containers) {
    this.sandboxes = sandboxes;
    this.containers = containers;
  }

  /** The pod's state as it is now; empty once its sandbox is gone. */
  public ContainerEventResponse of(String sandboxId) {
    ContainerEventResponse.Builder event = ContainerEventResponse.newBuilder();
    try {
      Optional<JsonNode> sandbox = sandboxes.find(sandboxId);
      if (sandbox.isPresent()) {
        event.setPodSandboxStatus(Statuses.sandbox(sandbox.get(), sandboxes.addresses(sandboxId)));
        for (JsonNode c : containers.ofSandbox(sandboxId)) {
          Optional<JsonNode> found = containers.find(c.path("Id").asText());
          found.ifPresent(f -> event.addContainersStatuses(Statuses.container(f)));
        }
      }
    } catch (IOException e) {
      // Who it happened to is told all the same; the kubelet asks for the rest.
      LOG.atDebug().setCause(e).log("event without the pod's state");
    }
    return event.build();
  }
}
