package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.LiveCache;
import io.smallrye.mutiny.Uni;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Fills in and bounds the resources of containers, Pods and claims (Kubernetes docs, "Limit
 * Ranges").
 */
final class LimitRanger implements AdmissionPlugin {

  private static final String NOTE = "kubernetes.io/limit-ranger";

  private final LiveCache ranges;

  LimitRanger(LiveCache ranges) {
    this.ranges = ranges;
  }

  @Override
  public String name() {
    return "LimitRanger";
  }

  @Override
  public Uni<Void> admit(AdmissionRequest request) {
    ObjectNode pod = request.object();
    if (pod == null || !request.createsPod()) {
      return Backstage.DONE;
    }
    List<String> notes = new ArrayList<>();
    for (KubeObject range : ranges.in(request.call().namespace())) {
      for (JsonNode limit : range.at("spec", "limits")) {
        if (limit.path("type").asText("").equals("Container")) {
          for (String list : new String[] {"containers", "initContainers"}) {
            String word = list.equals("containers") ? "container" : "init container";
            for (JsonNode c : pod.path("spec").path(list)) {
              fill((ObjectNode) c, limit, word, notes);
            }
          }
        }
      }
    }
    if (!notes.isEmpty()) {
      pod.withObjectProperty("metadata")
          .withObjectProperty("annotations")
          .put(NOTE, "LimitRanger plugin set: " + String.join("; ", notes));
    }
    return Backstage.DONE;
  }

  private static void fill(ObjectNode container, JsonNode limit, String word, List<String> notes) {
    ObjectNode resources = container.withObjectProperty("resources");
    String suffix = " for " + word + " " + container.path("name").asText("");
    TreeSet<String> requests = fill(resources, "requests", limit.path("defaultRequest"));
    TreeSet<String> limits = fill(resources, "limits", limit.path("default"));
    if (!requests.isEmpty()) {
      notes.add(String.join(", ", requests) + " request" + suffix);
    }
    if (!limits.isEmpty()) {
      notes.add(String.join(", ", limits) + " limit" + suffix);
    }
  }

  private static TreeSet<String> fill(ObjectNode resources, String field, JsonNode defaults) {
    TreeSet<String> set = new TreeSet<>();
    defaults
        .properties()
        .forEach(e -> {
          if (!resources.path(field).has(e.getKey())) {
            resources.withObjectProperty(field).set(e.getKey(), e.getValue());
            set.add(e.getKey());
          }
        });
    return set;
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    ObjectNode object = request.object();
    if (object == null) {
      return Backstage.DONE;
    }
    boolean pod = request.createsPod();
    boolean claim =
        request.operation() != Operation.DELETE && request.is("", "persistentvolumeclaims");
    if (!pod && !claim) {
      return Backstage.DONE;
    }
    List<String> problems = new ArrayList<>();
    for (KubeObject range : ranges.in(request.call().namespace())) {
      for (JsonNode limit : range.at("spec", "limits")) {
        switch (limit.path("type").asText("")) {
          case "Container" -> {
            for (String list : new String[] {"containers", "initContainers"}) {
              for (JsonNode c : object.path("spec").path(list)) {
                check(limit, "Container", c.path("resources"), problems);
              }
            }
          }
          case "Pod" -> {
            if (pod) {
              check(limit, "Pod", sum(object.path("spec")), problems);
            }
          }
          case "PersistentVolumeClaim" -> {
            if (claim) {
              check(
                  limit, "PersistentVolumeClaim", object.path("spec").path("resources"), problems);
            }
          }
          default -> {}
        }
      }
    }
    if (!problems.isEmpty()) {
      throw Refusal.of(
          request,
          problems.size() == 1 ? problems.getFirst() : "[" + String.join(", ", problems) + "]");
    }
    return Backstage.DONE;
  }

  private static JsonNode sum(JsonNode spec) {
    ObjectNode out = dev.coracle.api.Json.object();
    for (String field : new String[] {"requests", "limits"}) {
      Map<String, Quantity> sums = new LinkedHashMap<>();
      for (JsonNode c : spec.path("containers")) {
        c.path("resources")
            .path(field)
            .properties()
            .forEach(e -> {
              Quantity q = Quantity.tryParse(e.getValue().asText(""));
              if (q != null) {
                sums.merge(e.getKey(), q, Quantity::plus);
              }
            });
      }
      ObjectNode node = out.putObject(field);
      sums.forEach((k, q) -> node.put(k, q.toString()));
    }
    return out;
  }

  private static void check(
      JsonNode limit, String type, JsonNode resources, List<String> problems) {
    each(
        limit.path("min"),
        (name, bound) -> {
          Quantity request = quantity(resources, "requests", name);
          Quantity most = quantity(resources, "limits", name);
          if (request == null) {
            problems.add(
                "minimum "
                    + name
                    + " usage per "
                    + type
                    + " is "
                    + bound
                    + ".  No request is specified");
          } else if (request.compareTo(bound) < 0) {
            problems.add(
                "minimum "
                    + name
                    + " usage per "
                    + type
                    + " is "
                    + bound
                    + ", but request is "
                    + request);
          }
          if (most != null && most.compareTo(bound) < 0) {
            problems.add(
                "minimum "
                    + name
                    + " usage per "
                    + type
                    + " is "
                    + bound
                    + ", but limit is "
                    + most);
          }
        });
    each(
        limit.path("max"),
        (name, bound) -> {
          Quantity request = quantity(resources, "requests", name);
          Quantity most = quantity(resources, "limits", name);
          boolean claim = type.equals("PersistentVolumeClaim");
          if (most == null && !claim) {
            problems.add(
                "maximum "
                    + name
                    + " usage per "
                    + type
                    + " is "
                    + bound
                    + ".  No limit is specified");
          }
          if (most != null && most.compareTo(bound) > 0) {
            problems.add(
                "maximum "
                    + name
                    + " usage per "
                    + type
                    + " is "
                    + bound
                    + ", but limit is "
                    + most);
          } else if (request != null && request.compareTo(bound) > 0) {
            problems.add(
                "maximum "
                    + name
                    + " usage per "
                    + type
                    + " is "
                    + bound
                    + ", but request is "
                    + request);
          }
        });
    each(
        limit.path("maxLimitRequestRatio"),
        (name, bound) -> {
          Quantity request = quantity(resources, "requests", name);
          Quantity most = quantity(resources, "limits", name);
          if (request != null
              && most != null
              && request.signum() > 0
              && most.value()
                      .divide(request.value(), MathContext.DECIMAL64)
                      .compareTo(bound.value())
                  > 0) {
            problems.add(
                name
                    + " max limit to request ratio per "
                    + type
                    + " is "
                    + bound
                    + ", but provided ratio is "
                    + most.value().divide(request.value(), MathContext.DECIMAL32));
          }
        });
  }

  private interface Check {
    void at(String name, Quantity bound);
  }

  private static void each(JsonNode bounds, Check check) {
    bounds
        .properties()
        .forEach(e -> {
          Quantity bound = Quantity.tryParse(e.getValue().asText(""));
          if (bound != null) {
            check.at(e.getKey(), bound);
          }
        });
  }

  private static @org.jspecify.annotations.Nullable Quantity quantity(
      JsonNode resources, String field, String name) {
    return Quantity.tryParse(resources.path(field).path(name).asText(""));
  }
}
