package dev.coracle.controllers.internal.nodeipam;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.Patch;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.config.ControllerOptions;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives every node ranges of its own for its pods, {@code spec.podCIDRs}, one from each of the
 * cluster's, and takes them back. A node keeps what it has: one that came before the cluster had a
 * second family gets no range of that.
 */
public final class NodeIpamController extends LoopController {

  private final Lister nodes;
  private final List<PodRanges> ranges = new ArrayList<>();

  public NodeIpamController(Environment env) {
    super("node-ipam-controller", "cidrAllocator", env);
    Informer informer = env.informer(Resources.NODES);
    this.nodes = informer.lister();
    ControllerOptions options = env.options();
    for (String cidr : options.podCidrs()) {
      ranges.add(
          new PodRanges(
              cidr,
              cidr.indexOf(':') < 0
                  ? options.nodeCidrMaskSizeIpv4()
                  : options.nodeCidrMaskSizeIpv6(),
              env.registry()));
    }
    if (ranges.isEmpty()) {
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
            ranges.forEach(range -> range.release(last.name()));
          }
        });
  }

  private void occupy(KubeObject node) {
    List<String> cidrs = new ArrayList<>();
    node.at("spec", "podCIDRs").forEach(cidr -> cidrs.add(cidr.asText("")));
    if (cidrs.isEmpty()) {
      cidrs.add(node.text("spec", "podCIDR"));
    }
    for (PodRanges range : ranges) {
      cidrs.forEach(cidr -> range.occupy(cidr, node.name()));
    }
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject node = nodes.get("", name.name()).orElse(null);
    if (node == null || node.isDeleting() || !node.text("spec", "podCIDR").isEmpty()) {
      return DONE;
    }
    List<Integer> free = new ArrayList<>();
    for (PodRanges range : ranges) {
      range.choose(node.name()).ifPresent(free::add);
    }
    if (free.size() < ranges.size()) {
      tell(node, "CIDRNotAvailable");
      return Uni.createFrom()
          .failure(new IllegalStateException("no pod range is left for node " + node.name()));
    }
    List<String> cidrs = new ArrayList<>();
    for (int i = 0; i < free.size(); i++) {
      ranges.get(i).take(free.get(i), node.name());
      cidrs.add(ranges.get(i).get(free.get(i)));
    }
    Patch patch =
        Patch.merge(tree -> {
          ObjectNode spec = tree.putObject("spec").put("podCIDR", cidrs.getFirst());
          ArrayNode list = spec.putArray("podCIDRs");
          cidrs.forEach(list::add);
        });
    return env.client()
        .patch(Resources.NODES, "", node.name(), patch)
        .replaceWith(Result.DONE)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE)
        .onFailure()
        .invoke(() -> tell(node, "CIDRAssignmentFailed"));
  }

  private void tell(KubeObject node, String status) {
    events.normal(node, status, "Node " + node.name() + " status is now: " + status);
  }
}
