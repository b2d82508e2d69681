package dev.coracle.proxy.internal.policy;

import dev.coracle.proxy.ConnectedPod;
import io.smallrye.mutiny.Uni;
import java.util.Optional;

/** What a node does about NetworkPolicies. */
public sealed interface PolicyEngine permits PolicySync, Unenforced {

  /** Completes when what the policies demand is so. */
  Uni<Void> start();

  Uni<Void> stop();

  /** Completes when the rules for the pod are in effect. Any thread, also before the start. */
  Uni<Void> connected(ConnectedPod pod);

  void disconnected(String sandboxId);

  Optional<String> problem();
}
