package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashSet;
import java.util.Set;

/** The VolumeAttributesClasses of claims and volumes (KEP-3751), by name. */
public final class AttributesClasses {

  private AttributesClasses() {}

  /** Those that a claim wants, has, or is being given. */
  public static Set<String> ofClaim(JsonNode claim) {
    JsonNode status = claim.path("status");
    Set<String> names = ofVolume(claim);
    add(status.path("currentVolumeAttributesClassName"), names);
    add(status.path("modifyVolumeStatus").path("targetVolumeAttributesClassName"), names);
    return names;
  }

  /** That of a volume. */
  public static Set<String> ofVolume(JsonNode volume) {
    Set<String> names = new LinkedHashSet<>();
    add(volume.path("spec").path("volumeAttributesClassName"), names);
    return names;
  }

  private static void add(JsonNode name, Set<String> names) {
    String text = name.asText("");
    if (!text.isEmpty()) {
      names.add(text);
    }
  }
}
