package dev.coracle.proxy;

import dev.coracle.api.Component;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.client.Client;
import dev.coracle.client.Informer;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.SerialContext;
import dev.coracle.proxy.config.OverlayOptions;
import dev.coracle.proxy.internal.overlay.OverlaySync;
import io.vertx.core.Vertx;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * The built-in network between the pods of different nodes. There is no device while this node is
 * the only one; what it put into the kernel is removed when it stops.
 */
public final class PodOverlay implements Component {

  private final InformerFactory informers;
  private final OverlaySync sync;

  public PodOverlay(Vertx vertx, Client client, OverlayOptions options) {
    SerialContext context = SerialContext.of(vertx);
    this.informers = new InformerFactory(context, client);
    Informer nodes = informers.informer(Resources.NODES);
    this.sync = new OverlaySync(context, options);
    nodes.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject node) {
            sync.node(node);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (!before.at("spec", "podCIDR").equals(now.at("spec", "podCIDR"))
                || !before.at("spec", "podCIDRs").equals(now.at("spec", "podCIDRs"))
                || !before.at("status", "addresses").equals(now.at("status", "addresses"))) {
              sync.node(now);
            }
          }

          @Override
          public void deleted(KubeObject last) {
            sync.gone(last);
          }
        });
  }

  @Override
  public String name() {
    return "pod-overlay";
  }

  @Override
  public CompletionStage<Void> start() {
    return informers.start().subscribeAsCompletionStage();
  }

  @Override
  public CompletionStage<Void> stop() {
    return informers.stop().chain(sync::stop).subscribeAsCompletionStage();
  }

  @Override
  public Optional<String> unhealthy() {
    return sync.problem();
  }
}
