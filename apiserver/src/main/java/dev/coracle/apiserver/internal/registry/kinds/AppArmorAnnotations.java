package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.apiserver.internal.registry.Warnings;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Profiles of AppArmor that a new Pod names in annotations, as all did before there was a field: a
 * kubelet reads the field alone, so a container gets it from its annotation (KEP-24).
 */
final class AppArmorAnnotations {

  private static final String PREFIX = "container.apparmor.security.beta.kubernetes.io/";
  private static final String LOCALHOST = "localhost/";
  private static final FieldPath ANNOTATIONS = FieldPath.ROOT.child("metadata", "annotations");
  private static final List<String> CONTAINERS = List.of("initContainers", "containers");

  private AppArmorAnnotations() {}

  static void toFields(ObjectNode pod, Warnings warnings) {
    JsonNode annotations = pod.path("metadata").path("annotations");
    JsonNode spec = pod.path("spec");
    if (annotations.isEmpty() || spec.path("os").path("name").asText("").equals("windows")) {
      return;
    }
    JsonNode shared = spec.path("securityContext").path("appArmorProfile");
    for (String kind : CONTAINERS) {
      for (JsonNode container : spec.path(kind)) {
        String key = PREFIX + container.path("name").asText("");
        if (annotations.path(key).isTextual() && container instanceof ObjectNode c) {
          toField(c, key, annotations.path(key).asText(), shared, warnings);
        }
      }
    }
  }

  private static void toField(
      ObjectNode container, String key, String annotation, JsonNode shared, Warnings warnings) {
    if (container.path("securityContext").hasNonNull("appArmorProfile")) {
      return;
    }
    ObjectNode profile = profile(annotation);
    if (profile != null && profile.equals(shared)) {
      return;
    }
    if (profile != null) {
      ObjectNode context =
          container.path("securityContext") instanceof ObjectNode own
              ? own
              : container.putObject("securityContext");
      context.set("appArmorProfile", profile);
    }
    warnings.add(
        ANNOTATIONS.key(key)
            + ": deprecated since v1.30; use the \"appArmorProfile\" field instead");
  }

  /** Null where the annotation says none; what says one wrongly is refused as a field too. */
  private static @Nullable ObjectNode profile(String annotation) {
    if (annotation.equals("unconfined")) {
      return Json.object().put("type", "Unconfined");
    }
    if (annotation.equals("runtime/default")) {
      return Json.object().put("type", "RuntimeDefault");
    }
    if (!annotation.startsWith(LOCALHOST)) {
      return null;
    }
    String name = annotation.substring(LOCALHOST.length());
    return name.isBlank() || !name.strip().equals(name)
        ? null
        : Json.object().put("type", "Localhost").put("localhostProfile", name);
  }
}
