package dev.coracle.apiserver.internal;

import dev.coracle.apiserver.internal.admission.AdmissionConfig;
import dev.coracle.apiserver.internal.admission.AdmissionPlugins;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.crd.Converters;
import dev.coracle.apiserver.internal.policy.ExpressionsFirst;
import dev.coracle.apiserver.internal.policy.Policies;
import dev.coracle.apiserver.internal.registry.LiveCache;
import dev.coracle.apiserver.internal.registry.Registry;
import dev.coracle.apiserver.internal.webhook.Matching;
import dev.coracle.apiserver.internal.webhook.MutatingWebhooks;
import dev.coracle.apiserver.internal.webhook.ServiceResolver;
import dev.coracle.apiserver.internal.webhook.ValidatingWebhooks;
import dev.coracle.apiserver.internal.webhook.WebhookCalls;
import dev.coracle.apiserver.internal.webhook.WebhookClient;
import dev.coracle.apiserver.internal.webhook.WebhookConfigurations;
import dev.coracle.apiserver.internal.webhook.WebhookCredentials;
import dev.coracle.tracing.Tracing;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.util.function.Supplier;

/** The parts of the server that do what users have registered: webhooks and policies. */
final class Extensions {

  private final WebhookClient client;
  private final WebhookConfigurations mutating;
  private final WebhookConfigurations validating;
  private final Policies policies;
  private final Converters converters;
  private final AdmissionPlugins.Extensions plugins;

  Extensions(
      Vertx vertx,
      ResourceStore store,
      LiveCache namespaces,
      Supplier<Registry> registry,
      Authorizer authorizer,
      AdmissionConfig config,
      ApiServerMetrics metrics,
      Tracing tracing) {
    client = new WebhookClient(vertx, new ServiceResolver(store));
    converters = new Converters(client, metrics);
    mutating =
        new WebhookConfigurations(
            vertx,
            store,
            "mutatingwebhookconfigurations",
            WebhookCredentials.read(config.mutatingWebhooks()));
    validating =
        new WebhookConfigurations(
            vertx,
            store,
            "validatingwebhookconfigurations",
            WebhookCredentials.read(config.validatingWebhooks()));
    Matching matching = new Matching(registry, namespaces, store);
    WebhookCalls calls = new WebhookCalls(matching, client, metrics, tracing, authorizer);
    policies = new Policies(vertx, store, matching, registry, authorizer, metrics);
    plugins =
        new AdmissionPlugins.Extensions(
            new ExpressionsFirst(
                vertx,
                () -> policies.any() || mutating.anyConditions() || validating.anyConditions()),
            policies.mutating(),
            new MutatingWebhooks(mutating, calls),
            policies.validating(),
            new ValidatingWebhooks(validating, calls));
  }

  AdmissionPlugins.Extensions plugins() {
    return plugins;
  }

  Converters converters() {
    return converters;
  }

  Uni<Void> start() {
    return mutating.start().chain(validating::start).chain(policies::start);
  }

  void stop() {
    mutating.stop();
    validating.stop();
    policies.stop();
    client.close();
  }
}
