package dev.coracle.apiserver.internal.policy;

import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.policy.PolicyIndex.Bound;
import dev.coracle.apiserver.internal.policy.Validations.Failed;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.webhook.Matching;
import dev.coracle.apiserver.internal.webhook.ReviewedObject;
import dev.coracle.apiserver.internal.webhook.Target;
import dev.coracle.cel.CelFailure;
import io.smallrye.mutiny.Uni;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Goes through policy, binding and parameter of a request, in this order. */
final class PolicyEvaluation {

  /**
   * One policy under one binding with one parameter.
   *
   * @param unusable why the binding can not be followed; null mostly
   */
  record Found<P>(
      Policy<P> policy,
      PolicyBinding binding,
      Target target,
      Map<String, Object> values,
      @Nullable CelFailure unusable) {

    /** Runs the compiled policy; what stands in the way of that is a failure like others. */
    List<Failed> run(Function<P, List<Failed>> work) {
      if (unusable != null) {
        return List.of(Failed.always("", unusable.words(), 0));
      }
      try {
        return work.apply(policy.compiled());
      } catch (CelFailure e) {
        return List.of(Failed.error("", e.words(), "", 0, 0));
      }
    }
  }

  /** What is done with each; true when it changed the object, so that values are made anew. */
  interface Visit<P> {
    Uni<Boolean> at(Found<P> found);
  }

  private final Matching matching;
  private final Params params;
  private final Authorizer authorizer;

  PolicyEvaluation(Matching matching, Params params, Authorizer authorizer) {
    this.matching = matching;
    this.params = params;
    this.authorizer = authorizer;
  }

  <P> Uni<Void> each(List<Bound<P>> bound, AdmissionRequest request, Visit<P> visit) {
    return matching
        .namespaceOf(request)
        .chain(namespace -> new Walk<>(bound, request, namespace, visit).policy(0));
  }

  private final class Walk<P> {
    private final List<Bound<P>> bound;
    private final AdmissionRequest request;
    private final Optional<KubeObject> namespace;
    private final Visit<P> visit;

    Walk(
        List<Bound<P>> bound,
        AdmissionRequest request,
        Optional<KubeObject> namespace,
        Visit<P> visit) {
      this.bound = bound;
      this.request = request;
      this.namespace = namespace;
      this.visit = visit;
    }

    Uni<Void> policy(int from) {
      for (int i = from; i < bound.size(); i++) {
        Target target = bound.get(i).policy().match().target(matching, request, namespace);
        if (target != null) {
          int next = i + 1;
          return binding(bound.get(i), target, 0).chain(() -> policy(next));
        }
      }
      return Backstage.DONE;
    }

    private Uni<Void> binding(Bound<P> of, Target target, int from) {
      for (int i = from; i < of.bindings().size(); i++) {
        PolicyBinding binding = of.bindings().get(i);
        if (binding.match().narrows(matching, request, namespace)) {
          int next = i + 1;
          return params
              .of(of.policy().paramKind(), binding.paramRef(), request)
              .chain(all -> param(of.policy(), binding, target, all, 0, null))
              .onFailure(CelFailure.class)
              .recoverWithUni(f -> {
                return visit
                    .at(new Found<>(of.policy(), binding, target, Map.of(), f))
                    .replaceWithVoid();
              })
              .chain(() -> binding(of, target, next));
        }
      }
      return Backstage.DONE;
    }

    /**
     * @param known the values of the parameter before; null where they have to be made anew
     */
    private Uni<Void> param(
        Policy<P> policy,
        PolicyBinding binding,
        Target target,
        List<Optional<KubeObject>> all,
        int which,
        @Nullable Map<String, Object> known) {
      if (which == all.size()) {
        return Backstage.DONE;
      }
      if (known == null) {
        return ReviewedObject.ready(request, target)
            .chain(() -> param(policy, binding, target, all, which, values(target)));
      }
      Map<String, Object> mine = new HashMap<>(known);
      mine.put("params", AdmissionVariables.object(all.get(which)));
      return visit
          .at(new Found<>(policy, binding, target, mine, null))
          .chain(changed -> param(policy, binding, target, all, which + 1, changed ? null : known));
    }

    private Map<String, Object> values(Target target) {
      Map<String, Object> values = AdmissionVariables.values(request, target, authorizer);
      boolean inNamespace = !request.call().namespace().isEmpty();
      values.put(
          "namespaceObject",
          AdmissionVariables.namespace(inNamespace ? namespace : Optional.empty()));
      return values;
    }
  }
}
