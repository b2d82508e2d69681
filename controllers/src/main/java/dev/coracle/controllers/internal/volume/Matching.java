package dev.coracle.controllers.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Quantity;
import dev.coracle.api.StorageClasses;
import dev.coracle.api.selector.LabelSelector;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** Which volume will do for which claim. */
final class Matching {

  private Matching() {}

  /** The claim that holds the volume; its name is empty when there is none. */
  static NamespacedName claimOf(KubeObject volume) {
    return new NamespacedName(
        volume.text("spec", "claimRef", "namespace"), volume.text("spec", "claimRef", "name"));
  }

  static boolean uidMatches(KubeObject volume, KubeObject claim) {
    String uid = volume.text("spec", "claimRef", "uid");
    return uid.isEmpty() || uid.equals(claim.uid());
  }

  /** Whether a volume that is meant for the claim can be had. */
  static boolean suits(KubeObject claim, KubeObject volume) {
    return !volume.isDeleting()
        && mode(volume).equals(mode(claim))
        && volume
            .text("spec", "volumeAttributesClassName")
            .equals(claim.text("spec", "volumeAttributesClassName"))
        && capacity(volume).compareTo(requested(claim)) >= 0;
  }

  private static Quantity capacity(KubeObject volume) {
    return size(volume.at("spec", "capacity", "storage"));
  }

  private static Quantity requested(KubeObject claim) {
    return size(claim.at("spec", "resources", "requests", "storage"));
  }

  /**
   * The free volume that will do and can do least else: of those with the fewest access modes the
   * smallest.
   */
  static Optional<KubeObject> match(KubeObject claim, Collection<KubeObject> volumes) {
    var selector = claim.at("spec", "selector");
    return volumes.stream()
        .filter(v -> claimOf(v).name().isEmpty() && suits(claim, v))
        .filter(v -> !v.text("status", "phase").equals("Failed"))
        .filter(v -> StorageClasses.of(v).equals(StorageClasses.of(claim)))
        .filter(v ->
            texts(v.at("spec", "accessModes")).containsAll(texts(claim.at("spec", "accessModes"))))
        .filter(v -> !selector.isObject() || LabelSelector.of(selector).matches(v))
        .min(
            Comparator.<KubeObject>comparingInt(v -> texts(v.at("spec", "accessModes")).size())
                .thenComparing(Matching::capacity)
                .thenComparing(KubeObject::name));
  }

  static String mode(KubeObject object) {
    String mode = object.text("spec", "volumeMode");
    return mode.isEmpty() ? "Filesystem" : mode;
  }

  private static Set<String> texts(JsonNode list) {
    Set<String> out = new HashSet<>();
    list.forEach(t -> out.add(t.asText()));
    return out;
  }

  static Quantity size(JsonNode text) {
    Quantity quantity = Quantity.tryParse(text.asText(""));
    return quantity == null ? Quantity.ZERO : quantity;
  }

  /** Why a claim cannot have the volume it names; empty when it can. */
  static String mismatch(KubeObject claim, KubeObject volume) {
    if (volume.isDeleting()) {
      return "the volume is marked for deletion \"" + volume.name() + "\"";
    }
    if (capacity(volume).compareTo(requested(claim)) < 0) {
      return "requested PV is too small";
    }
    if (!StorageClasses.of(volume).equals(StorageClasses.of(claim))) {
      return "storageClassName does not match";
    }
    if (!volume
        .text("spec", "volumeAttributesClassName")
        .equals(claim.text("spec", "volumeAttributesClassName"))) {
      return "volumeAttributesClassName does not match";
    }
    if (!mode(volume).equals(mode(claim))) {
      return "incompatible volumeMode";
    }
    return texts(volume.at("spec", "accessModes"))
            .containsAll(texts(claim.at("spec", "accessModes")))
        ? ""
        : "incompatible accessMode";
  }

  static void reference(ObjectNode volume, KubeObject claim) {
    volume
        .withObjectProperty("spec")
        .putObject("claimRef")
        .put("apiVersion", "v1")
        .put("kind", "PersistentVolumeClaim")
        .put("namespace", claim.namespace())
        .put("name", claim.name())
        .put("uid", claim.uid())
        .put("resourceVersion", claim.resourceVersion());
  }
}
