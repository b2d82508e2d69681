package dev.coracle.api.quota;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.ClaimedDevices;
import dev.coracle.api.GroupResource;
import dev.coracle.api.PodRequests;
import dev.coracle.api.Quantity;
import dev.coracle.api.StorageClasses;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** How much of which quota an object uses (Kubernetes docs, "Resource Quotas"). */
public final class QuotaUsage {

  /** Between a storage class and what is counted of it. */
  public static final String OF_CLASS = ".storageclass.storage.k8s.io/";

  private static final Set<String> COUNTED_BY_NAME =
      Set.of(
          "configmaps",
          "secrets",
          "replicationcontrollers",
          "resourcequotas",
          "services",
          "persistentvolumeclaims",
          "pods");

  private QuotaUsage() {}

  /**
   * By the quota's names: {@code pods}, {@code requests.cpu}, {@code count/deployments.apps}.
   *
   * @param object a ResourceClaim as v1 has it
   * @param now pods that should be gone by then use nothing but their place in the store
   */
  public static Map<String, Quantity> of(GroupResource resource, JsonNode object, Instant now) {
    Map<String, Quantity> out = new LinkedHashMap<>();
    Quantity one = Quantity.of(1);
    out.put("count/" + resource, one);
    if (resource.group().isEmpty() && COUNTED_BY_NAME.contains(resource.resource())) {
      out.put(resource.resource(), one);
    }
    switch (resource.toString()) {
      case "pods" -> pod(object, now, out);
      case "services" -> service(object, out);
      case "persistentvolumeclaims" -> claim(object, out);
      case "resourceclaims.resource.k8s.io" ->
          ClaimedDevices.of(object.path("spec"))
              .forEach((name, count) -> out.put(name, Quantity.of(count)));
      default -> {}
    }
    return out;
  }

  private static void pod(JsonNode pod, Instant now, Map<String, Quantity> out) {
    if (isOver(pod, now)) {
      out.remove("pods");
      return;
    }
    for (String kind : new String[] {"requests", "limits"}) {
      PodRequests.of(pod, kind)
          .forEach((name, q) -> {
            out.put(kind + "." + name, q);
            if (kind.equals("requests")
                && (PodRequests.isOfPods(name) || name.equals("ephemeral-storage"))) {
              out.put(name, q);
            }
          });
    }
  }

  /** It has ended, or its node should have ended it and does not answer. */
  private static boolean isOver(JsonNode pod, Instant now) {
    String phase = pod.path("status").path("phase").asText("");
    if (phase.equals("Succeeded") || phase.equals("Failed")) {
      return true;
    }
    JsonNode metadata = pod.path("metadata");
    JsonNode grace = metadata.path("deletionGracePeriodSeconds");
    if (!metadata.hasNonNull("deletionTimestamp") || !grace.isNumber()) {
      return false;
    }
    try {
      return now.isAfter(
          Instant.parse(metadata.path("deletionTimestamp").asText()).plusSeconds(grace.asLong()));
    } catch (DateTimeParseException e) {
      return false;
    }
  }

  private static void service(JsonNode service, Map<String, Quantity> out) {
    JsonNode spec = service.path("spec");
    String type = spec.path("type").asText("");
    int ports = spec.path("ports").size();
    if (type.equals("NodePort")) {
      out.put("services.nodeports", Quantity.of(ports));
    }
    if (type.equals("LoadBalancer")) {
      out.put("services.loadbalancers", Quantity.of(1));
      // One that is given none has only those that it names.
      if (!spec.path("allocateLoadBalancerNodePorts").asBoolean(true)) {
        ports = 0;
        for (JsonNode port : spec.path("ports")) {
          ports += port.path("nodePort").asInt() > 0 ? 1 : 0;
        }
      }
      out.put("services.nodeports", Quantity.of(ports));
    }
  }

  private static void claim(JsonNode claim, Map<String, Quantity> out) {
    JsonNode spec = claim.path("spec");
    Quantity size = storage(spec.path("resources").path("requests"));
    // An expansion that could not be had takes its room until it is given up.
    Quantity allocated = storage(claim.path("status").path("allocatedResources"));
    if (allocated.compareTo(size) > 0 && size.signum() > 0) {
      size = allocated;
    }
    String storageClass = StorageClasses.of(claim);
    if (size.signum() > 0) {
      out.put("requests.storage", size);
    }
    if (!storageClass.isEmpty()) {
      out.put(storageClass + OF_CLASS + "persistentvolumeclaims", Quantity.of(1));
      if (size.signum() > 0) {
        out.put(storageClass + OF_CLASS + "requests.storage", size);
      }
    }
  }

  /** Whole bytes. */
  private static Quantity storage(JsonNode resources) {
    Quantity size = Quantity.tryParse(resources.path("storage").asText(""));
    if (size == null) {
      return Quantity.ZERO;
    }
    return size.value().scale() <= 0
        ? size
        : Quantity.of(size.value().setScale(0, RoundingMode.UP).longValueExact());
  }
}
