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

  private SysctlRules() {}

  static void check(JsonNode sysctls, FieldPath path, FieldErrors errors) {
    Set<String> seen = new HashSet<>();
    int index = 0;
    for (JsonNode sysctl : sysctls) {
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
      } else if (!seen.add(name.replace('/', '.'))) {
        errors.duplicate(at, "name", name);
      }
    }
  }
}
