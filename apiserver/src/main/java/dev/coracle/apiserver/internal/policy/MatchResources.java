package dev.coracle.apiserver.internal.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.webhook.Matching;
import dev.coracle.apiserver.internal.webhook.Rule;
import dev.coracle.apiserver.internal.webhook.Target;
import dev.coracle.apiserver.internal.webhook.Webhook;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code matchConstraints} of a policy, {@code matchResources} of a binding. */
record MatchResources(
    List<Rule> rules,
    List<Rule> excluded,
    boolean equivalent,
    LabelSelector namespaceSelector,
    LabelSelector objectSelector) {

  static MatchResources of(JsonNode match) {
    return new MatchResources(
        Rule.all(match.path("resourceRules")),
        Rule.all(match.path("excludeResourceRules")),
        !match.path("matchPolicy").asText("Equivalent").equals("Exact"),
        Webhook.selector(match.path("namespaceSelector")),
        Webhook.selector(match.path("objectSelector")));
  }

  /** In which version a policy sees the request; null where it does not match. */
  @Nullable Target target(
      Matching matching, AdmissionRequest request, Optional<KubeObject> namespace) {
    if (!selects(request, namespace) || matching.target(excluded, equivalent, request) != null) {
      return null;
    }
    return matching.target(rules, equivalent, request);
  }

  /** As a binding: without rules, all that the policy matches counts. */
  boolean narrows(Matching matching, AdmissionRequest request, Optional<KubeObject> namespace) {
    return selects(request, namespace)
        && matching.target(excluded, equivalent, request) == null
        && (rules.isEmpty() || matching.target(rules, equivalent, request) != null);
  }

  private boolean selects(AdmissionRequest request, Optional<KubeObject> namespace) {
    return Matching.namespaceMatches(namespaceSelector, namespace)
        && Matching.objectMatches(objectSelector, request);
  }
}
