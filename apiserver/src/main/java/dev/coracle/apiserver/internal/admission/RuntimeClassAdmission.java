package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.LiveCache;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import java.util.Optional;

/** Adds the overhead and the node selection of a Pod's RuntimeClass (KEP-688). */
final class RuntimeClassAdmission implements AdmissionPlugin {

  private static final GroupResource CLASSES = new GroupResource("node.k8s.io", "runtimeclasses");

  private final LiveCache classes;
  private final ResourceStore store;

  RuntimeClassAdmission(LiveCache classes, ResourceStore store) {
    this.classes = classes;
    this.store = store;
  }

  @Override
  public String name() {
    return "RuntimeClass";
  }

  @Override
  public Uni<Void> admit(AdmissionRequest request) {
    ObjectNode pod = request.object();
    if (pod == null || !request.createsPod()) {
      return Backstage.DONE;
    }
    ObjectNode spec = pod.withObjectProperty("spec");
    String name = spec.path("runtimeClassName").asText("");
    if (name.isEmpty()) {
      if (!spec.path("overhead").isEmpty()) {
        throw Refusal.of(
            request, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined");
      }
      return Backstage.DONE;
    }
    Optional<KubeObject> known = classes.get("", name);
    if (known.isPresent()) {
      apply(request, spec, known.get());
      return Backstage.DONE;
    }
    // The cache may lag behind who has just made the class.
    return store
        .get(CLASSES, new NamespacedName("", name))
        .onFailure(StatusException::isNotFound)
        .transform(
            _ -> Refusal.of(request, "pod rejected: RuntimeClass \"" + name + "\" not found"))
        .invoke(found -> apply(request, spec, found))
        .replaceWithVoid();
  }

  private static void apply(AdmissionRequest request, ObjectNode spec, KubeObject found) {
    JsonNode overhead = found.at("overhead", "podFixed");
    if (overhead.isObject()) {
      if (spec.path("overhead").isObject() && !spec.path("overhead").equals(overhead)) {
        throw Refusal.of(
            request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
      }
      spec.set("overhead", overhead.deepCopy());
    }
    found
        .at("scheduling", "nodeSelector")
        .properties()
        .forEach(e -> {
          ObjectNode selector = spec.withObjectProperty("nodeSelector");
          JsonNode own = selector.get(e.getKey());
          if (own != null && !own.equals(e.getValue())) {
            throw Refusal.of(
                request,
                "conflict: runtimeClass.scheduling.nodeSelector[%s] = %s;"
                        .formatted(e.getKey(), e.getValue().asText())
                    + " pod.spec.nodeSelector[%s] = %s".formatted(e.getKey(), own.asText()));
          }
          selector.set(e.getKey(), e.getValue());
        });
    for (JsonNode t : found.at("scheduling", "tolerations")) {
      spec.withArrayProperty("tolerations").add(t.deepCopy());
    }
  }
}
