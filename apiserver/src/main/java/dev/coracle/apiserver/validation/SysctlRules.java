package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;

/** Names of kernel parameters in a pod's security context, with dots or slashes. */
final class SysctlRules {

  private static final String SEGMENT = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
  private static final String SYSCTL = "^(" + SEGMENT + "[\\.\\/])*" + SEGMENT + "$";
  private static final Pattern PATTERN = Pattern.compile(SYSCTL);
  private static final int LONGEST = 253;

  private static final Set<String> IPC =
      Set.of(
          "kernel.sem",
          "kernel.shm",
          "kernel.shmall",
          "kernel.shmmax",
          "kernel.shmmni",
          "kernel.shm_rmid_forced",
          "kernel.msg",
          "kernel.msgmax",
          "kernel.msgmnb",
          "kernel.msgmni");

  private SysctlRules() {}

  static void check(JsonNode spec, FieldPath path, FieldErrors errors) {
    Set<String> seen = new HashSet<>();
    int index = 0;
    for (JsonNode sysctl : spec.path("securityContext").path("sysctls")) {
      FieldPath at = path.index(index++);
      String name = Nodes.text(sysctl, "name");
      if (name.isEmpty()) {
        errors.required(at, "name");
      } else if (name.length() > LONGEST || !PATTERN.matcher(name).matches()) {
        errors.invalid(
            at,
            "name",
            name,
            "must have at most " + LONGEST + " characters and match regex " + SYSCTL);
      } else if (!seen.add(name)) {
        errors.duplicate(at, "name", name);
      }
      ofNode(name, spec, at, errors);
    }
  }

  /** What belongs to a namespace that the Pod shares with its node is not the Pod's to change. */
  private static void ofNode(String name, JsonNode spec, FieldPath at, FieldErrors errors) {
    String dotted = dotted(name);
    String shared = "";
    if (dotted.startsWith("net.")) {
      shared = "hostNetwork";
    } else if (IPC.contains(dotted) || dotted.startsWith("fs.mqueue.")) {
      shared = "hostIPC";
    }
    if (!shared.isEmpty() && spec.path(shared).asBoolean()) {
      errors.invalid(at, "name", name, "may not be specified when '" + shared + "' is true");
    }
  }

  /** Whichever of the two separators comes first, separates. */
  private static String dotted(String name) {
    int slash = name.indexOf('/');
    int dot = name.indexOf('.');
    if (slash < 0 || dot >= 0 && dot < slash) {
      return name;
    }
    StringBuilder out = new StringBuilder(name);
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      out.setCharAt(i, c == '/' ? '.' : c == '.' ? '/' : c);
    }
    return out.toString();
  }
}
