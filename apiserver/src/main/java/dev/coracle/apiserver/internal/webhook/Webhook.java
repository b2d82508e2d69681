package dev.coracle.apiserver.internal.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.apiserver.internal.policy.MatchConditions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One webhook of a configuration, ready to be matched and called.
 *
 * @param configuration the name of the object it stands in
 * @param ignoresFailure of the call ({@code failurePolicy: Ignore})
 * @param reviewVersion of AdmissionReview, the first of its list that is known here
 * @param conditions in CEL; null mostly
 */
public record Webhook(
    String configuration,
    String name,
    ClientConfig client,
    List<Rule> rules,
    boolean equivalent,
    LabelSelector namespaceSelector,
    LabelSelector objectSelector,
    int timeoutSeconds,
    boolean ignoresFailure,
    boolean dryRunSafe,
    boolean reinvoked,
    String reviewVersion,
    @Nullable MatchConditions conditions) {

  static Webhook of(KubeObject configuration, JsonNode hook, WebhookCredentials credentials) {
    String effects = hook.path("sideEffects").asText("Unknown");
    return new Webhook(
        configuration.name(),
        hook.path("name").asText(""),
        ClientConfig.of(hook.path("clientConfig")).showing(credentials),
        Rule.all(hook.path("rules")),
        !hook.path("matchPolicy").asText("Equivalent").equals("Exact"),
        selector(hook.path("namespaceSelector")),
        selector(hook.path("objectSelector")),
        hook.path("timeoutSeconds").asInt(10),
        hook.path("failurePolicy").asText("Fail").equals("Ignore"),
        effects.equals("None") || effects.equals("NoneOnDryRun"),
        hook.path("reinvocationPolicy").asText("Never").equals("IfNeeded"),
        version(hook.path("admissionReviewVersions")),
        hook.path("matchConditions").isEmpty()
            ? null
            : MatchConditions.ofWebhook(hook.path("matchConditions")));
  }

  public static LabelSelector selector(JsonNode selector) {
    return selector.isObject() ? LabelSelector.of(selector) : LabelSelector.EVERYTHING;
  }

  private static String version(JsonNode versions) {
    for (JsonNode v : versions) {
      if (v.asText().equals("v1") || v.asText().equals("v1beta1")) {
        return v.asText();
      }
    }
    return "v1";
  }

  /** Tells webhooks apart, of whichever configuration. */
  String id() {
    return configuration + "/" + name;
  }
}
