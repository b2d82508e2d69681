package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.LiveCache;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Optional;

/** Turns the name of a PriorityClass into the number that the scheduler compares. */
final class PriorityAdmission implements AdmissionPlugin {

  private static final int SYSTEM_CRITICAL = 2_000_000_000;

  private final LiveCache classes;

  PriorityAdmission(LiveCache classes) {
    this.classes = classes;
  }

  @Override
  public String name() {
    return "Priority";
  }

  @Override
  public Uni<Void> admit(AdmissionRequest request) {
    ObjectNode pod = request.object();
    KubeObject before = request.before();
    if (pod != null && before != null && request.updatesPod()) {
      keep(pod.withObjectProperty("spec"), before);
      return Backstage.DONE;
    }
    if (pod == null || !request.createsPod()) {
      return Backstage.DONE;
    }
    ObjectNode spec = pod.withObjectProperty("spec");
    String name = spec.path("priorityClassName").asText("");
    if (name.isEmpty()) {
      Optional<KubeObject> chosen =
          classes.all().stream()
              .filter(c -> c.at("globalDefault").asBoolean(false))
              .min((a, b) -> Integer.compare(a.at("value").asInt(), b.at("value").asInt()));
      chosen.ifPresent(c -> spec.put("priorityClassName", c.name()));
      prioritize(request, spec, chosen);
      return Backstage.DONE;
    }
    Optional<KubeObject> known = builtIn(name).or(() -> classes.get("", name));
    if (known.isPresent()) {
      prioritize(request, spec, known);
      return Backstage.DONE;
    }
    // The cache may lag behind who has just made the class.
    return classes
        .read("", name)
        .onFailure(StatusException::isNotFound)
        .transform(_ -> Refusal.of(request, "no PriorityClass with name " + name + " was found"))
        .invoke(found -> prioritize(request, spec, Optional.of(found)))
        .replaceWithVoid();
  }

  private static void prioritize(
      AdmissionRequest request, ObjectNode spec, Optional<KubeObject> chosen) {
    int priority = chosen.map(c -> c.at("value").asInt(0)).orElse(0);
    if (spec.hasNonNull("priority") && spec.path("priority").asInt() != priority) {
      throw Refusal.of(
          request,
          "the integer value of priority ("
              + spec.path("priority").asInt()
              + ") must not be provided in pod spec; priority admission controller computed "
              + priority
              + " from the given PriorityClass name");
    }
    spec.put("priority", priority);
    if (!spec.hasNonNull("preemptionPolicy")) {
      String policy = chosen.map(c -> c.text("preemptionPolicy")).orElse("");
      spec.put("preemptionPolicy", policy.isEmpty() ? "PreemptLowerPriority" : policy);
    }
  }

  /** What was computed when the Pod was made stays where the new one does not say it. */
  private static void keep(ObjectNode spec, KubeObject before) {
    for (String field : List.of("priority", "preemptionPolicy")) {
      JsonNode old = before.at("spec", field);
      if (!spec.hasNonNull(field) && old.isValueNode() && !old.isNull()) {
        spec.set(field, old);
      }
    }
  }

  /** Known also before their objects are there. */
  private static Optional<KubeObject> builtIn(String name) {
    int value =
        switch (name) {
          case "system-node-critical" -> SYSTEM_CRITICAL + 1000;
          case "system-cluster-critical" -> SYSTEM_CRITICAL;
          default -> 0;
        };
    return value == 0
        ? Optional.empty()
        : Optional.of(KubeObject.of(dev.coracle.api.Json.object().put("value", value)));
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    ObjectNode object = request.object();
    if (object == null
        || request.operation() == Operation.DELETE
        || !request.is("scheduling.k8s.io", "priorityclasses")
        || !object.path("globalDefault").asBoolean(false)) {
      return Backstage.DONE;
    }
    for (KubeObject other : classes.all()) {
      if (other.at("globalDefault").asBoolean(false)
          && !other.name().equals(object.path("metadata").path("name").asText())) {
        throw Refusal.of(
            request,
            "PriorityClass "
                + other.name()
                + " is already marked as default. Only one default can exist");
      }
    }
    return Backstage.DONE;
  }
}
