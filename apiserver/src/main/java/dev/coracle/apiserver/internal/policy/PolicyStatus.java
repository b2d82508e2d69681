package dev.coracle.apiserver.internal.policy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.registry.Registry;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks the types of each ValidatingAdmissionPolicy once a generation and writes what it found
 * into its status. The check runs on a worker thread; the object is written without going through
 * admission, which it may be about.
 */
final class PolicyStatus {

  private static final Logger LOG = LoggerFactory.getLogger(PolicyStatus.class);
  private static final GroupResource POLICIES =
      new GroupResource("admissionregistration.k8s.io", "validatingadmissionpolicies");

  private final Vertx vertx;
  private final ResourceStore store;
  private final Supplier<Registry> registry;

  PolicyStatus(Vertx vertx, ResourceStore store, Supplier<Registry> registry) {
    this.vertx = vertx;
    this.store = store;
    this.registry = registry;
  }

  void changed(@Nullable KubeObject policy) {
    if (policy == null || policy.isDeleting() || isCurrent(policy)) {
      return;
    }
    vertx
        .executeBlocking(
            () -> new TypeChecker(registry.get().scheme()).warnings(policy.at("spec")), false)
        .onSuccess(warnings -> write(policy, warnings))
        .onFailure(failure -> report(policy, failure));
  }

  private static boolean isCurrent(KubeObject policy) {
    return policy.at("status", "observedGeneration").asLong(0) == policy.generation()
        && policy.at("status").has("typeChecking");
  }

  private void write(KubeObject policy, ArrayNode warnings) {
    store
        .update(
            POLICIES,
            policy.key(),
            current ->
                Uni.createFrom()
                    .item(
                        current.generation() != policy.generation() || isCurrent(current)
                            ? current
                            : current.with(o -> {
                              ObjectNode status = o.withObjectProperty("status");
                              // The very node: another form of the number would be a change.
                              status.set(
                                  "observedGeneration", current.metadata().get("generation"));
                              ObjectNode checked = status.putObject("typeChecking");
                              if (!warnings.isEmpty()) {
                                checked.set("expressionWarnings", warnings);
                              }
                            })))
        .subscribe()
        .with(_ -> {}, failure -> report(policy, failure));
  }

  private static void report(KubeObject policy, Throwable failure) {
    if (!StatusException.isNotFound(failure)) {
      LOG.atWarn()
          .setMessage("cannot write the status of a policy")
          .addKeyValue("name", policy.name())
          .addKeyValue("why", failure.getMessage())
          .log();
    }
  }
}
