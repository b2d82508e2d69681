package dev.coracle.kubelet.internal.node;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.client.Informer;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.InformerOptions;
import dev.coracle.kubelet.internal.host.Timers;

/**
 * What others say of this node: its range of pod addresses, its taints, its extended resources, and
 * that it is lost.
 */
public final class OwnNode {
  private OwnNode() {}

  /** Tells the manager of the Node's status whenever the control plane has changed the Node. */
  public static void follow(
      InformerFactory informers, String name, Timers timers, NodeStatusManager node) {
    informers
        .informer(
            Resources.NODES,
            InformerOptions.ALL.withFields(FieldSelector.equalTo("metadata.name", name)))
        .addHandler(
            new Informer.Handler() {
              @Override
              public void added(KubeObject now) {
                timers.execute(() -> node.seen(now));
              }

              @Override
              public void updated(KubeObject before, KubeObject now) {
                boolean told =
                    !PodRanges.of(before).equals(PodRanges.of(now))
                        || !before.at("status", "conditions").equals(now.at("status", "conditions"))
                        || !before.at("status", "capacity").equals(now.at("status", "capacity"));
                if (told
                    || !before.at("spec").equals(now.at("spec"))
                    || !before.labels().equals(now.labels())) {
                  timers.execute(() -> {
                    node.learn(now);
                    if (told) {
                      node.seen(now);
                    }
                  });
                }
              }
            });
  }
}
