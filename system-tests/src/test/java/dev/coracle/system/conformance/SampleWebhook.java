package dev.coracle.system.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * A program for a pod, as {@link NetProbe} is: an HTTPS server that answers reviews of admission
 * and of conversion at the paths and in the words of Kubernetes' own sample. Its certificate and
 * key are in the environment, as {@code TLS_CRT} and {@code TLS_KEY}.
 */
final class SampleWebhook {

  static final String KEY = "webhook-e2e-test";
  static final String DISALLOWED = "webhook-disallow";
  static final String SLOW = "/always-allow-delay-5s";

  /** What each path makes of the {@code request} of a review. */
  private static final Map<String, Function<JsonNode, ObjectNode>> ANSWERS =
      Map.ofEntries(
          Map.entry("/always-deny", _ -> denied("this webhook denies all requests")),
          Map.entry(SLOW, _ -> allowed()),
          Map.entry("/pods", SampleWebhook::pods),
          Map.entry("/pods/attach", SampleWebhook::attach),
          Map.entry("/configmaps", SampleWebhook::configMaps),
          Map.entry("/mutating-configmaps", SampleWebhook::stages),
          Map.entry("/mutating-pods", SampleWebhook::initContainer),
          Map.entry("/custom-resource", SampleWebhook::customResource),
          Map.entry("/mutating-custom-resource", SampleWebhook::stages),
          Map.entry("/crd", SampleWebhook::definition),
          Map.entry("/add-label", SampleWebhook::label),
          Map.entry("/crdconvert", SampleWebhook::convert));

  private SampleWebhook() {}

  public static void main(String[] args) {
    PemKeyCertOptions identity =
        new PemKeyCertOptions()
            .addCertValue(Buffer.buffer(System.getenv("TLS_CRT")))
            .addKeyValue(Buffer.buffer(System.getenv("TLS_KEY")));
    Vertx.vertx()
        .createHttpServer(new HttpServerOptions().setSsl(true).setKeyCertOptions(identity))
        .requestHandler(SampleWebhook::handle)
        .listen(Integer.parseInt(args[0]))
        .toCompletionStage()
        .toCompletableFuture()
        .join();
  }

  private static void handle(HttpServerRequest request) {
    if (request.path().equals("/readyz")) {
      request.response().end("ok");
      return;
    }
    Function<JsonNode, ObjectNode> answer = ANSWERS.get(request.path());
    if (answer == null) {
      request.response().setStatusCode(404).end();
      return;
    }
    Future<?> begun =
        request.path().equals(SLOW)
            ? Vertx.currentContext().owner().timer(5, TimeUnit.SECONDS)
            : Future.succeededFuture();
    request.body().onSuccess(body -> begun.onSuccess(_ -> reply(request, answer, body)));
  }

  private static void reply(
      HttpServerRequest request, Function<JsonNode, ObjectNode> answer, Buffer body) {
    JsonNode review = Json.parse(body.getBytes());
    ObjectNode response = answer.apply(review.path("request"));
    if (response.has("never")) {
      return;
    }
    response.set("uid", review.at("/request/uid"));
    ObjectNode out = Json.object();
    out.set("apiVersion", review.path("apiVersion"));
    out.set("kind", review.path("kind"));
    out.set("response", response);
    request.response().putHeader("Content-Type", "application/json");
    request.response().end(Buffer.buffer(Json.bytes(out)));
  }

  private static ObjectNode allowed() {
    return Json.object().put("allowed", true);
  }

  private static ObjectNode denied(String message) {
    ObjectNode out = Json.object().put("allowed", false);
    out.putObject("status").put("message", message);
    return out;
  }

  private static ObjectNode patched(String patch) {
    return allowed()
        .put("patchType", "JSONPatch")
        .put("patch", Base64.getEncoder().encodeToString(patch.getBytes(StandardCharsets.UTF_8)));
  }

  private static ObjectNode pods(JsonNode asked) {
    JsonNode label = asked.at("/object/metadata/labels/" + KEY);
    if (label.asText().equals("wait-forever")) {
      return Json.object().put("never", true);
    }
    List<String> reasons = new ArrayList<>();
    for (JsonNode container : asked.at("/object/spec/containers")) {
      if (container.path("name").asText().contains(DISALLOWED)) {
        reasons.add("the pod contains unwanted container name");
      }
    }
    if (label.asText().equals(DISALLOWED)) {
      reasons.add("the pod contains unwanted label");
    }
    return reasons.isEmpty() ? allowed() : denied(String.join("; ", reasons));
  }

  private static ObjectNode attach(JsonNode asked) {
    return asked.path("name").asText().equals("to-be-attached-pod")
            && asked.at("/object/container").asText().equals("container1")
        ? denied("attaching to pod 'to-be-attached-pod' is not allowed")
        : allowed();
  }

  private static ObjectNode configMaps(JsonNode asked) {
    return asked.at("/object/data/" + KEY).asText().equals(DISALLOWED)
        ? denied("the configmap contains unwanted key and value")
        : allowed();
  }

  /** Adds the next stage of those that are reached one after the other. */
  private static ObjectNode stages(JsonNode asked) {
    JsonNode data = asked.at("/object/data");
    String add = "[{\"op\": \"add\", \"path\": \"/data/mutation-stage-%d\", \"value\": \"yes\"}]";
    if (data.path("mutation-stage-1").asText().equals("yes")) {
      return patched(add.formatted(2));
    }
    return data.path("mutation-start").asText().equals("yes")
        ? patched(add.formatted(1))
        : allowed();
  }

  private static ObjectNode initContainer(JsonNode asked) {
    return asked.at("/object/metadata/name").asText().equals("webhook-to-be-mutated")
        ? patched(
            """
            [{"op": "add", "path": "/spec/initContainers", "value": [
              {"image": "webhook-added-image", "name": "webhook-added-init-container", "resources": {}}]}]
            """)
        : allowed();
  }

  private static ObjectNode customResource(JsonNode asked) {
    if (asked.at("/object/data/" + KEY).asText().equals(DISALLOWED)) {
      return denied("the custom resource contains unwanted data");
    }
    return asked.path("operation").asText().equals("DELETE")
            && asked.at("/oldObject/data/" + KEY).asText().equals("webhook-nondeletable")
        ? denied("the custom resource cannot be deleted because it contains unwanted key and value")
        : allowed();
  }

  private static ObjectNode definition(JsonNode asked) {
    return asked.at("/object/metadata/labels/" + KEY).asText().equals(DISALLOWED)
        ? denied("the crd contains unwanted label")
        : allowed();
  }

  private static ObjectNode label(JsonNode asked) {
    return patched(
        asked.at("/object/metadata/labels").isMissingNode()
            ? "[{\"op\": \"add\", \"path\": \"/metadata/labels\", \"value\": {\"added-label\":"
                + " \"yes\"}}]"
            : "[{\"op\": \"add\", \"path\": \"/metadata/labels/added-label\", \"value\": \"yes\"}]");
  }

  /** Between a v1 with {@code hostPort} and a v2 with {@code host} and {@code port}. */
  private static ObjectNode convert(JsonNode asked) {
    String desired = asked.path("desiredAPIVersion").asText();
    ObjectNode out = Json.object();
    out.putObject("result").put("status", "Success");
    ArrayNode converted = out.putArray("convertedObjects");
    for (JsonNode object : asked.path("objects")) {
      ObjectNode copy = object.deepCopy();
      copy.put("apiVersion", desired);
      if (desired.endsWith("/v2") && copy.has("hostPort")) {
        String[] parts = copy.remove("hostPort").asText().split(":", 2);
        copy.put("host", parts[0]).put("port", parts[1]);
      } else if (desired.endsWith("/v1") && copy.has("host")) {
        String host = copy.remove("host").asText();
        copy.put("hostPort", host + ":" + copy.remove("port").asText());
      }
      converted.add(copy);
    }
    return out;
  }
}
