package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.api.StorageClasses;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.LiveCache;
import io.smallrye.mutiny.Uni;

/** A claim grows only where its StorageClass allows that (PersistentVolumeClaimResize). */
final class VolumeClaimResize implements AdmissionPlugin {

  private final LiveCache classes;

  VolumeClaimResize(LiveCache classes) {
    this.classes = classes;
  }

  @Override
  public String name() {
    return "PersistentVolumeClaimResize";
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    ObjectNode now = request.object();
    KubeObject before = request.before();
    if (now == null
        || before == null
        || request.operation() != Operation.UPDATE
        || !request.is("", "persistentvolumeclaims")) {
      return Backstage.DONE;
    }
    Quantity old = size(before.tree());
    Quantity wanted = size((ObjectNode) now);
    if (old == null || wanted == null || wanted.compareTo(old) <= 0) {
      return Backstage.DONE;
    }
    if (!before.text("status", "phase").equals("Bound")) {
      throw Refusal.of(request, "Only bound persistent volume claims can be expanded");
    }
    boolean allowed =
        classes
            .get("", StorageClasses.of(before))
            .map(c -> c.at("allowVolumeExpansion").asBoolean(false))
            .orElse(false);
    if (!allowed) {
      throw Refusal.of(
          request,
          "only dynamically provisioned pvc can be resized and the storageclass that provisions"
              + " the pvc must support resize");
    }
    return Backstage.DONE;
  }

  private static @org.jspecify.annotations.Nullable Quantity size(ObjectNode claim) {
    return Quantity.tryParse(
        claim.path("spec").path("resources").path("requests").path("storage").asText(""));
  }
}
