package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.LiveCache;
import io.smallrye.mutiny.Uni;
import java.util.Comparator;

/** Gives Ingresses that name no IngressClass the default one; of several, the newest. */
final class DefaultIngressClass implements AdmissionPlugin {

  private static final String DEFAULT = "ingressclass.kubernetes.io/is-default-class";

  private final LiveCache classes;

  DefaultIngressClass(LiveCache classes) {
    this.classes = classes;
  }

  @Override
  public String name() {
    return "DefaultIngressClass";
  }

  @Override
  public Uni<Void> admit(AdmissionRequest request) {
    ObjectNode ingress = request.object();
    if (ingress == null
        || request.operation() != Operation.CREATE
        || !request.is("networking.k8s.io", "ingresses")
        || ingress.path("spec").hasNonNull("ingressClassName")
        || ingress.path("metadata").path("annotations").has("kubernetes.io/ingress.class")) {
      return Backstage.DONE;
    }
    classes.all().stream()
        .filter(c -> c.annotation(DEFAULT).orElse("").equals("true"))
        .max(
            Comparator.<KubeObject, String>comparing(
                    c -> c.metadata().path("creationTimestamp").asText(""))
                .thenComparing(KubeObject::name, Comparator.reverseOrder()))
        .ifPresent(c -> ingress.withObjectProperty("spec").put("ingressClassName", c.name()));
    return Backstage.DONE;
  }
}
