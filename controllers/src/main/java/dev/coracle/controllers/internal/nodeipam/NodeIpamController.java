package dev.coracle.controllers.internal.nodeipam;

import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.Patch;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import io.smallrye.mutiny.Uni;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/** Gives every node a range of its own for its pods, {@code spec.podCIDR}, and takes it back. */
public final class NodeIpamController extends LoopController {

  private final Lister nodes;
  private final Ipv4Ranges ranges;

  /** The ranges in use, each by the node that has it; also those given and not shown yet. */
  private final Map<Integer, String> taken = new HashMap<>();

  public NodeIpamController(Environment env) {
    super("node-ipam-controller", "cidrAllocator", env);
    Informer informer = env.informer(Resources.NODES);
    this.nodes = informer.lister();
    this.ranges = new Ipv4Ranges(env.options().podCidr(), env.options().nodeCidrMaskSize());
    if (env.options().podCidr().isEmpty()) {
      return;
    }
    informer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject node) {
            occupy(node);
            loop.enqueue(node);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            occupy(now);
            if (now.text("spec", "podCIDR").isEmpty()) {
              loop.enqueue(now);
            }
          }

          @Override
          public void deleted(KubeObject last) {
            taken.values().removeIf(last.name()::equals);
          }
        });
  }

  private void occupy(KubeObject node) {
    ranges
        .indexOf(node.text("spec", "podCIDR"))
        .ifPresent(index -> taken.putIfAbsent(index, node.name()));
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject node = nodes.get("", name.name()).orElse(null);
    if (node == null || node.isDeleting() || !node.text("spec", "podCIDR").isEmpty()) {
      return DONE;
    }
    OptionalInt free = choose(node.name());
    if (free.isEmpty()) {
      events.warning(
          node, "CIDRNotAvailable", "Node " + node.name() + " status is now: CIDRNotAvailable");
      return Uni.createFrom()
          .failure(new IllegalStateException("no pod range is left for node " + node.name()));
    }
    taken.put(free.getAsInt(), node.name());
    String range = ranges.get(free.getAsInt());
    Patch patch =
        Patch.merge(tree -> {
          tree.putObject("spec").put("podCIDR", range).putArray("podCIDRs").add(range);
        });
    return env.client()
        .patch(Resources.NODES, "", node.name(), patch)
        .replaceWith(Result.DONE)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
  }

  private OptionalInt choose(String node) {
    for (Map.Entry<Integer, String> entry : taken.entrySet()) {
      if (entry.getValue().equals(node)) {
        return OptionalInt.of(entry.getKey());
      }
    }
    for (int i = 0; i < ranges.size(); i++) {
      if (!taken.containsKey(i)) {
        return OptionalInt.of(i);
      }
    }
    return OptionalInt.empty();
  }
}
