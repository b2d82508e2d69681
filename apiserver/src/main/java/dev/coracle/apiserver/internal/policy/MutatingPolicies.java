package dev.coracle.apiserver.internal.policy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.StatusException;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.apiserver.internal.admission.AdmissionPlugin;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.admission.Reinvocation;
import dev.coracle.apiserver.internal.cel.CelFailure;
import dev.coracle.apiserver.internal.cel.CelValues;
import dev.coracle.apiserver.internal.policy.PolicyEvaluation.Found;
import dev.coracle.apiserver.internal.policy.PolicyIndex.Bound;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Registry;
import dev.coracle.apiserver.internal.webhook.Matching;
import dev.coracle.apiserver.internal.webhook.Mutation;
import dev.coracle.apiserver.internal.webhook.ReviewedObject;
import io.smallrye.mutiny.Uni;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Applies the MutatingAdmissionPolicies, one after the other. */
public final class MutatingPolicies implements AdmissionPlugin {

  private static final String NAME = "MutatingAdmissionPolicy";

  private final PolicyIndex<Mutations> policies;
  private final PolicyEvaluation evaluation;
  private final Supplier<Registry> registry;

  MutatingPolicies(
      PolicyIndex<Mutations> policies, PolicyEvaluation evaluation, Supplier<Registry> registry) {
    this.policies = policies;
    this.evaluation = evaluation;
    this.registry = registry;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Uni<Void> admit(AdmissionRequest request) {
    List<Bound<Mutations>> bound = policies.bound();
    boolean writes =
        request.operation() == Operation.CREATE || request.operation() == Operation.UPDATE;
    if (bound.isEmpty() || !writes || Matching.exempt(request)) {
      return Backstage.DONE;
    }
    Reinvocation.Turns turns = request.reinvocation().of(NAME);
    if (turns.isAgain()) {
      turns.changedMeanwhile(request.object());
    }
    return evaluation
        .each(bound, request, found -> visit(found, request, turns))
        .invoke(() -> turns.leftAs(request.object()));
  }

  private boolean visit(
      Found<Mutations> found, AdmissionRequest request, Reinvocation.Turns turns) {
    String id = found.policy().name() + "/" + found.binding().name();
    if (turns.isAgain() && !turns.wants(id)) {
      return false;
    }
    boolean changed = false;
    try {
      if (found.unusable() != null) {
        throw found.unusable();
      }
      changed = mutate(found, request);
    } catch (CelFailure e) {
      if (!found.policy().ignoresFailure()) {
        throw StatusException.forbidden(
            request.resource(),
            request.objectName(),
            "policy '"
                + found.policy().name()
                + "' with binding '"
                + found.binding().name()
                + "' denied request: "
                + e.words());
      }
    }
    if (changed) {
      turns.changed();
    }
    if (found.policy().reinvoked()) {
      turns.invoked(id);
    }
    return changed;
  }

  private boolean mutate(Found<Mutations> found, AdmissionRequest request) {
    Mutations mutations = found.policy().compiled();
    Map<String, Object> values = new HashMap<>(found.values());
    if (!mutations.matches(values, found.budget())) {
      return false;
    }
    SchemaType type =
        registry
            .get()
            .scheme()
            .kind(found.target().kind())
            .map(ResourceDefinition::schema)
            .orElse(request.call().type().definition().schema());
    boolean changed = false;
    for (int i = 0; i < mutations.size(); i++) {
      ObjectNode shown = ReviewedObject.now(request, found.target());
      if (shown == null) {
        return changed;
      }
      ObjectNode made = mutations.apply(i, shown, type, values, found.budget());
      if (Mutation.take(request, ReviewedObject.back(request, found.target(), made))) {
        changed = true;
        values.put("object", CelValues.of(ReviewedObject.now(request, found.target())));
      }
    }
    return changed;
  }
}
