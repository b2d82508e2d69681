package dev.coracle.apiserver.internal.aggregation;

import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Scheme.Version;
import java.util.Map;

/** In which order clients are shown the built-in groups and their versions; Kubernetes' numbers. */
final class LocalPriorities {

  private static final int OTHER = 16_000;
  private static final int CUSTOM_GROUP = 1000;
  private static final int CUSTOM_VERSION = 100;

  private static final Map<String, Integer> GROUPS =
      Map.ofEntries(
          Map.entry("", 18_000),
          Map.entry("apps", 17_800),
          Map.entry("events.k8s.io", 17_750),
          Map.entry("authentication.k8s.io", 17_700),
          Map.entry("authorization.k8s.io", 17_600),
          Map.entry("autoscaling", 17_500),
          Map.entry("batch", 17_400),
          Map.entry("certificates.k8s.io", 17_300),
          Map.entry("networking.k8s.io", 17_200),
          Map.entry("policy", 17_100),
          Map.entry("rbac.authorization.k8s.io", 17_000),
          Map.entry("storage.k8s.io", 16_800),
          Map.entry("storagemigration.k8s.io", 16_800),
          Map.entry("admissionregistration.k8s.io", 16_700),
          Map.entry("apiextensions.k8s.io", 16_700),
          Map.entry("scheduling.k8s.io", 16_600),
          Map.entry("coordination.k8s.io", 16_500),
          Map.entry("node.k8s.io", 16_300),
          Map.entry("discovery.k8s.io", 16_200),
          Map.entry("resource.k8s.io", 16_200),
          Map.entry("flowcontrol.apiserver.k8s.io", 16_100));

  private static final Map<String, Integer> VERSIONS =
      Map.of(
          "/v1", 1,
          "autoscaling/v2", 30,
          "flowcontrol.apiserver.k8s.io/v1", 21);

  private LocalPriorities() {}

  static int ofGroup(Version version) {
    return isCustom(version) ? CUSTOM_GROUP : GROUPS.getOrDefault(version.group(), OTHER);
  }

  /** Whether it is there by custom resources alone. */
  static boolean isCustom(Version version) {
    return version.resources().stream().noneMatch(ResourceDefinition::builtIn);
  }

  static int ofVersion(Version of) {
    if (isCustom(of)) {
      return CUSTOM_VERSION;
    }
    String group = of.group();
    String version = of.version();
    int otherwise = version.contains("alpha") ? 1 : version.contains("beta") ? 9 : 15;
    return VERSIONS.getOrDefault(group + "/" + version, otherwise);
  }
}
