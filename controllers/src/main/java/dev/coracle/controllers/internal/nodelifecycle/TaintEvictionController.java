package dev.coracle.controllers.internal.nodelifecycle;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.selector.Toleration;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.pods.Disruption;
import dev.coracle.controllers.internal.pods.EvictionMetrics;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Evicts pods from nodes with {@code NoExecute} taints: at once when they do not tolerate them,
 * after the shortest {@code tolerationSeconds} otherwise.
 */
public final class TaintEvictionController extends LoopController {

  private static final Disruption DISRUPTION =
      new Disruption("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint");
  private static final String[][] MATTERS = {{"spec", "nodeName"}, {"spec", "tolerations"}};

  private final EvictionMetrics metrics;
  private final Lister nodes;
  private final Lister pods;

  /** Since when a pod, by its uid, has stood on a node with such taints. */
  private final Map<String, Instant> since = new HashMap<>();

  public TaintEvictionController(Environment env) {
    super("taint-eviction-controller", env);
    this.metrics = new EvictionMetrics(env.registry(), "taint_eviction_controller");
    Informer nodeInformer = env.informer(Resources.NODES);
    Informer podInformer = env.informer(Resources.PODS).addIndex(Informer.BY_NODE);
    this.nodes = nodeInformer.lister();
    this.pods = podInformer.lister();
    nodeInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject node) {
            wake(node);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (!before.at("spec", "taints").equals(now.at("spec", "taints"))) {
              wake(now);
            }
          }
        });
    podInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject pod) {
            if (!pod.text("spec", "nodeName").isEmpty()) {
              consider(pod);
            }
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            for (String[] path : MATTERS) {
              if (!before.at(path).equals(now.at(path))) {
                consider(now);
                return;
              }
            }
          }

          @Override
          public void deleted(KubeObject last) {
            since.remove(last.uid());
          }
        });
  }

  private void wake(KubeObject node) {
    pods.byIndex(Informer.BY_NODE, node.name()).forEach(loop::enqueue);
  }

  private void consider(KubeObject pod) {
    boolean tainted =
        nodes.get("", pod.text("spec", "nodeName")).filter(n -> !taints(n).isEmpty()).isPresent();
    if (tainted || since.containsKey(pod.uid())) {
      loop.enqueue(pod);
    }
  }

  private static List<JsonNode> taints(KubeObject node) {
    List<JsonNode> out = new ArrayList<>();
    for (JsonNode taint : node.at("spec", "taints")) {
      if (taint.path("effect").asText().equals("NoExecute")) {
        out.add(taint);
      }
    }
    return out;
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject pod = pods.get(name.namespace(), name.name()).orElse(null);
    if (pod == null || pod.isDeleting()) {
      return DONE;
    }
    List<JsonNode> taints =
        nodes.get("", pod.text("spec", "nodeName")).map(n -> taints(n)).orElse(List.of());
    if (taints.isEmpty()) {
      if (since.remove(pod.uid()) != null) {
        events.normal(pod, "TaintManagerEviction", "Cancelling deletion of Pod " + pod.key());
      }
      return DONE;
    }
    Duration shortest = null;
    for (JsonNode taint : taints) {
      Duration tolerated = tolerated(pod, taint);
      if (shortest == null || tolerated.compareTo(shortest) < 0) {
        shortest = tolerated;
      }
    }
    if (shortest == null || shortest.equals(FOREVER)) {
      since.remove(pod.uid());
      return DONE;
    }
    Instant begun = since.computeIfAbsent(pod.uid(), _ -> env.now());
    Duration left = shortest.minus(Duration.between(begun, env.now()));
    return left.isPositive()
        ? Uni.createFrom().item(Result.requeueAfter(left))
        : evict(pod, begun.plus(shortest));
  }

  private static final Duration FOREVER = Duration.ofDays(36_500);

  /** How long the pod puts up with the taint; zero when not at all. */
  private static Duration tolerated(KubeObject pod, JsonNode taint) {
    Duration longest = Duration.ZERO;
    for (JsonNode t : pod.at("spec", "tolerations")) {
      if (!Toleration.of(t).tolerates(Toleration.Taint.of(taint))) {
        continue;
      }
      JsonNode seconds = t.path("tolerationSeconds");
      Duration time =
          seconds.isNumber() ? Duration.ofSeconds(Math.max(0, seconds.asLong())) : FOREVER;
      // Upstream takes the shortest of those that match one set of taints.
      longest = longest.isZero() || time.compareTo(longest) < 0 ? time : longest;
      if (time.isZero()) {
        return time;
      }
    }
    return longest;
  }

  private Uni<Result> evict(KubeObject pod, Instant due) {
    events.normal(pod, "TaintManagerEviction", "Marking for deletion Pod " + pod.key());
    return DISRUPTION
        .evict(env, pod)
        .invoke(() -> metrics.deleted(due, env.now()))
        .replaceWith(Result.DONE)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
  }
}
