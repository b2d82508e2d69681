package dev.coracle.controllers.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Quantity;
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

  /** The smallest free volume that will do. */
  static Optional<KubeObject> match(KubeObject claim, Collection<KubeObject> volumes) {
    Quantity size = size(claim.at("spec", "resources", "requests", "storage"));
    var selector = claim.at("spec", "selector");
    return volumes.stream()
        .filter(v -> claimOf(v).name().isEmpty() && !v.isDeleting())
        .filter(v -> !v.text("status", "phase").equals("Failed"))
        .filter(
            v -> v.text("spec", "storageClassName").equals(claim.text("spec", "storageClassName")))
        .filter(v -> mode(v).equals(mode(claim)))
        .filter(v ->
            v.text("spec", "volumeAttributesClassName")
                .equals(claim.text("spec", "volumeAttributesClassName")))
        .filter(v ->
            texts(v.at("spec", "accessModes")).containsAll(texts(claim.at("spec", "accessModes"))))
        .filter(v -> !selector.isObject() || LabelSelector.of(selector).matches(v))
        .filter(v -> size(v.at("spec", "capacity", "storage")).compareTo(size) >= 0)
        .min(
            Comparator.<KubeObject, Quantity>comparing(
                    v -> size(v.at("spec", "capacity", "storage")))
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
    if (size(volume.at("spec", "capacity", "storage"))
            .compareTo(size(claim.at("spec", "resources", "requests", "storage")))
        < 0) {
      return "requested PV is too small";
    }
    if (!volume.text("spec", "storageClassName").equals(claim.text("spec", "storageClassName"))) {
      return "storageClassName does not match";
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
