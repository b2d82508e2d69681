package dev.coracle.controllers.internal.nodelifecycle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Informer;
import dev.coracle.client.InformerOptions;
import dev.coracle.client.Lister;
import dev.coracle.controllers.config.NodeLifecycleOptions;
import dev.coracle.controllers.internal.Concurrent;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.pods.Pods;
import dev.coracle.controllers.internal.status.Conditions;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Notices nodes that stopped answering: a node whose Lease is not renewed within the grace period,
 * by this controller's own clock, becomes {@code Unknown}. Turns conditions into taints and tells
 * the pods of an unready node; how many nodes are given up at once depends on how many of their
 * zone are lost ({@link Zones}). Each node has one timer, for when its grace period ends; renewals
 * only move the time it compares with.
 */
public final class NodeLifecycleController extends LoopController {

  private static final String LEASES = "kube-node-lease";
  private static final List<String> KUBELET_CONDITIONS =
      List.of("Ready", "MemoryPressure", "DiskPressure", "PIDPressure");

  private final NodeLifecycleOptions options;
  private final Lister nodes;
  private final Lister pods;
  private final Map<String, Long> seen = new HashMap<>();
  private final Zones zones;

  public NodeLifecycleController(Environment env) {
    super("node-lifecycle-controller", "node-controller", env);
    this.options = env.options().tuning().nodes();
    Informer nodeInformer = env.informer(Resources.NODES);
    Informer podInformer = env.informer(Resources.PODS).addIndex(Informer.BY_NODE);
    Informer leases =
        env.informers().informer(Resources.LEASES, InformerOptions.inNamespace(LEASES));
    this.nodes = nodeInformer.lister();
    this.pods = podInformer.lister();
    this.zones = new Zones(options, env.context()::nanoTime, env.registry());
    nodeInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject node) {
            alive(node.name());
            zones.seen(node).forEach(n -> enqueue("", n));
            loop.enqueue(node);
            events.normal(
                node,
                "RegisteredNode",
                "Node "
                    + node.name()
                    + " event: Registered Node "
                    + node.name()
                    + " in Controller");
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (!heartbeat(before).equals(heartbeat(now))) {
              alive(now.name());
            }
            zones.seen(now).forEach(n -> enqueue("", n));
            if (!before.at("spec").equals(now.at("spec"))
                || !before.at("status", "conditions").equals(now.at("status", "conditions"))) {
              loop.enqueue(now);
            }
          }

          @Override
          public void deleted(KubeObject last) {
            seen.remove(last.name());
            zones.gone(last.name()).forEach(n -> enqueue("", n));
            events.normal(
                last,
                "RemovingNode",
                "Node "
                    + last.name()
                    + " event: Removing Node "
                    + last.name()
                    + " from Controller");
          }
        });
    leases.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject lease) {
            renewed(lease);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (!before.at("spec", "renewTime").equals(now.at("spec", "renewTime"))) {
              renewed(now);
            }
          }
        });
  }

  private static JsonNode heartbeat(KubeObject node) {
    return Conditions.find(node, "Ready").path("lastHeartbeatTime");
  }

  private void alive(String node) {
    seen.put(node, env.context().nanoTime());
  }

  private void renewed(KubeObject lease) {
    if (nodes.get("", lease.name()).isPresent()) {
      alive(lease.name());
    }
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject node = nodes.get("", name.name()).orElse(null);
    if (node == null || node.isDeleting()) {
      return DONE;
    }
    Duration left = left(node);
    KubeObject judged = left.isPositive() ? node : unknown(node);
    Uni<KubeObject> told =
        judged.at("status", "conditions").equals(node.at("status", "conditions"))
            ? Uni.createFrom().item(node)
            : env.client()
                .updateStatus(Resources.NODES, judged)
                .invoke(() -> {
                  if (Conditions.isTrue(node, "Ready")) {
                    event(node, "NodeNotReady");
                  }
                });
    return told.chain(now -> tainted(now, left))
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
  }

  private Duration left(KubeObject node) {
    long now = env.context().nanoTime();
    Duration grace =
        Conditions.find(node, "Ready").isMissingNode()
            ? options.startupGracePeriod()
            : options.monitorGracePeriod();
    return grace.minus(Duration.ofNanos(now - seen.getOrDefault(node.name(), now)));
  }

  private void event(KubeObject node, String status) {
    events.normal(node, status, "Node " + node.name() + " status is now: " + status);
  }

  private KubeObject unknown(KubeObject node) {
    Instant now = env.now();
    return node.with(tree -> {
      ObjectNode status = tree.withObjectProperty("status");
      for (String type : KUBELET_CONDITIONS) {
        JsonNode condition = Conditions.find(status, type);
        if (condition.isMissingNode()) {
          Conditions.set(
              status,
              type,
              "Unknown",
              "NodeStatusNeverUpdated",
              "Kubelet never posted node status.",
              now);
          ((ObjectNode) Conditions.find(status, type))
              .set("lastHeartbeatTime", node.at("metadata", "creationTimestamp"));
        } else if (!condition.path("status").asText().equals("Unknown")) {
          Conditions.set(
              status,
              type,
              "Unknown",
              "NodeStatusUnknown",
              "Kubelet stopped posting node status.",
              now);
        }
      }
    });
  }

  /**
   * @param left how long the node's grace period lasts
   */
  private Uni<Result> tainted(KubeObject node, Duration left) {
    boolean evicts = NodeTaints.evicts(node.at("spec", "taints"));
    boolean shall = NodeTaints.evicts(NodeTaints.wanted(node, true, env.now()));
    boolean may = evicts && !zones.areAllDown();
    Duration again = left;
    if (shall && !may) {
      Optional<Duration> turn = zones.turn(node);
      may = turn.filter(Duration::isZero).isPresent();
      if (!may && turn.isPresent() && (!left.isPositive() || turn.get().compareTo(left) < 0)) {
        again = turn.get();
      }
    }
    Result result = again.isPositive() ? Result.requeueAfter(again) : Result.DONE;
    return taint(node, may, shall && may && !evicts).chain(this::tellPods).replaceWith(result);
  }

  private Uni<KubeObject> taint(KubeObject node, boolean mayEvict, boolean begins) {
    ArrayNode wanted = NodeTaints.wanted(node, mayEvict, env.now());
    JsonNode present = node.at("spec", "taints");
    if (wanted.equals(present) || (wanted.isEmpty() && present.isEmpty())) {
      return Uni.createFrom().item(node);
    }
    Patch patch =
        Patch.merge(tree -> {
          tree.putObject("metadata").put("resourceVersion", node.resourceVersion());
          tree.putObject("spec").set("taints", wanted.isEmpty() ? Json.NODES.nullNode() : wanted);
        });
    Uni<KubeObject> patched = env.client().patch(Resources.NODES, "", node.name(), patch);
    return begins
        ? patched
            .invoke(() ->
                env.registry()
                    .counter("node_collector_evictions_total", "zone", NodeTaints.zone(node))
                    .increment())
            .onFailure()
            .invoke(() -> zones.giveBack(node.name()))
        : patched;
  }

  /** Pods of a node that is not ready are not ready either, so that Services leave them out. */
  private Uni<Void> tellPods(KubeObject node) {
    if (Conditions.isTrue(node, "Ready") || Conditions.find(node, "Ready").isMissingNode()) {
      return Uni.createFrom().voidItem();
    }
    List<KubeObject> ready =
        pods.byIndex(Informer.BY_NODE, node.name()).stream().filter(Pods::isReady).toList();
    return Concurrent.forEach(ready, this::tellPod);
  }

  private Uni<Void> tellPod(KubeObject pod) {
    Patch patch =
        Patch.strategic(tree -> {
          ObjectNode ready = tree.putObject("status").putArray("conditions").addObject();
          ready.put("type", "Ready").put("status", "False");
          ready.put("lastTransitionTime", Timestamps.time(env.now()));
        });
    events.warning(pod, "NodeNotReady", "Node is not ready");
    return env.client()
        .patch(Resources.PODS, pod.namespace(), pod.name(), patch, "status", WriteOptions.NONE)
        .replaceWithVoid()
        .onFailure(StatusException::isNotFound)
        .recoverWithNull();
  }
}
