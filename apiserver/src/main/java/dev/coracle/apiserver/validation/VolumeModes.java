package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.Set;

/** How many may mount a volume, and whether as files or as a device. */
final class VolumeModes {

  private static final Set<String> ACCESS =
      Set.of("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod");
  private static final Set<String> FORMS = Set.of("Block", "Filesystem");

  private VolumeModes() {}

  static void access(JsonNode spec, FieldPath path, FieldErrors errors) {
    boolean pod = false;
    boolean others = false;
    for (JsonNode mode : spec.path("accessModes")) {
      if (!ACCESS.contains(mode.asText())) {
        errors.unsupported(path, "accessModes", mode.asText(), ACCESS);
      } else if (mode.asText().equals("ReadWriteOncePod")) {
        pod = true;
      } else {
        others = true;
      }
    }
    if (pod && others) {
      errors.forbidden(path, "accessModes", "may not use ReadWriteOncePod with other access modes");
    }
  }

  static void form(JsonNode spec, FieldPath path, FieldErrors errors) {
    if (Nodes.set(spec, "volumeMode") && !FORMS.contains(Nodes.text(spec, "volumeMode"))) {
      errors.unsupported(path, "volumeMode", Nodes.text(spec, "volumeMode"), FORMS);
    }
  }
}
