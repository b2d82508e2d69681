package dev.coracle.kubelet.internal.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.PatchType;
import dev.coracle.client.Client;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The node's heartbeat: its Lease in {@code kube-node-lease} (KEP-589). Blocks. */
final class NodeLease {
  private static final Logger LOG = LoggerFactory.getLogger(NodeLease.class);
  private static final GroupVersionKind LEASE =
      new GroupVersionKind("coordination.k8s.io", "v1", "Lease");
  private static final String NAMESPACE = "kube-node-lease";
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final Client client;
  private final Clock clock;
  private final String nodeName;
  private final Duration heartbeat;
  private final Supplier<Optional<KubeObject>> node;

  NodeLease(
      Client client,
      Clock clock,
      String nodeName,
      Duration heartbeat,
      Supplier<Optional<KubeObject>> node) {
    this.client = client;
    this.clock = clock;
    this.nodeName = nodeName;
    this.heartbeat = heartbeat;
    this.node = node;
  }

  /** A failure is told and left to the next turn: the Lease lasts four of them. */
  void renew() {
    try {
      String now = Timestamps.microTime(clock.instant());
      try {
        ObjectNode patch = Json.object();
        patch.putObject("spec").put("leaseDurationSeconds", seconds()).put("renewTime", now);
        KubeObject lease = merge(patch);
        // Where the node was not known yet when the Lease was made.
        if (lease.at("metadata", "ownerReferences").isEmpty()) {
          ObjectNode owned = Json.object();
          if (own(owned)) {
            merge(owned);
          }
        }
      } catch (StatusException e) {
        if (!StatusException.isNotFound(e)) {
          throw e;
        }
        client.create(Resources.LEASES, fresh(now)).await().atMost(LIMIT);
      }
    } catch (RuntimeException e) {
      LOG.atWarn().addKeyValue("why", e.getMessage()).log("The Node's Lease could not be renewed");
    }
  }

  private KubeObject merge(ObjectNode patch) {
    return client
        .patch(Resources.LEASES, NAMESPACE, nodeName, new Patch(PatchType.MERGE, patch, false))
        .await()
        .atMost(LIMIT);
  }

  /** The Lease goes with its Node. False where that is not known yet. */
  private boolean own(ObjectNode tree) {
    Optional<KubeObject> owner = node.get().filter(n -> !n.uid().isEmpty());
    owner.ifPresent(n ->
        tree.withObjectProperty("metadata")
            .putArray("ownerReferences")
            .addObject()
            .put("apiVersion", "v1")
            .put("kind", "Node")
            .put("name", nodeName)
            .put("uid", n.uid()));
    return owner.isPresent();
  }

  private int seconds() {
    return (int) Math.max(1, heartbeat.multipliedBy(4).toSeconds());
  }

  private KubeObject fresh(String now) {
    return KubeObject.create(
        LEASE,
        NAMESPACE,
        nodeName,
        tree -> {
          own(tree);
          tree.putObject("spec")
              .put("holderIdentity", nodeName)
              .put("leaseDurationSeconds", seconds())
              .put("renewTime", now);
        });
  }
}
