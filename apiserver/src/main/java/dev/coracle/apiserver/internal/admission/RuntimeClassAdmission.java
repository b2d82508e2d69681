package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.LiveCache;
import io.smallrye.mutiny.Uni;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
    return withClass(request, RuntimeClassAdmission::apply);
  }

  /** Again at the end: others may have changed the overhead since. */
  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    return withClass(request, RuntimeClassAdmission::checkOverhead);
  }

  private interface Step {
    void take(AdmissionRequest request, ObjectNode spec, @Nullable KubeObject found);
  }

  private Uni<Void> withClass(AdmissionRequest request, Step step) {
    ObjectNode pod = request.object();
    if (pod == null || !request.createsPod()) {
      return Backstage.DONE;
    }
    ObjectNode spec = pod.withObjectProperty("spec");
    String name = spec.path("runtimeClassName").asText("");
    Optional<KubeObject> known = name.isEmpty() ? Optional.empty() : classes.get("", name);
    if (name.isEmpty() || known.isPresent()) {
      step.take(request, spec, known.orElse(null));
      return Backstage.DONE;
    }
    // The cache may lag behind who has just made the class.
    return classes
        .read("", name)
        .onFailure(StatusException::isNotFound)
        .transform(
            _ -> Refusal.of(request, "pod rejected: RuntimeClass \"" + name + "\" not found"))
        .invoke(found -> step.take(request, spec, found))
        .replaceWithVoid();
  }

  private static void checkOverhead(
      AdmissionRequest request, ObjectNode spec, @Nullable KubeObject found) {
    if (found != null && found.at("overhead").isObject()) {
      if (!same(found.at("overhead", "podFixed"), spec.path("overhead"))) {
        throw unlike(request);
      }
    } else if (spec.path("overhead").isObject()) {
      throw Refusal.of(
          request,
          "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
    }
  }

  private static StatusException unlike(AdmissionRequest request) {
    return Refusal.of(
        request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  }

  /** Whether both are the same amounts, however written; none at all is as good as no names. */
  private static boolean same(JsonNode a, JsonNode b) {
    if (a.size() != b.size()) {
      return false;
    }
    for (var e : a.properties()) {
      Quantity left = Quantity.tryParse(e.getValue().asText());
      if (left == null || !left.equals(Quantity.tryParse(b.path(e.getKey()).asText("")))) {
        return false;
      }
    }
    return true;
  }

  private static void apply(AdmissionRequest request, ObjectNode spec, @Nullable KubeObject found) {
    if (found == null) {
      return;
    }
    if (found.at("overhead").isObject()) {
      JsonNode overhead = found.at("overhead", "podFixed");
      if (spec.path("overhead").isObject() && !same(overhead, spec.path("overhead"))) {
        throw unlike(request);
      }
      spec.remove("overhead");
      if (overhead.isObject()) {
        spec.set("overhead", overhead.deepCopy());
      }
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
    if (!found.at("scheduling").isMissingNode()) {
      ArrayNode merged =
          Tolerations.merge(spec.path("tolerations"), found.at("scheduling", "tolerations"));
      if (!merged.isEmpty()) {
        spec.set("tolerations", merged);
      }
    }
  }
}
