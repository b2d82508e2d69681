package dev.coracle.apiserver.internal.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.registry.LiveCache;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The webhooks of all configurations of one kind, in the order in which they are called: by the
 * name of the configuration, then as they stand in it. Compiled anew when a configuration changes.
 */
public final class WebhookConfigurations {

  private static final Logger LOG = LoggerFactory.getLogger(WebhookConfigurations.class);

  private final WebhookCredentials credentials;
  private final LiveCache configurations;
  private volatile List<Webhook> webhooks = List.of();

  /**
   * @param resource {@code mutatingwebhookconfigurations} or {@code
   *     validatingwebhookconfigurations}
   * @param credentials what the webhooks are shown; closed with this
   */
  public WebhookConfigurations(
      Vertx vertx, ResourceStore store, String resource, WebhookCredentials credentials) {
    this.credentials = credentials;
    configurations =
        new LiveCache(vertx, store, new GroupResource("admissionregistration.k8s.io", resource))
            .listen((before, now) -> compile());
  }

  public Uni<Void> start() {
    return configurations.start();
  }

  public void stop() {
    configurations.stop();
    credentials.close();
  }

  /** Whether any webhook has conditions. */
  public boolean anyConditions() {
    return webhooks.stream().anyMatch(w -> w.conditions() != null);
  }

  List<Webhook> all() {
    return webhooks;
  }

  private synchronized void compile() {
    List<Webhook> out = new ArrayList<>();
    configurations.all().stream()
        .sorted(Comparator.comparing(KubeObject::name))
        .forEach(c -> {
          for (JsonNode hook : c.at("webhooks")) {
            try {
              out.add(Webhook.of(c, hook, credentials));
            } catch (RuntimeException e) {
              LOG.atWarn()
                  .setMessage("webhook can not be used")
                  .addKeyValue("configuration", c.name())
                  .addKeyValue("why", e.getMessage())
                  .log();
            }
          }
        });
    webhooks = List.copyOf(out);
  }
}
