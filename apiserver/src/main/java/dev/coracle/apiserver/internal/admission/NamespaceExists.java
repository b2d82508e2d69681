package dev.coracle.apiserver.internal.admission;

import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.LiveCache;
import io.smallrye.mutiny.Uni;

/** Nothing is written or deleted in a namespace that there is not. */
final class NamespaceExists implements AdmissionPlugin {

  private final LiveCache namespaces;

  NamespaceExists(LiveCache namespaces) {
    this.namespaces = namespaces;
  }

  @Override
  public String name() {
    return "NamespaceExists";
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    String namespace = request.call().namespace();
    if (namespace.isEmpty()
        || request.operation() == AdmissionRequest.Operation.CONNECT
        || namespaces.get("", namespace).isPresent()) {
      return Backstage.DONE;
    }
    return namespaces.read("", namespace).replaceWithVoid();
  }
}
