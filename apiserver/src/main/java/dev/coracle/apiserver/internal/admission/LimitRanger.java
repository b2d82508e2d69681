package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Aggregate;
import dev.coracle.api.GroupResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PodRequests;
import dev.coracle.api.Quantity;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/**
 * Fills in and bounds the resources of containers, Pods and claims (Kubernetes docs, "Limit
 * Ranges").
 */
final class LimitRanger implements AdmissionPlugin {

  private static final String NOTE = "kubernetes.io/limit-ranger";
  private static final String CLAIM = "PersistentVolumeClaim";

  private static final GroupResource RANGES = new GroupResource("", "limitranges");

  private final ResourceStore store;

  LimitRanger(ResourceStore store) {
    this.store = store;
  }

  private Uni<List<KubeObject>> ranges(AdmissionRequest request) {
    return store.known(RANGES, request.call().namespace());
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
    return ranges(request).invoke(found -> fill(pod, found)).replaceWithVoid();
  }

  private static void fill(ObjectNode pod, List<KubeObject> ranges) {
    for (KubeObject range : ranges) {
      List<String> notes = new ArrayList<>();
      JsonNode defaults = defaults(range);
      for (String list : new String[] {"containers", "initContainers"}) {
        String word = list.equals("containers") ? "container" : "init container";
        for (JsonNode c : pod.path("spec").path(list)) {
          fill((ObjectNode) c, defaults, word, notes);
        }
      }
      if (!notes.isEmpty()) {
        pod.withObjectProperty("metadata")
            .withObjectProperty("annotations")
            .put(NOTE, "LimitRanger plugin set: " + String.join("; ", notes));
      }
    }
  }

  /** Of all its limits of containers, the last of each name. */
  private static JsonNode defaults(KubeObject range) {
    ObjectNode out = Json.object();
    for (JsonNode limit : range.at("spec", "limits")) {
      if (limit.path("type").asText("").equals("Container")) {
        for (String field : new String[] {"default", "defaultRequest"}) {
          limit.path(field).forEachEntry(out.withObjectProperty(field)::set);
        }
      }
    }
    return out;
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
    boolean pod = request.createsPod() || request.resizesPod();
    boolean claim =
        request.operation() != Operation.DELETE && request.is("", "persistentvolumeclaims");
    KubeObject before = request.before();
    if (!pod && !claim || before != null && before.isDeleting()) {
      return Backstage.DONE;
    }
    return ranges(request)
        .invoke(found -> check(request, object, pod, claim, found))
        .replaceWithVoid();
  }

  private static void check(
      AdmissionRequest request,
      ObjectNode object,
      boolean pod,
      boolean claim,
      List<KubeObject> ranges) {
    for (KubeObject range : ranges) {
      List<String> problems = new ArrayList<>();
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
              check(limit, "Pod", sum(object), problems);
            }
          }
          case CLAIM -> {
            if (claim) {
              checkClaim(limit, object.path("spec").path("resources"), problems);
            }
          }
          default -> {}
        }
      }
      if (!problems.isEmpty()) {
        throw Refusal.of(request, Aggregate.of(problems));
      }
    }
  }

  /** Of all containers together, as the scheduler counts them, without the pod's overhead. */
  private static JsonNode sum(JsonNode given) {
    ObjectNode out = Json.object();
    ObjectNode pod = Json.object();
    given.properties().forEach(e -> pod.set(e.getKey(), e.getValue()));
    if (given.path("spec") instanceof ObjectNode spec) {
      ObjectNode bare = Json.object();
      bare.setAll(spec);
      bare.remove("overhead");
      pod.set("spec", bare);
    }
    for (String field : new String[] {"requests", "limits"}) {
      ObjectNode node = out.putObject(field);
      PodRequests.of(pod, field).forEach((name, q) -> node.put(name, q.toString()));
    }
    return out;
  }

  /** What a claim requests alone: what it limits is not for users to say. */
  private static void checkClaim(JsonNode limit, JsonNode resources, List<String> problems) {
    ObjectNode requests = Json.object();
    requests.set("requests", resources.path("requests"));
    checkMin(limit, CLAIM, requests, problems);
    each(
        limit.path("max"),
        (name, bound) -> {
          Quantity request = quantity(resources, "requests", name);
          String rule = "maximum " + name + " usage per " + CLAIM + " is " + bound;
          if (request == null) {
            problems.add(rule + ".  No request is specified");
          } else if (request.compareTo(bound) > 0) {
            problems.add(rule + ", but request is " + request);
          }
        });
  }

  private static void checkMin(
      JsonNode limit, String type, JsonNode resources, List<String> problems) {
    each(
        limit.path("min"),
        (name, bound) -> {
          Quantity request = quantity(resources, "requests", name);
          Quantity most = quantity(resources, "limits", name);
          String rule = "minimum " + name + " usage per " + type + " is " + bound;
          if (request == null) {
            problems.add(rule + ".  No request is specified");
          } else if (request.compareTo(bound) < 0) {
            problems.add(rule + ", but request is " + request);
          } else if (most != null && most.compareTo(bound) < 0) {
            problems.add(rule + ", but limit is " + most);
          }
        });
  }

  private static void check(
      JsonNode limit, String type, JsonNode resources, List<String> problems) {
    checkMin(limit, type, resources, problems);
    each(
        limit.path("max"),
        (name, bound) -> {
          Quantity request = quantity(resources, "requests", name);
          Quantity most = quantity(resources, "limits", name);
          String rule = "maximum " + name + " usage per " + type + " is " + bound;
          if (most == null) {
            problems.add(rule + ".  No limit is specified");
          } else if (most.compareTo(bound) > 0) {
            problems.add(rule + ", but limit is " + most);
          } else if (request != null && request.compareTo(bound) > 0) {
            problems.add(rule + ", but request is " + request);
          }
        });
    each(
        limit.path("maxLimitRequestRatio"),
        (name, bound) -> {
          Quantity request = quantity(resources, "requests", name);
          Quantity most = quantity(resources, "limits", name);
          String rule = name + " max limit to request ratio per " + type + " is " + bound;
          if (request == null || request.signum() == 0) {
            problems.add(rule + ", but no request is specified or request is 0");
          } else if (most == null || most.signum() == 0) {
            problems.add(rule + ", but no limit is specified or limit is 0");
          } else {
            BigDecimal ratio = most.value().divide(request.value(), MathContext.DECIMAL64);
            if (ratio.compareTo(bound.value()) > 0) {
              problems.add(
                  rule + ", but provided ratio is " + String.format(Locale.ROOT, "%f", ratio));
            }
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
