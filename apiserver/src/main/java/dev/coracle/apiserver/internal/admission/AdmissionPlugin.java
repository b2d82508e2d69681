package dev.coracle.apiserver.internal.admission;

import dev.coracle.apiserver.internal.registry.Backstage;
import io.smallrye.mutiny.Uni;

/**
 * Looks at a write before it is stored (Kubernetes docs, "Admission Controllers"). A refusal is a
 * {@link dev.coracle.api.StatusException}, thrown or in the Uni. A plugin that has nothing to wait
 * for returns {@link Backstage#DONE}.
 */
public interface AdmissionPlugin {

  String name();

  /** May change the object; all plugins' turns come before the first {@link #validate}. */
  default Uni<Void> admit(AdmissionRequest request) {
    return Backstage.DONE;
  }

  /** Sees the object as it will be stored. */
  default Uni<Void> validate(AdmissionRequest request) {
    return Backstage.DONE;
  }
}
