package dev.coracle.apiserver.internal.admission;

import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.LiveCache;
import io.smallrye.mutiny.Uni;
import java.util.Optional;
import java.util.function.Consumer;

/** The namespace that a request is made in, also where it was made a moment ago. */
final class NamespaceOf {

  private NamespaceOf() {}

  static Uni<Void> request(
      LiveCache namespaces, AdmissionRequest request, Consumer<KubeObject> then) {
    String name = request.call().namespace();
    Optional<KubeObject> known = namespaces.get("", name);
    if (known.isPresent()) {
      then.accept(known.get());
      return Backstage.DONE;
    }
    return namespaces.read("", name).invoke(then).replaceWithVoid();
  }
}
