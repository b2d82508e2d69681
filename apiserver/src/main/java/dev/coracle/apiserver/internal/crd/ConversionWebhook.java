package dev.coracle.apiserver.internal.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.apiserver.internal.ApiServerMetrics;
import dev.coracle.apiserver.internal.registry.LateConversion;
import dev.coracle.apiserver.internal.webhook.AnswerReader;
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

  private static final long MILLIS = 30_000;

  /** Why a conversion failed, in the metrics' words. */
  private enum Fault {
    CALL("conversion_webhook_call_failure"),
    MALFORMED("conversion_webhook_malformed_response_failure"),
    PARTIAL("conversion_webhook_partial_response_failure"),
    INVALID("conversion_webhook_invalid_converted_object_failure");

    final String type;

    Fault(String type) {
      this.type = type;
    }
  }

  private static final class Failed extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final Fault fault;
    final StatusException answer;

    Failed(Fault fault, StatusException answer) {
      super(answer.getMessage(), answer, false, false);
      this.fault = fault;
      this.answer = answer;
    }
  }

  private final WebhookClient client;
  private final String definition;
  private final ApiServerMetrics metrics;
  private final ClientConfig config;
  private final String version;

  /**
   * @param definition the name of the CustomResourceDefinition
   */
  ConversionWebhook(
      WebhookClient client, String definition, JsonNode webhook, ApiServerMetrics metrics) {
    this.client = client;
    this.definition = definition;
    this.metrics = metrics;
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
    long begun = System.nanoTime();
    return client
        .post(config, review, AnswerReader.conversion(version), MILLIS)
        .onFailure()
        .transform(f ->
            f instanceof StatusException said
                ? new Failed(Fault.CALL, said)
                : new Failed(Fault.CALL, failed(from, String.valueOf(f.getMessage()))))
        .map(answer -> read(objects, to, uid, answer))
        .onItemOrFailure()
        .invoke((_, f) ->
            metrics.conversion(
                definition,
                from.version(),
                to.version(),
                f instanceof Failed failed ? failed.fault.type : "",
                System.nanoTime() - begun))
        .onFailure(Failed.class)
        .transform(f -> ((Failed) f).answer);
  }

  private static StatusException failed(GroupVersionKind from, String why) {
    return StatusException.of(
        StatusReason.UNKNOWN, "conversion webhook for " + from + " failed: " + why);
  }

  private List<KubeObject> read(
      List<KubeObject> objects, GroupVersionKind to, String uid, JsonNode answer) {
    GroupVersionKind from = objects.getFirst().gvk();
    JsonNode response = answer.path("response");
    String wrong = wrong(answer, response, uid);
    if (!wrong.isEmpty()) {
      throw new Failed(Fault.MALFORMED, failed(from, wrong));
    }
    JsonNode converted = response.path("convertedObjects");
    if (converted.size() != objects.size()) {
      throw new Failed(
          Fault.PARTIAL,
          StatusException.of(
              StatusReason.UNKNOWN,
              "conversion webhook for "
                  + from
                  + " returned "
                  + converted.size()
                  + " objects, expected "
                  + objects.size()));
    }
    List<KubeObject> out = new ArrayList<>();
    for (int i = 0; i < objects.size(); i++) {
      int index = objects.size() == 1 ? -1 : i;
      try {
        out.add(new ConvertedObject(objects.get(i), index).of(converted.path(i), to));
      } catch (StatusException e) {
        throw new Failed(Fault.INVALID, e);
      }
    }
    return out;
  }

  /** Why the answer is none, else empty; only of v1 is asked that it answers this very review. */
  private String wrong(JsonNode answer, JsonNode response, String uid) {
    if (version.equals("v1")) {
      String apiVersion = answer.path("apiVersion").asText("");
      String kind = answer.path("kind").asText("");
      if (!apiVersion.equals("apiextensions.k8s.io/v1") || !kind.equals("ConversionReview")) {
        return "expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got "
            + AnswerReader.shown(answer);
      }
    }
    if (!response.isObject()) {
      return "no response provided";
    }
    String answered = response.path("uid").asText("");
    if (version.equals("v1") && !answered.equals(uid)) {
      return "expected response.uid=\"" + uid + "\", got \"" + answered + "\"";
    }
    String status = response.path("result").path("status").asText("");
    if (status.equals("Success")) {
      return "";
    }
    String message = response.path("result").path("message").asText("");
    return message.isEmpty()
        ? "response.result.status was '" + status + "', not 'Success'"
        : message;
  }
}
