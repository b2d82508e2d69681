package dev.coracle.apiserver.internal.admission;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Status;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.LiveCache;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Set;

/**
 * Nothing is created in a namespace that is missing or going, and the system's namespaces stay. Who
 * may do what in a namespace may always be asked.
 */
final class NamespaceLifecycle implements AdmissionPlugin {

  private static final Set<String> IMMORTAL = Set.of("default", "kube-system", "kube-public");

  private final LiveCache namespaces;

  NamespaceLifecycle(LiveCache namespaces) {
    this.namespaces = namespaces;
  }

  @Override
  public String name() {
    return "NamespaceLifecycle";
  }

  @Override
  public Uni<Void> admit(AdmissionRequest request) {
    if (request.operation() == Operation.DELETE
        && request.is("", "namespaces")
        && IMMORTAL.contains(request.call().name())) {
      throw Refusal.of(request, "this namespace may not be deleted");
    }
    if (request.operation() != Operation.CREATE
        || request.call().namespace().isEmpty()
        || request.is("authorization.k8s.io", "localsubjectaccessreviews")) {
      return Backstage.DONE;
    }
    return NamespaceOf.request(namespaces, request, namespace -> check(request, namespace));
  }

  private static void check(AdmissionRequest request, KubeObject namespace) {
    if (!namespace.isDeleting() && !namespace.text("status", "phase").equals("Terminating")) {
      return;
    }
    String name = namespace.name();
    StatusException refusal =
        Refusal.of(
            request,
            "unable to create new content in namespace "
                + name
                + " because it is being terminated");
    Status status =
        refusal
            .status()
            .withCauses(
                List.of(
                    new StatusCause(
                        "NamespaceTerminating",
                        "namespace " + name + " is being terminated",
                        "metadata.namespace")));
    throw new StatusException(status);
  }
}
