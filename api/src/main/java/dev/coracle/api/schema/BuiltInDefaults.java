package dev.coracle.api.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The defaults of built-in kinds that depend on other fields, by the definition they belong to.
 * Each runs after the plain values of its own object and before those of the objects below it.
 */
final class BuiltInDefaults {

  private static final String CORE = "io.k8s.api.core.v1.";

  private static final Map<String, Consumer<ObjectNode>> HOOKS =
      Map.ofEntries(
          Map.entry(CORE + "Pod", PodDefaults::pod),
          Map.entry(CORE + "PodSpec", PodDefaults::spec),
          Map.entry(CORE + "Container", PodDefaults::container),
          Map.entry(CORE + "EphemeralContainer", PodDefaults::container),
          Map.entry(CORE + "Volume", PodDefaults::volume),
          Map.entry(CORE + "Service", BuiltInDefaults::balancers),
          Map.entry(CORE + "ServiceSpec", BuiltInDefaults::service),
          Map.entry(CORE + "ReplicationController", BuiltInDefaults::replicationController),
          Map.entry(CORE + "Secret", BuiltInDefaults::secret),
          Map.entry(CORE + "Namespace", BuiltInDefaults::namespace),
          Map.entry(CORE + "NodeStatus", BuiltInDefaults::nodeStatus),
          Map.entry(CORE + "LimitRangeItem", BuiltInDefaults::limitRangeItem),
          Map.entry("io.k8s.api.apps.v1.StatefulSetSpec", BuiltInDefaults::statefulSet),
          Map.entry("io.k8s.api.batch.v1.Job", BuiltInDefaults::job),
          Map.entry("io.k8s.api.networking.v1.NetworkPolicySpec", BuiltInDefaults::networkPolicy),
          Map.entry("io.k8s.api.rbac.v1.Subject", BuiltInDefaults::subject),
          Map.entry(
              "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec", BuiltInDefaults::autoscaler),
          Map.entry(
              "io.k8s.api.resource.v1beta1.DeviceRequest", BuiltInDefaults::flatDeviceRequest),
          Map.entry(
              "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1"
                  + ".CustomResourceDefinitionSpec",
              BuiltInDefaults::crd));

  private BuiltInDefaults() {}

  static @Nullable Consumer<ObjectNode> hook(String definition) {
    return HOOKS.get(definition);
  }

  /** A request without a class has subrequests, or none of these fields. */
  private static void flatDeviceRequest(ObjectNode request) {
    if (absent(request, "deviceClassName")) {
      return;
    }
    put(request, "allocationMode", Json.NODES.textNode("ExactCount"));
    if (request.path("allocationMode").asText("").equals("ExactCount")
        && request.path("count").asLong() == 0) {
      request.put("count", 1);
    }
  }

  static boolean absent(ObjectNode object, String field) {
    JsonNode value = object.get(field);
    return value == null || value.isNull() || value.isTextual() && value.textValue().isEmpty();
  }

  static void put(ObjectNode object, String field, JsonNode value) {
    if (absent(object, field)) {
      object.set(field, value.deepCopy());
    }
  }

  private static void service(ObjectNode spec) {
    for (JsonNode port : spec.path("ports")) {
      JsonNode target = port.path("targetPort");
      boolean none =
          target.isMissingNode()
              || target.isInt() && target.intValue() == 0
              || target.isTextual() && target.textValue().isEmpty();
      if (none && port instanceof ObjectNode p && p.hasNonNull("port")) {
        p.set("targetPort", p.get("port"));
      }
    }
    if (spec.path("sessionAffinity").asText("").equals("None")) {
      spec.remove("sessionAffinityConfig");
    }
    if (spec.path("type").asText("").equals("ClusterIP") && !spec.path("externalIPs").isEmpty()) {
      put(spec, "externalTrafficPolicy", Json.NODES.textNode("Cluster"));
    }
  }

  /** A load balancer that is known by its address hands packets on as they are. */
  private static void balancers(ObjectNode service) {
    if (service.path("spec").path("type").asText("").equals("LoadBalancer")) {
      for (JsonNode point : service.path("status").path("loadBalancer").path("ingress")) {
        if (point instanceof ObjectNode p && !absent(p, "ip")) {
          put(p, "ipMode", Json.NODES.textNode("VIP"));
        }
      }
    }
  }

  private static void replicationController(ObjectNode object) {
    JsonNode labels = object.path("spec").path("template").path("metadata").path("labels");
    if (labels.isObject() && !labels.isEmpty() && object.get("spec") instanceof ObjectNode spec) {
      if (spec.path("selector").isEmpty()) {
        spec.set("selector", labels.deepCopy());
      }
      labels(object, labels);
    }
  }

  /** The object takes its template's labels where it has none. */
  private static void labels(ObjectNode object, JsonNode labels) {
    ObjectNode metadata = object.withObjectProperty("metadata");
    if (metadata.path("labels").isEmpty() && !labels.isEmpty()) {
      metadata.set("labels", labels.deepCopy());
    }
  }

  /** {@code stringData} is write-only: it goes into {@code data}. */
  private static void secret(ObjectNode secret) {
    if (secret.remove("stringData") instanceof ObjectNode plain && !plain.isEmpty()) {
      ObjectNode data = secret.withObjectProperty("data");
      plain.forEachEntry((key, value) ->
          data.put(
              key,
              java.util.Base64.getEncoder()
                  .encodeToString(
                      value.asText().getBytes(java.nio.charset.StandardCharsets.UTF_8))));
    }
  }

  private static void namespace(ObjectNode namespace) {
    String name = namespace.path("metadata").path("name").asText("");
    if (!name.isEmpty()) {
      namespace
          .withObjectProperty("metadata")
          .withObjectProperty("labels")
          .put("kubernetes.io/metadata.name", name);
    }
  }

  private static void nodeStatus(ObjectNode status) {
    if (status.path("allocatable").isEmpty() && !status.path("capacity").isEmpty()) {
      status.set("allocatable", status.get("capacity").deepCopy());
    }
  }

  private static void limitRangeItem(ObjectNode item) {
    if (!item.path("type").asText("").equals("Container")) {
      return;
    }
    inherit(item, "default", "max");
    inherit(item, "defaultRequest", "default");
    inherit(item, "defaultRequest", "min");
  }

  private static void inherit(ObjectNode item, String to, String from) {
    if (item.get(from) instanceof ObjectNode source && !source.isEmpty()) {
      ObjectNode target = item.withObjectProperty(to);
      source.forEachEntry((key, value) -> put(target, key, value));
    }
  }

  private static void statefulSet(ObjectNode spec) {
    for (JsonNode claim : spec.path("volumeClaimTemplates")) {
      if (claim instanceof ObjectNode c) {
        put(c, "apiVersion", Json.NODES.textNode("v1"));
        put(c, "kind", Json.NODES.textNode("PersistentVolumeClaim"));
      }
    }
  }

  private static void job(ObjectNode job) {
    if (!(job.get("spec") instanceof ObjectNode spec)) {
      return;
    }
    if (absent(spec, "completions") && absent(spec, "parallelism")) {
      spec.put("completions", 1);
    }
    put(spec, "parallelism", Json.NODES.numberNode(1));
    int backoff = spec.hasNonNull("backoffLimitPerIndex") ? Integer.MAX_VALUE : 6;
    put(spec, "backoffLimit", Json.NODES.numberNode(backoff));
    put(spec, "completionMode", Json.NODES.textNode("NonIndexed"));
    put(spec, "suspend", Json.NODES.booleanNode(false));
    put(spec, "manualSelector", Json.NODES.booleanNode(false));
    String policy = spec.hasNonNull("podFailurePolicy") ? "Failed" : "TerminatingOrFailed";
    put(spec, "podReplacementPolicy", Json.NODES.textNode(policy));
    labels(job, spec.path("template").path("metadata").path("labels"));
  }

  private static void networkPolicy(ObjectNode spec) {
    if (spec.path("policyTypes").isEmpty()) {
      ArrayNode types = spec.putArray("policyTypes").add("Ingress");
      if (!spec.path("egress").isEmpty()) {
        types.add("Egress");
      }
    }
  }

  private static void subject(ObjectNode subject) {
    switch (subject.path("kind").asText("")) {
      case "User", "Group" ->
          put(subject, "apiGroup", Json.NODES.textNode("rbac.authorization.k8s.io"));
      default -> {}
    }
  }

  private static void autoscaler(ObjectNode spec) {
    if (spec.path("metrics").isEmpty()) {
      ObjectNode metric = spec.putArray("metrics").addObject().put("type", "Resource");
      ObjectNode resource = metric.putObject("resource").put("name", "cpu");
      resource.putObject("target").put("type", "Utilization").put("averageUtilization", 80);
    }
    if (spec.get("behavior") instanceof ObjectNode behavior) {
      ObjectNode up = behavior.withObjectProperty("scaleUp");
      put(up, "stabilizationWindowSeconds", Json.NODES.numberNode(0));
      put(up, "selectPolicy", Json.NODES.textNode("Max"));
      if (up.path("policies").isEmpty()) {
        ArrayNode policies = up.putArray("policies");
        policies.addObject().put("type", "Pods").put("value", 4).put("periodSeconds", 15);
        policies.addObject().put("type", "Percent").put("value", 100).put("periodSeconds", 15);
      }
      ObjectNode down = behavior.withObjectProperty("scaleDown");
      put(down, "selectPolicy", Json.NODES.textNode("Max"));
      if (down.path("policies").isEmpty()) {
        down.putArray("policies")
            .addObject()
            .put("type", "Percent")
            .put("value", 100)
            .put("periodSeconds", 15);
      }
    }
  }

  private static void crd(ObjectNode spec) {
    if (spec.get("names") instanceof ObjectNode names) {
      String kind = names.path("kind").asText("");
      if (!kind.isEmpty()) {
        put(names, "singular", Json.NODES.textNode(kind.toLowerCase(Locale.ROOT)));
        put(names, "listKind", Json.NODES.textNode(kind + "List"));
      }
    }
  }
}
