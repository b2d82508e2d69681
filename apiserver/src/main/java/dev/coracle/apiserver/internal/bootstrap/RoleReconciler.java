package dev.coracle.apiserver.internal.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.apiserver.ApiCalls;
import dev.coracle.apiserver.internal.authz.Escalation;
import dev.coracle.apiserver.internal.authz.PolicyRule;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.function.BiPredicate;

/**
 * Makes the default roles and bindings that are missing, and gives those that are there what they
 * have lost: labels, annotations, rules, selectors, subjects. What they have more than by default
 * stays, and those with the annotation {@code rbac.authorization.kubernetes.io/autoupdate: "false"}
 * are left alone (Kubernetes docs, "Using RBAC Authorization", auto-reconciliation).
 */
final class RoleReconciler {

  private static final String DISCOVERY = "system:discovery";
  private static final String PUBLIC_INFO = "system:public-info-viewer";
  private static final String SELECTORS = "clusterRoleSelectors";

  private final ApiCalls calls;
  private final Ensurer ensurer;

  RoleReconciler(ApiCalls calls, Ensurer ensurer) {
    this.calls = calls;
    this.ensurer = ensurer;
  }

  /**
   * Who may see what is public is, where nothing says it, whoever may discover the API: what a user
   * has said of that is taken over before {@link #reconcile} makes the default.
   */
  Uni<Void> prime() {
    return calls
        .get(Resources.CLUSTER_ROLE_BINDINGS, "", PUBLIC_INFO)
        .onFailure(StatusException::isNotFound)
        .recoverWithUni(() ->
            calls
                .get(Resources.CLUSTER_ROLE_BINDINGS, "", DISCOVERY)
                .chain(discovery ->
                    ensurer.ensure(Resources.CLUSTER_ROLE_BINDINGS, publicInfoOf(discovery))))
        .replaceWithVoid()
        .onFailure(StatusException::isNotFound)
        .recoverWithNull();
  }

  private static KubeObject publicInfoOf(KubeObject discovery) {
    ObjectNode binding = discovery.tree().deepCopy();
    ObjectNode metadata = Json.object().put("name", PUBLIC_INFO);
    for (String kept : List.of("labels", "annotations")) {
      if (binding.path("metadata").has(kept)) {
        metadata.set(kept, binding.path("metadata").get(kept));
      }
    }
    binding.set("metadata", metadata);
    binding.withObjectProperty("roleRef").put("name", PUBLIC_INFO);
    return KubeObject.of(binding);
  }

  Uni<KubeObject> reconcile(ObjectNode wanted) {
    KubeObject object = KubeObject.of(wanted);
    GroupVersionResource resource =
        switch (object.kind()) {
          case "ClusterRole" -> Resources.CLUSTER_ROLES;
          case "ClusterRoleBinding" -> Resources.CLUSTER_ROLE_BINDINGS;
          case "Role" -> Resources.ROLES;
          default -> Resources.ROLE_BINDINGS;
        };
    return ensurer
        .ensure(resource, object)
        .chain(there -> {
          if (there
              .annotation("rbac.authorization.kubernetes.io/autoupdate")
              .orElse("")
              .equals("false")) {
            return Uni.createFrom().item(there);
          }
          if (wanted.has("roleRef") && !wanted.get("roleRef").equals(there.at("roleRef"))) {
            return anew(resource, object, there);
          }
          ObjectNode change = change(wanted, there);
          return change.isEmpty()
              ? Uni.createFrom().item(there)
              : calls.patch(
                  resource,
                  object.namespace(),
                  object.name(),
                  Patch.merge(body -> body.setAll(change)),
                  "",
                  Bootstrap.OPTIONS);
        });
  }

  /** What a binding binds to never changes. */
  private Uni<KubeObject> anew(GroupVersionResource resource, KubeObject wanted, KubeObject there) {
    return calls
        .delete(resource, there.namespace(), there.name(), DeleteOptions.DEFAULT.ifUid(there.uid()))
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(there)
        .chain(() -> ensurer.ensure(resource, wanted));
  }

  /** As a merge patch; empty where nothing is missing. */
  private static ObjectNode change(ObjectNode wanted, KubeObject there) {
    ObjectNode change = Json.object();
    for (String words : List.of("labels", "annotations")) {
      wanted
          .path("metadata")
          .path(words)
          .forEachEntry((key, value) -> {
            if (!there.metadata().path(words).has(key)) {
              change.withObjectProperty("metadata").withObjectProperty(words).set(key, value);
            }
          });
    }
    boolean aggregated = there.tree().has("aggregationRule");
    if (wanted.has("aggregationRule")) {
      ArrayNode selectors =
          union(
              wanted.path("aggregationRule").path(SELECTORS),
              there.at("aggregationRule", SELECTORS),
              RoleReconciler::has);
      if (!selectors.isEmpty()) {
        change.putObject("aggregationRule").set(SELECTORS, selectors);
      }
    } else if (wanted.has("rules") && !aggregated) {
      add(change, "rules", union(wanted.path("rules"), there.at("rules"), RoleReconciler::covers));
    } else if (wanted.has("subjects")) {
      add(
          change,
          "subjects",
          union(wanted.path("subjects"), there.at("subjects"), RoleReconciler::has));
    }
    return change;
  }

  private static void add(ObjectNode change, String field, ArrayNode all) {
    if (!all.isEmpty()) {
      change.set(field, all);
    }
  }

  /** What is there and what it lacks; empty where it lacks nothing. */
  private static ArrayNode union(
      JsonNode wanted, JsonNode there, BiPredicate<JsonNode, JsonNode> among) {
    ArrayNode all = Json.array();
    there.forEach(all::add);
    for (JsonNode one : wanted) {
      if (!among.test(there, one)) {
        all.add(one);
      }
    }
    return all.size() == there.size() ? Json.array() : all;
  }

  private static boolean has(JsonNode list, JsonNode one) {
    for (JsonNode other : list) {
      if (other.equals(one)) {
        return true;
      }
    }
    return false;
  }

  private static boolean covers(JsonNode rules, JsonNode rule) {
    List<PolicyRule> held = rules.valueStream().map(PolicyRule::of).toList();
    return Escalation.missing(held, List.of(PolicyRule.of(rule))).isEmpty();
  }
}
