package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;

/** Users and groups of Pods and containers, and what goes with privilege. */
final class SecurityContextRules {

  private static final String IDS = "must be between 0 and 2147483647, inclusive";

  private SecurityContextRules() {}

  static void pod(JsonNode context, FieldPath at, FieldErrors errors) {
    for (String field : new String[] {"runAsUser", "runAsGroup", "fsGroup"}) {
      id(context.path(field), at, field, errors);
    }
    int i = 0;
    for (JsonNode group : context.path("supplementalGroups")) {
      id(group, at.child("supplementalGroups").index(i++), "", errors);
    }
    WindowsRules.options(context, at, errors);
  }

  static void container(JsonNode context, FieldPath at, FieldErrors errors) {
    id(context.path("runAsUser"), at, "runAsUser", errors);
    id(context.path("runAsGroup"), at, "runAsGroup", errors);
    if (!context.path("allowPrivilegeEscalation").asBoolean(true)) {
      if (context.path("privileged").asBoolean()) {
        errors.invalid(
            at,
            "",
            context,
            "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
      }
      for (JsonNode capability : context.path("capabilities").path("add")) {
        if (capability.asText().equals("CAP_SYS_ADMIN")) {
          errors.invalid(
              at,
              "",
              context,
              "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add`"
                  + " CAP_SYS_ADMIN");
        }
      }
    }
    WindowsRules.options(context, at, errors);
  }

  private static void id(JsonNode id, FieldPath at, String field, FieldErrors errors) {
    if (id.isNumber() && (id.asLong() < 0 || id.asLong() > Integer.MAX_VALUE)) {
      errors.invalid(at, field, id, IDS);
    }
  }
}
