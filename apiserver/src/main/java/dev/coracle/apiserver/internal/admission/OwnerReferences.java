package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.authz.Attributes;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Registry;
import io.smallrye.mutiny.Uni;
import java.util.function.Supplier;

/**
 * Whoever lets an object block the deletion of its owner must be allowed to touch the owner's
 * finalizers (OwnerReferencesPermissionEnforcement).
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
    if (now.isEmpty() || before != null && before.at("metadata", "ownerReferences").equals(now)) {
      return Backstage.DONE;
    }
    for (JsonNode node : now) {
      OwnerReference owner = OwnerReference.of(node);
      if (owner.blockOwnerDeletion()) {
        check(request, user, owner);
      }
    }
    return Backstage.DONE;
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
