package dev.coracle.apiserver.internal.structured;

import dev.coracle.api.validation.NameRules;
import dev.coracle.apiserver.internal.podsecurity.Level;
import dev.coracle.apiserver.internal.podsecurity.LevelVersion;
import dev.coracle.apiserver.internal.podsecurity.PodSecurityConfig;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** A PodSecurityConfiguration of pod-security.admission.config.k8s.io. */
final class PodSecurityFile {

  private static final String GROUP = "pod-security.admission.config.k8s.io/";

  private PodSecurityFile() {}

  static PodSecurityConfig parse(Field root) {
    ConfigFile.expect(
        root,
        "PodSecurityConfiguration",
        List.of(GROUP + "v1", GROUP + "v1beta1", GROUP + "v1alpha1"));
    root.only("apiVersion", "kind", "defaults", "exemptions");
    Field defaults =
        root.child("defaults")
            .only("enforce", "enforce-version", "audit", "audit-version", "warn", "warn-version");
    Field exemptions = root.child("exemptions").only("usernames", "namespaces", "runtimeClasses");
    return new PodSecurityConfig(
        level(defaults, "enforce"),
        level(defaults, "audit"),
        level(defaults, "warn"),
        new LinkedHashSet<>(exemptions.texts("usernames")),
        names(exemptions, "namespaces", NameRules::dnsLabel),
        names(exemptions, "runtimeClasses", NameRules::dnsSubdomain));
  }

  private static LevelVersion level(Field defaults, String mode) {
    String level = defaults.has(mode) ? defaults.text(mode) : "privileged";
    String version = mode + "-version";
    String minor = defaults.has(version) ? defaults.text(version) : "latest";
    return new LevelVersion(
        Level.of(level)
            .orElseThrow(() ->
                wrong(
                    defaults.child(mode),
                    level,
                    "must be one of privileged, baseline, restricted")),
        LevelVersion.minor(minor)
            .orElseThrow(
                () -> wrong(defaults.child(version), minor, "must be \"latest\" or \"v1.x\"")));
  }

  private static Set<String> names(
      Field exemptions, String list, Function<String, List<String>> rule) {
    Set<String> out = new LinkedHashSet<>(exemptions.texts(list));
    int i = 0;
    for (String name : out) {
      List<String> wrong = rule.apply(name);
      if (!wrong.isEmpty()) {
        throw wrong(exemptions.list(list).get(i), name, String.join(", ", wrong));
      }
      i++;
    }
    return out;
  }

  private static IllegalArgumentException wrong(Field field, String value, String must) {
    return field.error("Invalid value: \"" + value + "\": " + must);
  }
}
