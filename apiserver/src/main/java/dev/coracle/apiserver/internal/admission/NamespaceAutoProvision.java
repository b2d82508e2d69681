package dev.coracle.apiserver.internal.admission;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.apiserver.ApiCalls;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.LiveCache;
import io.smallrye.mutiny.Uni;
import java.util.function.Supplier;

/** Makes a namespace when something is created in one that there is not. */
final class NamespaceAutoProvision implements AdmissionPlugin {

  private static final GroupVersionKind NAMESPACE = new GroupVersionKind("", "v1", "Namespace");

  private final LiveCache namespaces;
  private final Supplier<ApiCalls> calls;

  /**
   * @param calls in the server's own name
   */
  NamespaceAutoProvision(LiveCache namespaces, Supplier<ApiCalls> calls) {
    this.namespaces = namespaces;
    this.calls = calls;
  }

  @Override
  public String name() {
    return "NamespaceAutoProvision";
  }

  @Override
  public Uni<Void> admit(AdmissionRequest request) {
    String name = request.call().namespace();
    if (request.operation() != Operation.CREATE
        || name.isEmpty()
        || request.call().dryRun()
        || namespaces.get("", name).isPresent()) {
      return Backstage.DONE;
    }
    return Uni.createFrom()
        .deferred(() ->
            calls
                .get()
                .create(
                    Resources.NAMESPACES,
                    "",
                    KubeObject.create(NAMESPACE, "", name, _ -> {}),
                    WriteOptions.NONE))
        .replaceWithVoid()
        .onFailure(StatusException::isAlreadyExists)
        .recoverWithNull()
        .onFailure()
        .transform(e -> Refusal.of(request, String.valueOf(e.getMessage())));
  }
}
