package dev.coracle.apiserver.warning;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.schema.ResourceDefinition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * That a served version should no longer be used. Whoever asks for it is told so.
 *
 * @param warning the text of the {@code Warning} header
 * @param removedRelease the release without it, such as {@code 1.37}; empty where none is planned
 * @see <a href="https://kubernetes.io/docs/reference/using-api/deprecation-policy/">Kubernetes
 *     Deprecation Policy</a>
 */
public record ApiDeprecation(String warning, String removedRelease) {

  private static final Map<GroupVersionKind, ApiDeprecation> BUILT_IN = builtIn();

  /** Empty for versions that may well be used. */
  public static Optional<ApiDeprecation> of(ResourceDefinition resource) {
    if (resource.builtIn()) {
      return Optional.ofNullable(BUILT_IN.get(resource.kind()));
    }
    return resource.custom() != null && resource.custom().path("deprecated").asBoolean()
        ? Optional.of(
            new ApiDeprecation(resource.custom().path("deprecationWarning").asText(""), ""))
        : Optional.empty();
  }

  private static Map<GroupVersionKind, ApiDeprecation> builtIn() {
    Map<GroupVersionKind, ApiDeprecation> out = new HashMap<>();
    add(out, "", "v1", List.of("ComponentStatus"), 19, 0, "");
    add(out, "", "v1", List.of("Endpoints"), 33, 0, "; use discovery.k8s.io/v1 EndpointSlice");
    String storage = "storage.k8s.io";
    List<String> attributes = List.of("VolumeAttributesClass");
    add(
        out,
        storage,
        "v1beta1",
        attributes,
        34,
        37,
        "; use storage.k8s.io/v1 VolumeAttributesClass");
    String networking = "networking.k8s.io";
    add(out, networking, "v1beta1", List.of("IPAddress", "ServiceCIDR"), 34, 37, "");
    List<String> devices =
        List.of("DeviceClass", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice");
    add(out, "resource.k8s.io", "v1beta1", devices, 35, 38, "");
    add(out, "resource.k8s.io", "v1beta2", devices, 36, 39, "");
    add(out, "coordination.k8s.io", "v1beta1", List.of("LeaseCandidate"), 36, 39, "");
    add(out, "certificates.k8s.io", "v1beta1", List.of("ClusterTrustBundle"), 36, 39, "");
    return Map.copyOf(out);
  }

  /**
   * @param since the minor release of Kubernetes 1 that deprecated it
   * @param until the one without it; 0 where none is planned
   */
  private static void add(
      Map<GroupVersionKind, ApiDeprecation> out,
      String group,
      String version,
      List<String> kinds,
      int since,
      int until,
      String instead) {
    for (String kind : kinds) {
      GroupVersionKind gvk = new GroupVersionKind(group, version, kind);
      String gone = until == 0 ? "" : ", unavailable in v1." + until + "+";
      String text = gvk.apiVersion() + " " + kind + " is deprecated in v1." + since + "+" + gone;
      out.put(gvk, new ApiDeprecation(text + instead, until == 0 ? "" : "1." + until));
    }
  }
}
