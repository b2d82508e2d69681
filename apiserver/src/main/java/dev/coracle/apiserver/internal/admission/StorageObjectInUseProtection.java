package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import io.smallrye.mutiny.Uni;

/**
 * Volumes, claims and classes of volumes' attributes get the finalizer that keeps them while they
 * are in use.
 */
final class StorageObjectInUseProtection implements AdmissionPlugin {

  @Override
  public String name() {
    return "StorageObjectInUseProtection";
  }

  @Override
  public Uni<Void> admit(AdmissionRequest request) {
    ObjectNode object = request.object();
    if (object == null || request.operation() != Operation.CREATE) {
      return Backstage.DONE;
    }
    if (request.is("", "persistentvolumes")) {
      add(object, "kubernetes.io/pv-protection");
    } else if (request.is("", "persistentvolumeclaims")) {
      add(object, "kubernetes.io/pvc-protection");
    } else if (request.is("storage.k8s.io", "volumeattributesclasses")) {
      add(object, "kubernetes.io/vac-protection");
    }
    return Backstage.DONE;
  }

  private static void add(ObjectNode object, String finalizer) {
    ObjectNode metadata = object.withObjectProperty("metadata");
    ArrayNode list =
        metadata.get("finalizers") instanceof ArrayNode a ? a : metadata.putArray("finalizers");
    for (JsonNode f : list) {
      if (f.asText().equals(finalizer)) {
        return;
      }
    }
    list.add(finalizer);
  }
}
