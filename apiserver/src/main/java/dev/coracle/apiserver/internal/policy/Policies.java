package dev.coracle.apiserver.internal.policy;

import dev.coracle.apiserver.internal.ApiServerMetrics;
import dev.coracle.apiserver.internal.admission.AdmissionPlugin;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.registry.Registry;
import dev.coracle.apiserver.internal.webhook.Matching;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** The admission policies of a server, of both kinds. */
public final class Policies {

  /** Questions: a policy about them could keep everybody out of the cluster. */
  private static final Map<String, Set<String>> UNSEEN =
      Map.of(
          "authentication.k8s.io",
          Set.of("selfsubjectreviews", "tokenreviews"),
          "authorization.k8s.io",
          Set.of(
              "localsubjectaccessreviews",
              "selfsubjectaccessreviews",
              "selfsubjectrulesreviews",
              "subjectaccessreviews"));

  private final PolicyIndex<Validations> validating;
  private final PolicyIndex<Mutations> mutating;
  private final PolicyEvaluation evaluation;
  private final Supplier<Registry> registry;
  private final ApiServerMetrics metrics;

  public Policies(
      Vertx vertx,
      ResourceStore store,
      Matching matching,
      Supplier<Registry> registry,
      Authorizer authorizer,
      ApiServerMetrics metrics) {
    this.registry = registry;
    this.metrics = metrics;
    evaluation = new PolicyEvaluation(matching, new Params(registry, store), authorizer);
    validating =
        new PolicyIndex<>(
            vertx,
            store,
            "validatingadmissionpolicies",
            "validatingadmissionpolicybindings",
            Validations::new);
    mutating =
        new PolicyIndex<>(
            vertx,
            store,
            "mutatingadmissionpolicies",
            "mutatingadmissionpolicybindings",
            Mutations::new);
    PolicyStatus status = new PolicyStatus(vertx, store, registry);
    validating.policies().listen((before, now) -> status.changed(now));
  }

  /** Whether no policy looks at a request, whatever it matches. */
  static boolean exempt(AdmissionRequest request) {
    return Matching.exempt(request)
        || UNSEEN
            .getOrDefault(request.resource().group(), Set.of())
            .contains(request.resource().resource());
  }

  /** Whether any policy is in force. */
  public boolean any() {
    return !validating.bound().isEmpty() || !mutating.bound().isEmpty();
  }

  public AdmissionPlugin validating() {
    return new ValidatingPolicies(validating, evaluation, metrics);
  }

  public AdmissionPlugin mutating() {
    return new MutatingPolicies(mutating, evaluation, registry, metrics);
  }

  public Uni<Void> start() {
    return validating.start().chain(mutating::start);
  }

  public void stop() {
    validating.stop();
    mutating.stop();
  }
}
