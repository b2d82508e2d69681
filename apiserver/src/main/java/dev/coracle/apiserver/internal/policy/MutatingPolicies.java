package dev.coracle.apiserver.internal.policy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Status;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.apiserver.internal.ApiServerMetrics;
import dev.coracle.apiserver.internal.admission.AdmissionPlugin;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.admission.Reinvocation;
import dev.coracle.apiserver.internal.policy.PolicyEvaluation.Found;
import dev.coracle.apiserver.internal.policy.PolicyIndex.Bound;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Registry;
import dev.coracle.apiserver.internal.registry.SubresourceSchemas;
import dev.coracle.apiserver.internal.webhook.Mutation;
import dev.coracle.apiserver.internal.webhook.ReviewedObject;
import dev.coracle.apiserver.internal.webhook.Target;
import dev.coracle.cel.CelFailure;
import dev.coracle.cel.CelValues;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Applies the MutatingAdmissionPolicies, one after the other. */
public final class MutatingPolicies implements AdmissionPlugin {

  private static final String NAME = "MutatingAdmissionPolicy";

  private final PolicyIndex<Mutations> policies;
  private final PolicyEvaluation evaluation;
  private final Supplier<Registry> registry;
  private final ApiServerMetrics metrics;

  MutatingPolicies(
      PolicyIndex<Mutations> policies,
      PolicyEvaluation evaluation,
      Supplier<Registry> registry,
      ApiServerMetrics metrics) {
    this.policies = policies;
    this.evaluation = evaluation;
    this.registry = registry;
    this.metrics = metrics;
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
    if (bound.isEmpty() || !writes || Policies.exempt(request)) {
      return Backstage.DONE;
    }
    Reinvocation.Turns turns = request.reinvocation().of(NAME);
    if (turns.isAgain()) {
      turns.changedMeanwhile(request.object());
    }
    List<Denial> denials = new ArrayList<>();
    return evaluation
        .each(bound, request, found -> visit(found, request, turns, denials))
        .invoke(() -> {
          turns.leftAs(request.object());
          if (!denials.isEmpty()) {
            throw refusal(request, denials);
          }
        });
  }

  private Uni<Boolean> visit(
      Found<Mutations> found,
      AdmissionRequest request,
      Reinvocation.Turns turns,
      List<Denial> denials) {
    String id = found.policy().name() + "/" + found.binding().name();
    if (turns.isAgain() && !turns.wants(id)) {
      return Uni.createFrom().item(false);
    }
    Consumer<CelFailure> failed =
        failure -> {
          if (!found.policy().ignoresFailure()) {
            denials.add(Denial.of(found, failure));
          }
        };
    return Uni.createFrom()
        .deferred(() -> mutate(found, request, failed))
        .onFailure(CelFailure.class)
        .recoverWithItem(failure -> {
          failed.accept((CelFailure) failure);
          return false;
        })
        .invoke(changed -> {
          if (changed) {
            turns.changed();
          }
          if (found.policy().reinvoked()) {
            turns.invoked(id);
          }
        });
  }

  /**
   * Why a policy refuses the request.
   *
   * @param configured whether it could be followed at all
   */
  private record Denial(String words, boolean configured) {

    static Denial of(Found<Mutations> found, CelFailure failure) {
      return new Denial(
          "policy '"
              + found.policy().name()
              + "' with binding '"
              + found.binding().name()
              + "' denied request: "
              + failure.words(),
          found.unusable() == null);
    }
  }

  /** All are told as causes, the first one is the message; the code is 403 whatever the reason. */
  private static StatusException refusal(AdmissionRequest request, List<Denial> denials) {
    Denial first = denials.getFirst();
    Status forbidden =
        StatusException.forbidden(request.resource(), request.objectName(), first.words).status();
    return new StatusException(
        new Status(
            false,
            403,
            first.configured ? StatusReason.INVALID : StatusReason.FORBIDDEN,
            first.words,
            forbidden.group(),
            forbidden.kind(),
            forbidden.name(),
            "",
            denials.stream().map(d -> new StatusCause("", d.words, "")).toList(),
            0));
  }

  private Uni<Boolean> mutate(
      Found<Mutations> found, AdmissionRequest request, Consumer<CelFailure> failed) {
    if (found.unusable() != null) {
      throw found.unusable();
    }
    Map<String, Object> values = new HashMap<>(found.values());
    if (!found.policy().compiled().matches(values)) {
      return Uni.createFrom().item(false);
    }
    SchemaType type =
        registry
            .get()
            .scheme()
            .kind(found.target().kind())
            .map(ResourceDefinition::schema)
            .orElseGet(() -> SubresourceSchemas.of(request.call()).type());
    return new Mutating(found, request, type, values, failed).from(0, false);
  }

  /** One policy at work on one object. */
  private final class Mutating {
    private final Found<Mutations> found;
    private final AdmissionRequest request;
    private final SchemaType type;
    private final Map<String, Object> values;
    private final Consumer<CelFailure> failed;

    Mutating(
        Found<Mutations> found,
        AdmissionRequest request,
        SchemaType type,
        Map<String, Object> values,
        Consumer<CelFailure> failed) {
      this.found = found;
      this.request = request;
      this.type = type;
      this.values = values;
      this.failed = failed;
    }

    /**
     * Applies the mutations from one on, each to what those before it made. One that fails does not
     * keep the others from their turn.
     */
    Uni<Boolean> from(int which, boolean changed) {
      Mutations mutations = found.policy().compiled();
      Target target = found.target();
      ObjectNode shown = ReviewedObject.now(request, target);
      if (which == mutations.size() || shown == null) {
        return Uni.createFrom().item(changed);
      }
      long begun = System.nanoTime();
      ObjectNode made;
      try {
        made = mutations.apply(which, shown, type, values);
      } catch (CelFailure failure) {
        count(failure.overBudget() ? "out_of_budget" : "invalid_error", begun);
        failed.accept(failure);
        return from(which + 1, changed);
      }
      count("no_error", begun);
      return ReviewedObject.back(request, target, made)
          .chain(own ->
              Mutation.take(request, own)
                  ? ReviewedObject.ready(request, target)
                      .invoke(() ->
                          values.put("object", CelValues.of(ReviewedObject.now(request, target))))
                      .chain(() -> from(which + 1, true))
                  : from(which + 1, changed));
    }

    private void count(String errorType, long begun) {
      metrics.mutation(
          found.policy().name(), found.binding().name(), errorType, System.nanoTime() - begun);
    }
  }
}
