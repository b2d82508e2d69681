package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.authz.Attributes;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.authz.Escalation;
import dev.coracle.apiserver.internal.authz.PolicyRule;
import dev.coracle.apiserver.internal.authz.RbacAuthorizer;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.GarbageFields;
import dev.coracle.apiserver.internal.registry.KindStrategy;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Roles and bindings: nobody gives away rights that they do not have, unless they may {@code
 * escalate} or {@code bind} (Kubernetes docs, "Privilege escalation prevention and bootstrapping").
 */
public final class RbacStrategy implements KindStrategy {

  private static final String GROUP = "rbac.authorization.k8s.io";

  private final RbacAuthorizer rbac;
  private final Authorizer authorizer;

  public RbacStrategy(RbacAuthorizer rbac, Authorizer authorizer) {
    this.rbac = rbac;
    this.authorizer = authorizer;
  }

  @Override
  public boolean tracksGeneration() {
    return false;
  }

  @Override
  public boolean allowsCreateOnUpdate() {
    return true;
  }

  @Override
  public List<StatusCause> validate(ObjectNode now, @Nullable KubeObject before, Call call) {
    UserInfo user = call.user();
    if (user.in(UserInfo.MASTERS) || before != null && GarbageFields.alone(before.tree(), now)) {
      return immutable(now, before);
    }
    GroupResource resource = call.type().groupResource();
    String name = now.path("metadata").path("name").asText("");
    boolean binding = now.has("roleRef");
    if (binding) {
      JsonNode ref = now.path("roleRef");
      boolean cluster = ref.path("kind").asText("").equals("ClusterRole");
      if (!may(
          user, "bind", cluster ? "clusterroles" : "roles", call, ref.path("name").asText(""))) {
        check(call, resource, name, rbac.rulesOf(ref, call.namespace()));
      }
    } else if (!may(user, "escalate", resource.resource(), call, name)) {
      if (now.path("aggregationRule").isObject()
          && (before == null
              || !before.at("aggregationRule").equals(now.path("aggregationRule")))) {
        check(call, resource, name, rbac.rulesFor(UserInfo.APISERVER, ""));
      }
      if (before == null || !before.at("rules").equals(now.path("rules"))) {
        check(call, resource, name, PolicyRule.all(now.path("rules")));
      }
    }
    return immutable(now, before);
  }

  private static List<StatusCause> immutable(ObjectNode now, @Nullable KubeObject before) {
    if (before != null
        && before.at("roleRef").isObject()
        && !before.at("roleRef").equals(now.path("roleRef"))) {
      return List.of(
          new StatusCause(
              StatusCause.INVALID,
              "Invalid value: " + now.path("roleRef") + ": cannot change roleRef",
              "roleRef"));
    }
    return List.of();
  }

  private boolean may(UserInfo user, String verb, String resource, Call call, String name) {
    return authorizer
        .decide(Attributes.resource(user, verb, GROUP, resource, "", call.namespace(), name))
        .allowed();
  }

  private void check(Call call, GroupResource resource, String name, List<PolicyRule> wanted) {
    List<PolicyRule> missing =
        Escalation.missing(rbac.rulesFor(call.user(), call.namespace()), wanted);
    if (!missing.isEmpty()) {
      throw StatusException.forbidden(
          resource,
          name,
          "user \""
              + call.user().name()
              + "\" (groups="
              + Escalation.goList(call.user().groups())
              + ") is attempting to grant RBAC permissions not currently held:\n"
              + Escalation.describe(missing));
    }
  }
}
