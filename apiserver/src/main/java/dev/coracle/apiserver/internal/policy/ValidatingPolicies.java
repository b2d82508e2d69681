package dev.coracle.apiserver.internal.policy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Status;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.apiserver.internal.ApiServerMetrics;
import dev.coracle.apiserver.internal.admission.AdmissionPlugin;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.policy.PolicyEvaluation.Found;
import dev.coracle.apiserver.internal.policy.PolicyIndex.Bound;
import dev.coracle.apiserver.internal.policy.Validations.Failed;
import dev.coracle.apiserver.internal.registry.Backstage;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Holds requests to the ValidatingAdmissionPolicies: all are asked, then the first refusal counts.
 */
public final class ValidatingPolicies implements AdmissionPlugin {

  /** Upstream's bound of the value of an audit annotation. */
  private static final int LONGEST_NOTE = 10 << 10;

  private final PolicyIndex<Validations> policies;
  private final PolicyEvaluation evaluation;
  private final ApiServerMetrics metrics;

  ValidatingPolicies(
      PolicyIndex<Validations> policies, PolicyEvaluation evaluation, ApiServerMetrics metrics) {
    this.policies = policies;
    this.evaluation = evaluation;
    this.metrics = metrics;
  }

  @Override
  public String name() {
    return "ValidatingAdmissionPolicy";
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    List<Bound<Validations>> bound = policies.bound();
    if (bound.isEmpty() || Policies.exempt(request)) {
      return Backstage.DONE;
    }
    List<Decision> decisions = new ArrayList<>();
    Map<String, Set<String>> notes = new LinkedHashMap<>();
    return evaluation
        .each(bound, request, found -> decide(found, decisions, notes))
        .invoke(() -> {
          notes.forEach((key, values) -> request.annotate(key, String.join(", ", values)));
          settle(request, decisions);
        });
  }

  private record Decision(String policy, PolicyBinding binding, Failed failed) {

    boolean asks(String action) {
      return !failed.always() && binding.actions().contains(action);
    }

    /** In upstream's words, to which a validation that does not hold is invalid as well. */
    String errorType() {
      if (failed.message().startsWith("compilation")) {
        return "compile_error";
      }
      return failed.message().startsWith("validation failed due to running out of cost budget")
          ? "out_of_budget"
          : "invalid_error";
    }
  }

  private Uni<Boolean> decide(
      Found<Validations> found, List<Decision> out, Map<String, Set<String>> all) {
    Map<String, String> notes = new LinkedHashMap<>();
    List<Failed> failures = found.run(v -> v.check(found.values(), notes));
    for (Failed failed : failures) {
      Decision decision = new Decision(found.policy().name(), found.binding(), failed);
      if (failed.error() && found.policy().ignoresFailure()) {
        count(decision, "allow");
      } else {
        out.add(decision);
      }
    }
    notes.forEach((key, value) ->
        all.computeIfAbsent(found.policy().name() + "/" + key, _ -> new LinkedHashSet<>())
            .add(value.substring(0, Math.min(value.length(), LONGEST_NOTE))));
    return Uni.createFrom().item(false);
  }

  /** Counts what came of an expression; not of what failed before there was any. */
  private void count(Decision d, String action) {
    if (d.failed.message().startsWith("failed to configure")) {
      return;
    }
    metrics.policyCheck(d.policy, d.binding.name(), d.errorType(), action, d.failed.nanos());
  }

  private void settle(AdmissionRequest request, List<Decision> decisions) {
    ArrayNode audit = Json.array();
    Decision denial = null;
    for (Decision d : decisions) {
      if (d.asks("Warn")) {
        count(d, "warn");
        request
            .call()
            .warnings()
            .add(
                "Validation failed for ValidatingAdmissionPolicy '"
                    + d.policy
                    + "' with binding '"
                    + d.binding.name()
                    + "': "
                    + d.failed.message());
      }
      if (d.asks("Audit")) {
        count(d, "audit");
        ObjectNode entry = audit.addObject().put("message", d.failed.message());
        entry.put("policy", d.policy).put("binding", d.binding.name());
        entry.put("expressionIndex", d.failed.index());
        d.binding.actions().forEach(entry.putArray("validationActions")::add);
      }
      if (d.failed.always() || d.asks("Deny")) {
        count(d, "deny");
        denial = denial == null ? d : denial;
      }
    }
    if (!audit.isEmpty()) {
      request.annotate("validation.policy.admission.k8s.io/validation_failure", audit.toString());
    }
    if (denial != null) {
      throw refusal(request, denial);
    }
  }

  private static StatusException refusal(AdmissionRequest request, Decision denial) {
    String words =
        "ValidatingAdmissionPolicy '"
            + denial.policy
            + "' with binding '"
            + denial.binding.name()
            + "' denied request: "
            + denial.failed.message();
    Status forbidden =
        StatusException.forbidden(request.resource(), request.objectName(), words).status();
    String reason = denial.failed.reason().isEmpty() ? "Invalid" : denial.failed.reason();
    StatusReason known = StatusReason.of(reason, 422);
    return new StatusException(
        new Status(
            false,
            known.code(),
            known,
            forbidden.message(),
            forbidden.group(),
            forbidden.kind(),
            forbidden.name(),
            "",
            List.of(new StatusCause("", words, "")),
            0));
  }
}
