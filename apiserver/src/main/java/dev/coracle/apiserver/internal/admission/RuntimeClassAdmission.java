package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.LiveCache;
import io.smallrye.mutiny.Uni;

/** Adds the overhead and the node selection of a Pod's RuntimeClass (KEP-688). */
final class RuntimeClassAdmission implements AdmissionPlugin {

  private final LiveCache classes;

  RuntimeClassAdmission(LiveCache classes) {
    this.classes = classes;
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
    KubeObject found =
        classes
            .get("", name)
            .orElseThrow(
                () -> Refusal.of(request, "pod rejected: RuntimeClass \"" + name + "\" not found"));
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
                request, "conflict: runtimeClass.scheduling.nodeSelector[" + e.getKey() + "]");
          }
          selector.set(e.getKey(), e.getValue());
        });
    for (JsonNode t : found.at("scheduling", "tolerations")) {
      spec.withArrayProperty("tolerations").add(t.deepCopy());
    }
    return Backstage.DONE;
  }
}
