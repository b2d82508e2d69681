package dev.coracle.controllers.internal.rbac;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import io.smallrye.mutiny.Uni;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Fills ClusterRoles that have an {@code aggregationRule} with the rules of those it picks. */
public final class ClusterRoleAggregation extends LoopController {

  private final Lister roles;

  public ClusterRoleAggregation(Environment env) {
    super("clusterrole-aggregation-controller", env);
    Informer informer = env.informer(Resources.CLUSTER_ROLES);
    this.roles = informer.lister();
    onAny(
        informer,
        changed -> {
          for (KubeObject role : roles.list()) {
            if (role.at("aggregationRule").isObject()) {
              loop.enqueue(role);
            }
          }
        });
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject role = roles.get("", name.name()).orElse(null);
    if (role == null || !role.at("aggregationRule").isObject()) {
      return DONE;
    }
    Set<JsonNode> rules = new LinkedHashSet<>();
    for (JsonNode selector : role.at("aggregationRule", "clusterRoleSelectors")) {
      LabelSelector picks = LabelSelector.of(selector);
      List<KubeObject> picked =
          roles.list().stream()
              .filter(r -> !r.name().equals(role.name()) && picks.matches(r))
              .sorted(Comparator.comparing(KubeObject::name))
              .toList();
      picked.forEach(r -> r.at("rules").forEach(rules::add));
    }
    ArrayNode wanted = Json.array();
    rules.forEach(wanted::add);
    if (wanted.equals(role.at("rules")) || (wanted.isEmpty() && role.at("rules").isEmpty())) {
      return DONE;
    }
    return env.client()
        .patch(Resources.CLUSTER_ROLES, "", role.name(), Patch.merge(n -> n.set("rules", wanted)))
        .replaceWith(Result.DONE)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
  }
}
