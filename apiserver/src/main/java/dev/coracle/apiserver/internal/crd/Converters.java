package dev.coracle.apiserver.internal.crd;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.schema.CustomResources;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.apiserver.internal.ApiServerMetrics;
import dev.coracle.apiserver.internal.registry.LateConversion;
import dev.coracle.apiserver.internal.webhook.WebhookClient;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** What is known of all versions of custom resources: their schemas, and who converts them. */
public final class Converters {

  private final WebhookClient client;
  private final ApiServerMetrics metrics;
  private final Map<GroupResource, LateConversion> webhooks = new ConcurrentHashMap<>();
  private final Map<GroupResource, Map<String, SchemaType>> schemas = new ConcurrentHashMap<>();

  public Converters(WebhookClient client, ApiServerMetrics metrics) {
    this.client = client;
    this.metrics = metrics;
  }

  public Optional<LateConversion> of(GroupResource resource) {
    return Optional.ofNullable(webhooks.get(resource));
  }

  /** By version; empty for what is no custom resource. */
  public Map<String, SchemaType> schemas(GroupResource resource) {
    return schemas.getOrDefault(resource, Map.of());
  }

  /** To be called before the definition's resources are served anew. */
  void set(GroupResource resource, KubeObject definition) {
    schemas.put(resource, CustomResources.schemas(definition.tree()));
    JsonNode conversion = definition.at("spec", "conversion");
    if (conversion.path("strategy").asText("").equals("Webhook")) {
      String name = resource.resource() + "." + resource.group();
      webhooks.put(
          resource, new ConversionWebhook(client, name, conversion.path("webhook"), metrics));
    } else {
      webhooks.remove(resource);
    }
  }

  void forget(GroupResource resource) {
    webhooks.remove(resource);
    schemas.remove(resource);
  }
}
