package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.authz.Attributes;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.Registry;
import io.smallrye.mutiny.Uni;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Whoever changes the owners of an object must be allowed to delete it, and whoever lets it block
 * the deletion of its owner, to touch the owner's finalizers
 * (OwnerReferencesPermissionEnforcement).
 */
final class OwnerReferences implements AdmissionPlugin {

  private final Authorizer authorizer;
  private final Supplier<Registry> registry;

  OwnerReferences(Authorizer authorizer, Supplier<Registry> registry) {
    this.authorizer = authorizer;
    this.registry = registry;
  }

  @Override
  public String name() {
    return "OwnerReferencesPermissionEnforcement";
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    ObjectNode object = request.object();
    UserInfo user = request.call().user();
    if (object == null
        || request.operation() == Operation.DELETE
        || user.in(UserInfo.MASTERS)
        || request.call().subresource().equals("status")) {
      return Backstage.DONE;
    }
    JsonNode now = object.path("metadata").path("ownerReferences");
    KubeObject before = request.before();
    JsonNode last =
        before == null ? MissingNode.getInstance() : before.at("metadata", "ownerReferences");
    if (now.isEmpty() ? last.isEmpty() : now.equals(last)) {
      return Backstage.DONE;
    }
    if (request.operation() == Operation.UPDATE) {
      mayDelete(request, user);
    }
    Set<String> blocking = new HashSet<>();
    for (JsonNode node : last) {
      OwnerReference owner = OwnerReference.of(node);
      if (owner.blockOwnerDeletion()) {
        blocking.add(owner.uid());
      }
    }
    for (JsonNode node : now) {
      OwnerReference owner = OwnerReference.of(node);
      if (owner.blockOwnerDeletion() && !blocking.contains(owner.uid())) {
        check(request, user, owner);
      }
    }
    return Backstage.DONE;
  }

  /** Whoever gives an object an owner can have it deleted. */
  private void mayDelete(AdmissionRequest request, UserInfo user) {
    Call call = request.call();
    Attributes asked =
        Attributes.resource(
            user,
            "delete",
            request.resource().group(),
            request.resource().resource(),
            "",
            call.namespace(),
            call.name());
    if (!authorizer.decide(asked).allowed()) {
      throw Refusal.of(
          request, "cannot set an ownerRef on a resource you can't delete: " + asked.refusal());
    }
  }

  private void check(AdmissionRequest request, UserInfo user, OwnerReference owner) {
    GroupVersionKind kind = owner.gvk();
    registry
        .get()
        .scheme()
        .kind(kind)
        .ifPresent(definition -> {
          Attributes asked =
              Attributes.resource(
                  user,
                  "update",
                  kind.group(),
                  definition.gvr().resource(),
                  "finalizers",
                  definition.namespaced() ? request.call().namespace() : "",
                  owner.name());
          if (!authorizer.decide(asked).allowed()) {
            throw Refusal.of(
                request,
                "cannot set blockOwnerDeletion if an ownerReference refers to a resource you"
                    + " can't set finalizers on: "
                    + asked.refusal());
          }
        });
  }
}
