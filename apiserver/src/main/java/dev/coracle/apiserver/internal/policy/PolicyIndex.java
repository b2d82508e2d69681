package dev.coracle.apiserver.internal.policy;

import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.registry.LiveCache;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The policies of one kind that are bound, in the order of their names, each with its bindings. */
public final class PolicyIndex<P> {

  /** A policy in force. */
  record Bound<P>(Policy<P> policy, List<PolicyBinding> bindings) {}

  private final Policy.Compiler<P> compiler;
  private final LiveCache policies;
  private final LiveCache bindings;
  private final Map<String, Policy<P>> known = new HashMap<>();
  private volatile List<Bound<P>> bound = List.of();

  PolicyIndex(
      Vertx vertx,
      ResourceStore store,
      String policyResource,
      String bindingResource,
      Policy.Compiler<P> compiler) {
    this.compiler = compiler;
    this.policies =
        new LiveCache(
                vertx, store, new GroupResource("admissionregistration.k8s.io", policyResource))
            .listen(this::policyChanged);
    this.bindings =
        new LiveCache(
                vertx, store, new GroupResource("admissionregistration.k8s.io", bindingResource))
            .listen((before, now) -> index());
  }

  Uni<Void> start() {
    return policies.start().chain(bindings::start);
  }

  void stop() {
    policies.stop();
    bindings.stop();
  }

  LiveCache policies() {
    return policies;
  }

  List<Bound<P>> bound() {
    return bound;
  }

  private void policyChanged(@Nullable KubeObject before, @Nullable KubeObject now) {
    synchronized (known) {
      if (now == null) {
        if (before != null) {
          known.remove(before.name());
        }
      } else if (before == null || !before.at("spec").equals(now.at("spec"))) {
        known.put(now.name(), new Policy<>(now, compiler));
      }
    }
    index();
  }

  private void index() {
    synchronized (known) {
      Map<String, List<PolicyBinding>> byPolicy = new HashMap<>();
      bindings.all().stream()
          .sorted(Comparator.comparing(KubeObject::name))
          .map(PolicyBinding::of)
          .forEach(b -> byPolicy.computeIfAbsent(b.policyName(), _ -> new ArrayList<>()).add(b));
      List<Bound<P>> out = new ArrayList<>();
      known.values().stream()
          .sorted(Comparator.comparing(Policy::name))
          .forEach(p -> {
            List<PolicyBinding> mine = byPolicy.get(p.name());
            if (mine != null) {
              out.add(new Bound<>(p, List.copyOf(mine)));
            }
          });
      bound = List.copyOf(out);
    }
  }
}
