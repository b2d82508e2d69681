package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.LiveCache;
import io.smallrye.mutiny.Uni;
import java.util.Comparator;

/** Gives claims that name no StorageClass the default one; of several, the newest. */
final class DefaultStorageClass implements AdmissionPlugin {

  private static final String DEFAULT = "storageclass.kubernetes.io/is-default-class";

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
        || claim.path("spec").hasNonNull("storageClassName")
        || claim
            .path("metadata")
            .path("annotations")
            .has("volume.beta.kubernetes.io/storage-class")) {
      return Backstage.DONE;
    }
    classes.all().stream()
        .filter(c -> c.annotation(DEFAULT).orElse("").equals("true"))
        .max(
            Comparator.<KubeObject, String>comparing(
                    c -> c.metadata().path("creationTimestamp").asText(""))
                .thenComparing(KubeObject::name, Comparator.reverseOrder()))
        .ifPresent(c -> claim.withObjectProperty("spec").put("storageClassName", c.name()));
    return Backstage.DONE;
  }
}
