package dev.coracle.apiserver.internal.subresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Status;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.verb.DeleteVerb;
import dev.coracle.apiserver.internal.verb.ObjectSubresource;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.util.Iterator;
import java.util.List;

/**
 * {@code pods/eviction}: deletes a Pod if its PodDisruptionBudget lets it go (Kubernetes docs,
 * "API-initiated Eviction"). Each eviction is taken off the budget before the Pod is deleted.
 */
public final class EvictionSubresource implements ObjectSubresource {

  private static final GroupResource BUDGETS = new GroupResource("policy", "poddisruptionbudgets");

  private final ResourceStore store;
  private final DeleteVerb deletes;
  private final Clock clock;

  public EvictionSubresource(ResourceStore store, DeleteVerb deletes, Clock clock) {
    this.store = store;
    this.deletes = deletes;
    this.clock = clock;
  }

  @Override
  public Uni<KubeObject> create(Call request, ObjectNode eviction) {
    if (!request.name().equals(eviction.path("metadata").path("name").asText(""))) {
      throw StatusException.badRequest("name in URL does not match name in Eviction object");
    }
    DeleteOptions asked = DeleteOptions.of(eviction.path("deleteOptions"));
    Call call = asked.dryRun() ? request.dry() : request;
    return store
        .get(call.type().stored(), call.key())
        .chain(pod -> {
          DeleteVerb.checkPreconditions(call.type(), asked, pod);
          return consume(call, pod);
        })
        .chain(pod -> mark(call, asked, pod))
        .chain(pod -> deletes.run(call.on(call.type(), call.name(), ""), marked(asked, pod)))
        .replaceWith(() -> KubeObject.of(Status.success("", "", "", "").toJson().put("code", 201)));
  }

  private Uni<KubeObject> consume(Call call, KubeObject pod) {
    String phase = pod.text("status", "phase");
    boolean free =
        phase.equals("Succeeded")
            || phase.equals("Failed")
            || phase.equals("Pending")
            || pod.isDeleting();
    if (free) {
      return Uni.createFrom().item(pod);
    }
    return store
        .list(BUDGETS, call.namespace(), ListOptions.ALL)
        .chain(list -> {
          List<KubeObject> matching =
              list.items().stream()
                  .filter(b -> LabelSelector.of(b.at("spec", "selector")).matches(pod))
                  .toList();
          if (matching.isEmpty()) {
            return Uni.createFrom().item(pod);
          }
          if (matching.size() > 1) {
            throw StatusException.of(
                StatusReason.INTERNAL_ERROR,
                "This pod has more than one PodDisruptionBudget, which the eviction"
                    + " subresource does not support.");
          }
          KubeObject budget = matching.getFirst();
          if (!ready(pod) && mayGoUnhealthy(budget)) {
            return Uni.createFrom().item(pod);
          }
          return take(call, pod, budget);
        });
  }

  /** Says in the pod's status why it ends, for whoever asks whether it failed by itself. */
  private Uni<KubeObject> mark(Call call, DeleteOptions asked, KubeObject pod) {
    return call.dryRun()
        ? Uni.createFrom().item(pod)
        : store.update(
            call.type().stored(),
            call.key(),
            now -> {
              DeleteVerb.checkPreconditions(call.type(), asked, now);
              return Uni.createFrom().item(now.uid().equals(pod.uid()) ? evicted(now) : now);
            });
  }

  /** The mark is a version of its own, and whoever asked for the one before means it. */
  private static DeleteOptions marked(DeleteOptions asked, KubeObject pod) {
    DeleteOptions options = asked.uid().isEmpty() ? asked.ifUid(pod.uid()) : asked;
    return asked.resourceVersion().isEmpty()
        ? options
        : options.ifResourceVersion(pod.resourceVersion());
  }

  private KubeObject evicted(KubeObject pod) {
    return pod.with(o -> {
      ArrayNode conditions = o.withObjectProperty("status").withArrayProperty("conditions");
      for (Iterator<JsonNode> all = conditions.elements(); all.hasNext(); ) {
        if (all.next().path("type").asText("").equals("DisruptionTarget")) {
          all.remove();
        }
      }
      conditions
          .addObject()
          .put("type", "DisruptionTarget")
          .put("status", "True")
          .put("reason", "EvictionByEvictionAPI")
          .put("message", "Eviction API: evicting")
          .put("lastTransitionTime", Timestamps.time(clock.instant()));
    });
  }

  private static boolean ready(KubeObject pod) {
    for (JsonNode c : pod.at("status", "conditions")) {
      if (c.path("type").asText("").equals("Ready")) {
        return c.path("status").asText("").equals("True");
      }
    }
    return false;
  }

  private static boolean mayGoUnhealthy(KubeObject budget) {
    return budget.text("spec", "unhealthyPodEvictionPolicy").equals("AlwaysAllow")
        || budget.at("status", "currentHealthy").asLong(0)
                >= budget.at("status", "desiredHealthy").asLong(0)
            && budget.at("status", "desiredHealthy").asLong(0) > 0;
  }

  private Uni<KubeObject> take(Call call, KubeObject pod, KubeObject budget) {
    if (call.dryRun()) {
      return Uni.createFrom().item(() -> taken(pod, budget)).replaceWith(pod);
    }
    return store
        .update(BUDGETS, budget.key(), b -> Uni.createFrom().item(taken(pod, b)))
        .replaceWith(pod);
  }

  private KubeObject taken(KubeObject pod, KubeObject budget) {
    JsonNode status = budget.at("status");
    if (status.path("observedGeneration").asLong(0) < budget.generation()) {
      throw refuse(
          "The disruption budget " + budget.name() + " is still being processed by the server.",
          10);
    }
    if (status.path("disruptionsAllowed").asLong(0) <= 0) {
      throw refuse(
          "The disruption budget "
              + budget.name()
              + " needs "
              + status.path("desiredHealthy").asLong(0)
              + " healthy pods and has "
              + status.path("currentHealthy").asLong(0)
              + " currently",
          0);
    }
    return budget.with(o -> {
      ObjectNode s = o.withObjectProperty("status");
      s.put("disruptionsAllowed", s.path("disruptionsAllowed").asLong(0) - 1);
      s.withObjectProperty("disruptedPods").put(pod.name(), Timestamps.time(clock.instant()));
    });
  }

  private static StatusException refuse(String why, int retryAfter) {
    return new StatusException(
        Status.failure(
                StatusReason.TOO_MANY_REQUESTS,
                "Cannot evict pod as it would violate the pod's disruption budget.")
            .withCauses(List.of(new StatusCause("DisruptionBudget", why, "")))
            .withRetryAfter(retryAfter));
  }
}
