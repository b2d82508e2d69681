package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.internal.authn.AnswerCache;
import dev.coracle.apiserver.internal.http.RemoteJson;
import dev.coracle.apiserver.internal.registry.Backstage;
import io.smallrye.mutiny.Uni;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a service whether a Pod's images may run, with an ImageReview of imagepolicy.k8s.io/v1alpha1
 * (Kubernetes docs, "ImagePolicyWebhook").
 */
public final class ImagePolicyWebhook implements AdmissionPlugin {

  private static final Logger LOG = LoggerFactory.getLogger(ImagePolicyWebhook.class);
  private static final String FAILED_OPEN = "alpha.image-policy.k8s.io/failed-open";
  private static final String AUDIT = "imagepolicywebhook.image-policy.k8s.io/";
  private static final String PART = ".image-policy.k8s.io/";
  private static final int TRIES = 5;
  private static final double JITTER = 0.2;

  /**
   * The configuration.
   *
   * @param kubeconfig of the service
   * @param allowTtl how long its yes is kept
   * @param denyTtl how long its no is kept
   * @param retryBackoff how long it is left alone after a failure, at first
   * @param defaultAllow what holds where it does not answer
   */
  public record Config(
      Path kubeconfig,
      Duration allowTtl,
      Duration denyTtl,
      Duration retryBackoff,
      boolean defaultAllow) {}

  private final Config config;
  private final RemoteJson remote;
  private final AnswerCache<JsonNode, JsonNode> cache;

  ImagePolicyWebhook(Config config, RemoteJson remote, Clock clock) {
    this.config = config;
    this.remote = remote;
    this.cache = new AnswerCache<>(clock);
  }

  @Override
  public String name() {
    return "ImagePolicyWebhook";
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    ObjectNode pod = request.object();
    String subresource = request.call().subresource();
    if (pod == null
        || !request.createsPod()
            && !request.updatesPod()
            && !request.isOfPod("ephemeralcontainers")) {
      return Backstage.DONE;
    }
    ObjectNode spec = spec(request, pod, subresource);
    return cache
        .get(spec)
        .map(known -> Uni.createFrom().item(known))
        .orElseGet(() -> ask(spec))
        .onFailure()
        .recoverWithUni(e -> unanswered(request, pod, e))
        .invoke(status -> check(request, status))
        .replaceWithVoid();
  }

  private static ObjectNode spec(AdmissionRequest request, JsonNode pod, String subresource) {
    ObjectNode spec = Json.object();
    ArrayNode containers = spec.putArray("containers");
    String[] lists =
        subresource.isEmpty()
            ? new String[] {"containers", "initContainers"}
            : new String[] {"ephemeralContainers"};
    for (String list : lists) {
      for (JsonNode container : pod.path("spec").path(list)) {
        containers.addObject().put("image", container.path("image").asText(""));
      }
    }
    ObjectNode annotations = Json.object();
    pod.path("metadata")
        .path("annotations")
        .forEachEntry((key, value) -> {
          if (key.contains(PART)) {
            annotations.set(key, value);
          }
        });
    if (!annotations.isEmpty()) {
      spec.set("annotations", annotations);
    }
    return spec.put("namespace", request.call().namespace());
  }

  private Uni<JsonNode> ask(ObjectNode spec) {
    ObjectNode review =
        Json.object().put("apiVersion", "imagepolicy.k8s.io/v1alpha1").put("kind", "ImageReview");
    review.set("spec", spec);
    Uni<JsonNode> once =
        Uni.createFrom()
            .completionStage(() -> remote.post(review).toCompletionStage())
            .map(answer -> answer.path("status"));
    Uni<JsonNode> again =
        config.retryBackoff.isZero()
            ? once
            : once.onFailure()
                .retry()
                .withBackOff(config.retryBackoff, config.retryBackoff.multipliedBy(TRIES))
                .withJitter(JITTER)
                .atMost(TRIES - 1);
    return again.invoke(status ->
        cache.put(
            spec,
            status,
            status.path("allowed").asBoolean(false) ? config.allowTtl : config.denyTtl));
  }

  private Uni<JsonNode> unanswered(AdmissionRequest request, ObjectNode pod, Throwable why) {
    LOG.atWarn()
        .addKeyValue("cause", why.getMessage())
        .log("The image policy webhook does not answer");
    if (config.defaultAllow) {
      request.annotate(AUDIT + "failed-open", "true");
      pod.withObjectProperty("metadata").withObjectProperty("annotations").put(FAILED_OPEN, "true");
      return Uni.createFrom().item(Json.object().put("allowed", true));
    }
    return Uni.createFrom().failure(Refusal.of(request, String.valueOf(why.getMessage())));
  }

  private static void check(AdmissionRequest request, JsonNode status) {
    status
        .path("auditAnnotations")
        .forEachEntry((key, value) -> request.annotate(AUDIT + key, value.asText("")));
    if (status.path("allowed").asBoolean(false)) {
      return;
    }
    String reason = status.path("reason").asText("");
    throw Refusal.of(
        request,
        reason.isEmpty()
            ? "one or more images rejected by webhook backend"
            : "image policy webhook backend denied one or more images: " + reason);
  }
}
