package dev.coracle.apiserver.internal.authz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.authn.AnswerCache;
import dev.coracle.apiserver.internal.http.RemoteJson;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a service, with a SubjectAccessReview of authorization.k8s.io/v1, about what no other
 * authorizer decides. {@link #decide} knows only what was answered lately; {@link #ask} asks. When
 * the service does not answer there is no opinion.
 */
public final class WebhookAuthorizer implements Authorizer {

  private static final Logger LOG = LoggerFactory.getLogger(WebhookAuthorizer.class);

  private final RemoteJson remote;
  private final Duration authorizedTtl;
  private final Duration unauthorizedTtl;
  private final AnswerCache<Attributes, Decision> cache;

  public WebhookAuthorizer(
      RemoteJson remote, Duration authorizedTtl, Duration unauthorizedTtl, Clock clock) {
    this.remote = remote;
    this.authorizedTtl = authorizedTtl;
    this.unauthorizedTtl = unauthorizedTtl;
    this.cache = new AnswerCache<>(clock);
  }

  @Override
  public Decision decide(Attributes attributes) {
    return cache.get(attributes).orElse(Decision.NO_OPINION);
  }

  public Uni<Decision> ask(Attributes attributes) {
    return cache
        .get(attributes)
        .map(known -> Uni.createFrom().item(known))
        .orElseGet(() ->
            Uni.createFrom()
                .completionStage(() -> remote.post(review(attributes)).toCompletionStage())
                .map(answer -> decision(answer.path("status")))
                .invoke(
                    d -> cache.put(attributes, d, d.allowed() ? authorizedTtl : unauthorizedTtl))
                .onFailure()
                .invoke(e ->
                    LOG.atWarn()
                        .addKeyValue("cause", e.getMessage())
                        .log("The authorization webhook does not answer"))
                .onFailure()
                .recoverWithItem(Decision.NO_OPINION));
  }

  private static Decision decision(JsonNode status) {
    String reason = status.path("reason").asText("");
    if (status.path("allowed").asBoolean(false)) {
      return Decision.allow(reason);
    }
    return new Decision(
        status.path("denied").asBoolean(false) ? Verdict.DENY : Verdict.NO_OPINION, reason);
  }

  private static ObjectNode review(Attributes a) {
    ObjectNode out =
        Json.object()
            .put("apiVersion", "authorization.k8s.io/v1")
            .put("kind", "SubjectAccessReview");
    ObjectNode spec = out.putObject("spec");
    UserInfo user = a.user();
    spec.put("user", user.name()).put("uid", user.uid());
    user.groups().forEach(spec.putArray("groups")::add);
    ObjectNode extra = spec.putObject("extra");
    user.extra().forEach((k, values) -> values.forEach(extra.withArrayProperty(k)::add));
    if (a.resourceRequest()) {
      spec.putObject("resourceAttributes")
          .put("namespace", a.namespace())
          .put("verb", a.verb())
          .put("group", a.group())
          .put("version", a.version())
          .put("resource", a.resource())
          .put("subresource", a.subresource())
          .put("name", a.name());
    } else {
      spec.putObject("nonResourceAttributes").put("path", a.path()).put("verb", a.verb());
    }
    return out;
  }
}
