package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.StorageClasses;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.LiveCache;
import io.smallrye.mutiny.Uni;

/** Gives claims that name no StorageClass the default one; of several, the newest. */
final class DefaultStorageClass implements AdmissionPlugin {

  private final LiveCache classes;

  DefaultStorageClass(LiveCache classes) {
    this.classes = classes;
  }

  @Override
  public String name() {
    return "DefaultStorageClass";
  }

  @Override
  public Uni<Void> admit(AdmissionRequest request) {
    ObjectNode claim = request.object();
    if (claim == null
        || request.operation() != Operation.CREATE
        || !request.is("", "persistentvolumeclaims")
        || StorageClasses.isChosen(claim)) {
      return Backstage.DONE;
    }
    StorageClasses.byDefault(classes.all())
        .ifPresent(c -> claim.withObjectProperty("spec").put("storageClassName", c.name()));
    return Backstage.DONE;
  }
}
