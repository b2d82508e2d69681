package dev.coracle.apiserver.internal.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.apiserver.internal.registry.LateConversion;
import dev.coracle.apiserver.internal.webhook.ClientConfig;
import dev.coracle.apiserver.internal.webhook.WebhookClient;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Asks a webhook to convert objects of a custom resource (Kubernetes docs, "Versions in
 * CustomResourceDefinitions"). Of the metadata, a webhook may change labels and annotations only.
 */
final class ConversionWebhook implements LateConversion {

  private static final int SECONDS = 30;

  private final WebhookClient client;
  private final ClientConfig config;
  private final String version;

  ConversionWebhook(WebhookClient client, JsonNode webhook) {
    this.client = client;
    this.config = ClientConfig.of(webhook.path("clientConfig"));
    String known = "v1";
    for (JsonNode v : webhook.path("conversionReviewVersions")) {
      if (v.asText().equals("v1") || v.asText().equals("v1beta1")) {
        known = v.asText();
        break;
      }
    }
    this.version = known;
  }

  @Override
  public Uni<List<KubeObject>> convert(List<KubeObject> objects, GroupVersionKind to) {
    String uid = UUID.randomUUID().toString();
    ObjectNode review = Json.object();
    review.put("kind", "ConversionReview").put("apiVersion", "apiextensions.k8s.io/" + version);
    ObjectNode request = review.putObject("request");
    request.put("uid", uid).put("desiredAPIVersion", to.apiVersion());
    ArrayNode list = request.putArray("objects");
    objects.forEach(o -> list.add(o.tree()));
    GroupVersionKind from = objects.getFirst().gvk();
    return client
        .post(config, review, SECONDS)
        .map(answer -> read(objects, to, uid, answer.path("response")))
        .onFailure(f -> !(f instanceof StatusException))
        .transform(f -> failed(from, String.valueOf(f.getMessage())));
  }

  private static StatusException failed(GroupVersionKind from, String why) {
    return StatusException.of(
        StatusReason.UNKNOWN, "conversion webhook for " + from + " failed: " + why);
  }

  private static List<KubeObject> read(
      List<KubeObject> objects, GroupVersionKind to, String uid, JsonNode response) {
    GroupVersionKind from = objects.getFirst().gvk();
    if (!response.path("uid").asText("").equals(uid)) {
      throw failed(
          from,
          "expected response.uid=\"" + uid + "\", got \"" + response.path("uid").asText("") + "\"");
    }
    JsonNode result = response.path("result");
    if (!result.path("status").asText("").equals("Success")) {
      String message = result.path("message").asText("");
      throw failed(from, message.isEmpty() ? "response.result.status was not Success" : message);
    }
    JsonNode converted = response.path("convertedObjects");
    if (converted.size() != objects.size()) {
      throw StatusException.of(
          StatusReason.UNKNOWN,
          "conversion webhook for "
              + from
              + " returned "
              + converted.size()
              + " objects, expected "
              + objects.size());
    }
    List<KubeObject> out = new ArrayList<>();
    for (int i = 0; i < objects.size(); i++) {
      out.add(checked(objects.get(i), converted.path(i), to, i));
    }
    return out;
  }

  private static KubeObject checked(
      KubeObject before, JsonNode converted, GroupVersionKind to, int index) {
    String words =
        "conversion webhook for "
            + before.gvk()
            + " returned invalid converted object at index "
            + index
            + ": ";
    if (!(converted instanceof ObjectNode object)
        || !object.path("apiVersion").asText("").equals(to.apiVersion())
        || !object.path("kind").asText("").equals(to.kind())) {
      throw StatusException.of(StatusReason.UNKNOWN, words + "invalid groupVersion or kind");
    }
    ObjectNode out = object.deepCopy();
    ObjectNode metadata = before.metadata().deepCopy();
    JsonNode theirs = out.path("metadata");
    for (String field : new String[] {"name", "namespace", "uid"}) {
      if (!theirs.path(field).asText("").equals(metadata.path(field).asText(""))) {
        throw StatusException.of(
            StatusReason.UNKNOWN, words + "metadata." + field + " must not be changed");
      }
    }
    for (String field : new String[] {"labels", "annotations"}) {
      metadata.remove(field);
      if (theirs.path(field).isObject()) {
        metadata.set(field, theirs.get(field));
      }
    }
    out.set("metadata", metadata);
    return KubeObject.of(out);
  }
}
