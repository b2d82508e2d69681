package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.StatusException;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;

/**
 * Devices that are in use are looked after only from namespaces that are labelled for it
 * (KEP-5018). The namespace is read from the store, so that a label counts at once.
 */
final class DeviceAdminAccess {

  private static final String LABEL = "resource.kubernetes.io/admin-access";
  private static final GroupResource NAMESPACES = new GroupResource("", "namespaces");

  private final ResourceStore store;

  DeviceAdminAccess(ResourceStore store) {
    this.store = store;
  }

  /**
   * The requests of a claim. The path names no {@code exactly}, and no claim in a template, as
   * upstream's does not.
   */
  Uni<Void> ofRequests(JsonNode claimSpec, Call call) {
    int i = 0;
    for (JsonNode request : claimSpec.path("devices").path("requests")) {
      if (request.path("exactly").path("adminAccess").asBoolean(false)) {
        return check(FieldPath.SPEC.child("devices", "requests").index(i), call);
      }
      i++;
    }
    return Backstage.DONE;
  }

  /** What was allocated; what had been granted before stays. */
  Uni<Void> ofResults(JsonNode now, JsonNode before, Call call) {
    int asked = granted(now);
    return asked < 0 || granted(before) >= 0
        ? Backstage.DONE
        : check(
            FieldPath.STATUS.child("allocation").child("devices", "results").index(asked), call);
  }

  private static int granted(JsonNode claim) {
    int i = 0;
    for (JsonNode result :
        claim.path("status").path("allocation").path("devices").path("results")) {
      if (result.path("adminAccess").asBoolean(false)) {
        return i;
      }
      i++;
    }
    return -1;
  }

  private Uni<Void> check(FieldPath at, Call call) {
    return store
        .get(NAMESPACES, new NamespacedName("", call.namespace()))
        .invoke(namespace -> {
          if (!namespace.labels().getOrDefault(LABEL, "").equals("true")) {
            FieldErrors errors = new FieldErrors();
            errors.forbidden(
                at,
                "adminAccess",
                "admin access to devices requires the `"
                    + LABEL
                    + ": true` label on the containing namespace");
            throw StatusException.invalid(call.type().kind(), call.name(), errors.causes());
          }
        })
        .replaceWithVoid();
  }
}
