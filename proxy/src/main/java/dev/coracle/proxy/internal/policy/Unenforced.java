package dev.coracle.proxy.internal.policy;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.client.Client;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.Informer;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.SerialContext;
import dev.coracle.proxy.ConnectedPod;
import io.smallrye.mutiny.Uni;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells each NetworkPolicy, by an Event, that this node does not enforce it, and why; an owner
 * would else believe to be protected.
 */
public final class Unenforced implements PolicyEngine {

  private static final Logger LOG = LoggerFactory.getLogger(Unenforced.class);
  private static final String REASON = "NotEnforced";

  private final InformerFactory informers;
  private final EventRecorder events;
  private final String message;
  private boolean warned;

  public Unenforced(
      SerialContext context, Client client, EventRecorder events, String nodeName, String why) {
    this.informers = new InformerFactory(context, client);
    this.events = events;
    this.message = "Node " + nodeName + " does not enforce NetworkPolicies: " + why;
    informers
        .informer(Resources.NETWORK_POLICIES)
        .addHandler(
            new Informer.Handler() {
              @Override
              public void added(KubeObject policy) {
                tell(policy);
              }
            });
  }

  private void tell(KubeObject policy) {
    events.warning(policy, REASON, message);
    if (!warned) {
      warned = true;
      LOG.atWarn().addKeyValue("policy", policy.key()).log(message);
    }
  }

  @Override
  public Uni<Void> start() {
    return informers.start();
  }

  @Override
  public Uni<Void> stop() {
    events.stop();
    return informers.stop();
  }

  @Override
  public Uni<Void> connected(ConnectedPod pod) {
    return Uni.createFrom().voidItem();
  }

  @Override
  public void disconnected(String sandboxId) {}

  @Override
  public Optional<String> problem() {
    return Optional.empty();
  }
}
