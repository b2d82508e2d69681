package dev.coracle.apiserver.internal.authz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Aggregate;
import dev.coracle.api.Json;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelRequirement;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.authn.AnswerCache;
import dev.coracle.apiserver.internal.authz.WebhookMeters.Result;
import dev.coracle.apiserver.internal.http.RemoteJson;
import dev.coracle.cel.Budget;
import dev.coracle.cel.CelFailure;
import dev.coracle.cel.CelValues;
import dev.coracle.cel.Expression;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a service with SubjectAccessReviews of authorization.k8s.io. {@link #decide} knows only what
 * was answered lately, and whom the service is not asked about; {@link #ask} asks.
 */
public final class WebhookAuthorizer implements Authorizer {

  private static final Logger LOG = LoggerFactory.getLogger(WebhookAuthorizer.class);
  private static final int LONGEST = 10_000;
  private static final Decision UNASKED = new Decision(Verdict.UNASKED, "");

  private final RemoteJson remote;
  private final WebhookSettings settings;
  private final AnswerCache<Attributes, Decision> cache;
  private final WebhookMeters meters;

  public WebhookAuthorizer(
      RemoteJson remote, WebhookSettings settings, Clock clock, MeterRegistry registry) {
    this.meters = new WebhookMeters(registry, settings.name());
    this.remote = remote;
    this.settings = settings;
    this.cache = new AnswerCache<>(clock);
  }

  @Override
  public String unlisted(UserInfo user) {
    return "webhook authorizer does not support user rule resolution";
  }

  @Override
  public Decision decide(Attributes attributes) {
    return known(attributes).orElse(UNASKED);
  }

  private Optional<Decision> known(Attributes attributes) {
    Optional<Decision> cached = cache.get(attributes);
    return cached.isPresent() ? cached : unconcerned(attributes);
  }

  /** Where a condition does not hold, or could not be evaluated. */
  private Optional<Decision> unconcerned(Attributes attributes) {
    if (settings.conditions().isEmpty()) {
      return Optional.empty();
    }
    long begun = System.nanoTime();
    try {
      return unconcerned(Map.of("request", CelValues.of(spec(attributes, "groups"))));
    } finally {
      meters.conditions(System.nanoTime() - begun);
    }
  }

  private Optional<Decision> unconcerned(Map<String, Object> variables) {
    List<String> errors = new ArrayList<>(0);
    for (Expression condition : settings.conditions()) {
      try {
        if (!condition.test(variables, new Budget())) {
          meters.excluded();
          return Optional.of(Decision.NO_OPINION);
        }
      } catch (CelFailure e) {
        errors.add(
            "cel evaluation error: expression '"
                + condition.text()
                + "' resulted in error: "
                + e.words());
      }
    }
    if (errors.isEmpty()) {
      return Optional.empty();
    }
    meters.conditionsFailed();
    return Optional.of(failed(Aggregate.of(errors)));
  }

  private Decision failed(String why) {
    LOG.atWarn()
        .addKeyValue("webhook", settings.name())
        .addKeyValue("cause", why)
        .log("The authorization webhook gives no answer");
    return new Decision(settings.denyOnFailure() ? Verdict.DENY : Verdict.NO_OPINION, "", why);
  }

  @Override
  public Uni<Decision> ask(Attributes attributes) {
    return known(attributes)
        .map(known -> Uni.createFrom().item(known))
        .orElseGet(() -> Uni.createFrom().deferred(() -> post(attributes)));
  }

  private Uni<Decision> post(Attributes attributes) {
    long begun = System.nanoTime();
    return Uni.createFrom()
        .completionStage(remote.post(review(attributes), settings.timeout()).toCompletionStage())
        .map(answer -> decision(answer.path("status")))
        .invoke(d -> {
          meters.asked(Result.SUCCESS, System.nanoTime() - begun);
          remember(attributes, d);
        })
        .onFailure()
        .recoverWithItem(why -> {
          Result result = why instanceof TimeoutException ? Result.TIMEOUT : Result.ERROR;
          meters.asked(result, System.nanoTime() - begun);
          if (!settings.denyOnFailure()) {
            meters.failedOpen(result);
          }
          return failed(String.valueOf(why.getMessage()));
        });
  }

  /** What is asked at great length is asked anew each time, so that nobody fills the memory. */
  private void remember(Attributes a, Decision decision) {
    int length =
        a.namespace().length()
            + a.verb().length()
            + a.group().length()
            + a.version().length()
            + a.resource().length()
            + a.subresource().length()
            + a.name().length()
            + a.path().length();
    for (FieldSelector.Requirement r : a.fieldSelector().requirements()) {
      length += r.field().length() + r.value().length();
    }
    for (LabelRequirement r : a.labelSelector().requirements()) {
      length += r.key().length() + r.values().stream().mapToInt(String::length).sum();
    }
    if (length < LONGEST) {
      cache.put(
          a, decision, decision.allowed() ? settings.authorizedTtl() : settings.unauthorizedTtl());
    }
  }

  private static Decision decision(JsonNode status) {
    String reason = status.path("reason").asText("");
    boolean allowed = status.path("allowed").asBoolean(false);
    boolean denied = status.path("denied").asBoolean(false);
    if (denied) {
      return new Decision(
          Verdict.DENY,
          reason,
          allowed ? "webhook subject access review returned both allow and deny response" : "");
    }
    return allowed ? Decision.allow(reason) : new Decision(Verdict.NO_OPINION, reason);
  }

  private ObjectNode review(Attributes a) {
    ObjectNode out =
        Json.object()
            .put("apiVersion", "authorization.k8s.io/" + settings.version())
            .put("kind", "SubjectAccessReview");
    // v1beta1 calls the groups by another name.
    out.set("spec", spec(a, settings.version().equals("v1") ? "groups" : "group"));
    return out;
  }

  private static ObjectNode spec(Attributes a, String groups) {
    UserInfo user = a.user();
    ObjectNode spec = Json.object().put("user", user.name()).put("uid", user.uid());
    user.groups().forEach(spec.putArray(groups)::add);
    ObjectNode extra = spec.putObject("extra");
    user.extra().forEach((k, values) -> values.forEach(extra.withArrayProperty(k)::add));
    if (a.resourceRequest()) {
      ObjectNode resource =
          spec.putObject("resourceAttributes")
              .put("namespace", a.namespace())
              .put("verb", a.verb())
              .put("group", a.group())
              .put("version", a.version())
              .put("resource", a.resource())
              .put("subresource", a.subresource())
              .put("name", a.name());
      AskedSelectors.write(a, resource);
    } else {
      spec.putObject("nonResourceAttributes").put("path", a.path()).put("verb", a.verb());
    }
    return spec;
  }
}
