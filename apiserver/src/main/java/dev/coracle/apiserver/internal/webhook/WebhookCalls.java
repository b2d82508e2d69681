package dev.coracle.apiserver.internal.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.validation.NameRules;
import dev.coracle.apiserver.internal.ApiServerMetrics;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.policy.AdmissionVariables;
import dev.coracle.apiserver.internal.policy.MatchConditions;
import dev.coracle.cel.CelFailure;
import dev.coracle.tracing.Tracing;
import io.opentelemetry.api.trace.Span;
import io.smallrye.mutiny.Uni;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What calls of mutating and of validating webhooks have in common. */
public final class WebhookCalls {

  private static final Logger LOG = LoggerFactory.getLogger(WebhookCalls.class);

  private final Matching matching;
  private final WebhookClient client;
  private final ApiServerMetrics metrics;
  private final Tracing tracing;
  private final Authorizer authorizer;

  public WebhookCalls(
      Matching matching,
      WebhookClient client,
      ApiServerMetrics metrics,
      Tracing tracing,
      Authorizer authorizer) {
    this.matching = matching;
    this.tracing = tracing;
    this.authorizer = authorizer;
    this.client = client;
    this.metrics = metrics;
  }

  Matching matching() {
    return matching;
  }

  /** In which version this webhook would be asked, if its conditions hold; null not to ask it. */
  @Nullable Target target(Webhook hook, AdmissionRequest request, Optional<KubeObject> namespace) {
    if (!Matching.namespaceMatches(hook.namespaceSelector(), namespace)
        || !Matching.objectMatches(hook.objectSelector(), request)) {
      return null;
    }
    return matching.target(hook.rules(), hook.equivalent(), request);
  }

  /** Evaluated last, since they cost most; of a request that is ready to be shown. */
  boolean conditionsHold(Webhook hook, AdmissionRequest request, Target target) {
    MatchConditions conditions = hook.conditions();
    if (conditions == null) {
      return true;
    }
    try {
      return conditions.match(AdmissionVariables.values(request, target, authorizer));
    } catch (CelFailure e) {
      if (hook.ignoresFailure()) {
        return false;
      }
      throw StatusException.forbidden(request.resource(), request.objectName(), e.words());
    }
  }

  /**
   * The checked response of a webhook that allows the request. Fails with its refusal, or with a
   * failed call where those are not ignored; gives nothing where they are.
   */
  Uni<Optional<JsonNode>> call(
      Webhook hook, AdmissionRequest request, Target target, boolean mutating) {
    if (!hook.dryRunSafe() && (request.call().dryRun() || AdmissionReview.dryDelete(request))) {
      return Uni.createFrom().failure(Verdicts.noDryRun(hook.name()));
    }
    String uid = UUID.randomUUID().toString();
    ObjectNode review = AdmissionReview.request(request, target, hook.reviewVersion(), uid);
    String type = mutating ? "admit" : "validating";
    String operation = request.operation().name();
    Span span = span(hook, request, uid, mutating);
    long began = System.nanoTime();
    return client
        .post(
            hook.client(),
            review,
            AnswerReader.admission(hook.reviewVersion()),
            Math.max(1, request.call().time().millisLeft(hook.timeoutSeconds() * 1000L)),
            request.call().trace().with(span))
        .onTermination()
        .invoke(() -> {
          span.end();
          took(request, mutating, System.nanoTime() - began);
        })
        .onFailure(WebhookClient.CallFailed.class)
        .transform(f -> ((WebhookClient.CallFailed) f).when("failed to call webhook: "))
        .map(answer -> AdmissionReview.response(answer, hook.reviewVersion(), uid, mutating))
        .map(response -> {
          note(hook, request, response);
          boolean allowed = response.path("allowed").asBoolean(false);
          if (allowed && mutating) {
            Patching.check(response);
          }
          StatusException denied =
              allowed ? null : Verdicts.denied(hook.name(), response.path("status"));
          int code = denied == null ? 200 : denied.status().code();
          metrics.webhook(hook.name(), type, operation, !allowed, code, System.nanoTime() - began);
          if (denied != null) {
            metrics.webhookRejection(hook.name(), type, operation, "no_error", code);
            throw denied;
          }
          return Optional.of(response);
        })
        .onFailure(WebhookClient.CallFailed.class)
        .recoverWithUni(failure -> {
          metrics.webhook(
              hook.name(),
              type,
              operation,
              !hook.ignoresFailure(),
              ((WebhookClient.CallFailed) failure).code(),
              System.nanoTime() - began);
          return failedCall(hook, (WebhookClient.CallFailed) failure, type, operation);
        });
  }

  private static void took(AdmissionRequest request, boolean mutating, long nanos) {
    if (mutating) {
      request.call().time().waited(nanos);
    } else {
      request.call().time().waitedBeside(nanos);
    }
  }

  private Span span(Webhook hook, AdmissionRequest request, String uid, boolean mutating) {
    Span span =
        tracing
            .tracer()
            .spanBuilder(mutating ? "Call mutating webhook" : "Call validating webhook")
            .setParent(request.call().trace())
            .startSpan();
    if (span.isRecording()) {
      span.setAttribute("configuration", hook.configuration());
      span.setAttribute("webhook", hook.name());
      span.setAttribute("resource", request.call().type().resource().toString());
      span.setAttribute("subresource", request.call().subresource());
      span.setAttribute("operation", request.operation().name());
      span.setAttribute("UID", uid);
    }
    return span;
  }

  private Uni<Optional<JsonNode>> failedCall(
      Webhook hook, WebhookClient.CallFailed failure, String type, String operation) {
    LOG.atWarn()
        .setMessage("failed calling webhook")
        .addKeyValue("webhook", hook.name())
        .addKeyValue("failing", hook.ignoresFailure() ? "open" : "closed")
        .addKeyValue("why", failure.getMessage())
        .log();
    if (hook.ignoresFailure()) {
      metrics.webhookFailOpen(hook.name(), type);
      return Uni.createFrom().item(Optional.empty());
    }
    metrics.webhookRejection(hook.name(), type, operation, "calling_webhook_error", failure.code());
    return Uni.createFrom().failure(Verdicts.failed(hook.name(), failure));
  }

  private static void note(Webhook hook, AdmissionRequest request, JsonNode response) {
    for (JsonNode warning : response.path("warnings")) {
      if (!warning.isNull()) {
        request.call().warnings().add(warning.asText(""));
      }
    }
    for (var e : response.path("auditAnnotations").properties()) {
      String key = hook.name() + "/" + e.getKey();
      if (NameRules.qualifiedName(key).isEmpty()) {
        request.annotate(key, e.getValue().asText(""));
      }
    }
  }
}
