package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.List;
import java.util.Set;

/** Users and groups of Pods and containers, and what goes with privilege. */
final class SecurityContextRules {

  private static final String IDS = "must be between 0 and 2147483647, inclusive";

  private static final Set<String> FS_GROUP = Set.of("Always", "OnRootMismatch");
  private static final Set<String> GROUPS = Set.of("Merge", "Strict");
  private static final Set<String> SE_LINUX = Set.of("MountOption", "Recursive");
  private static final List<String> PROC_MOUNTS = List.of("Default", "Unmasked");

  private SecurityContextRules() {}

  /**
   * @param spec of the Pod, whose context may ask for things that lie beside it
   */
  static void pod(JsonNode spec, FieldPath at, FieldErrors errors) {
    JsonNode context = spec.path("securityContext");
    for (String field : new String[] {"fsGroup", "runAsUser", "runAsGroup"}) {
      id(context.path(field), at, field, errors);
    }
    int i = 0;
    for (JsonNode group : context.path("supplementalGroups")) {
      id(group, at.child("supplementalGroups").index(i++), "", errors);
    }
    if (spec.path("shareProcessNamespace").asBoolean() && spec.path("hostPID").asBoolean()) {
      errors.invalid(
          at,
          "shareProcessNamespace",
          true,
          "ShareProcessNamespace and HostPID cannot both be enabled");
    }
    SysctlRules.check(spec, at.child("sysctls"), errors);
    choice(context, "fsGroupChangePolicy", FS_GROUP, at, errors);
    SecurityProfileRules.seccomp(context, at, errors);
    WindowsRules.options(context, at, errors);
    SecurityProfileRules.appArmor(context, at, errors);
    choice(context, "supplementalGroupsPolicy", GROUPS, at, errors);
    choice(context, "seLinuxChangePolicy", SE_LINUX, at, errors);
  }

  private static void choice(
      JsonNode context, String field, Set<String> allowed, FieldPath at, FieldErrors errors) {
    if (Nodes.set(context, field) && !allowed.contains(Nodes.text(context, field))) {
      errors.unsupported(at, field, Nodes.text(context, field), allowed);
    }
  }

  /**
   * @param hostUsers whether the users in the container are those of the node
   */
  static void container(JsonNode context, boolean hostUsers, FieldPath at, FieldErrors errors) {
    id(context.path("runAsUser"), at, "runAsUser", errors);
    id(context.path("runAsGroup"), at, "runAsGroup", errors);
    if (Nodes.set(context, "procMount")) {
      String mount = Nodes.text(context, "procMount");
      if (!PROC_MOUNTS.contains(mount)) {
        errors.unsupported(at, "procMount", mount, PROC_MOUNTS);
      } else if (hostUsers && mount.equals("Unmasked")) {
        errors.invalid(at, "procMount", mount, "`hostUsers` must be false to use `Unmasked`");
      }
    }
    SecurityProfileRules.seccomp(context, at, errors);
    escalation(context, at, errors);
    WindowsRules.options(context, at, errors);
    SecurityProfileRules.appArmor(context, at, errors);
  }

  private static void escalation(JsonNode context, FieldPath at, FieldErrors errors) {
    if (context.path("allowPrivilegeEscalation").asBoolean(true)) {
      return;
    }
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

  static void id(JsonNode id, FieldPath at, String field, FieldErrors errors) {
    if (id.isNumber() && (id.asLong() < 0 || id.asLong() > Integer.MAX_VALUE)) {
      errors.invalid(at, field, id, IDS);
    }
  }
}
