package dev.coracle.scheduler.internal.plugins;

import dev.coracle.api.selector.Toleration.Taint;
import dev.coracle.scheduler.spi.ClusterEvent;
import dev.coracle.scheduler.spi.ClusterView;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;
import java.util.List;

/** NoSchedule and NoExecute taints keep pods away; PreferNoSchedule makes a node worse. */
public final class TaintToleration implements Plugin.Filter, Plugin.Score {

  @Override
  public String name() {
    return "TaintToleration";
  }

  @Override
  public int weight() {
    return 3;
  }

  @Override
  public boolean mayHelp(ClusterEvent event, PodInfo pod) {
    return event.kind() == ClusterEvent.Kind.OWN_POD
        || (event.kind() == ClusterEvent.Kind.NODE
            && event.now() != null
            && pod.untolerated(event.now(), TaintToleration::forbids) == null);
  }

  @Override
  public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
    return node.taints().isEmpty() || pod.untolerated(node.node(), TaintToleration::forbids) == null
        ? Verdict.OK
        : new Verdict.Unresolvable(name(), "node(s) had untolerated taint(s)");
  }

  private static boolean forbids(Taint taint) {
    return taint.effect().equals("NoSchedule") || taint.effect().equals("NoExecute");
  }

  @Override
  public long[] score(CycleState state, PodInfo pod, List<NodeInfo> nodes, ClusterView cluster) {
    long[] bad = new long[nodes.size()];
    boolean differ = false;
    for (int i = 0; i < bad.length; i++) {
      List<Taint> taints = nodes.get(i).taints();
      for (int t = 0; t < taints.size(); t++) { // Without an iterator for each node.
        Taint taint = taints.get(t);
        if (taint.effect().equals("PreferNoSchedule")
            && pod.tolerations().stream().noneMatch(x -> x.tolerates(taint))) {
          bad[i]++;
          differ = true;
        }
      }
    }
    return differ ? Scores.normalised(bad, true) : ALL_THE_SAME;
  }
}
