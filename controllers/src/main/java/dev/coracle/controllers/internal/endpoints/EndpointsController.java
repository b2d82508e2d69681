package dev.coracle.controllers.internal.endpoints;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.pods.Pods;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The older form of EndpointSlices, one Endpoints object per Service, at most 1000 addresses. */
public final class EndpointsController extends ServiceFollower {

  private static final GroupVersionKind KIND = new GroupVersionKind("", "v1", "Endpoints");
  private static final String MANAGED_BY = "endpoints.kubernetes.io/managed-by";
  private static final String MANAGER = "endpoint-controller";
  private static final String OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity";
  private static final int MOST = 1000;

  private final Lister endpoints;
  private final TriggerTimes triggers = new TriggerTimes();

  public EndpointsController(Environment env) {
    super("endpoints-controller", "endpoint-controller", env);
    Informer informer = env.informer(Resources.ENDPOINTS);
    this.endpoints = informer.lister();
    loop.follow(informer);
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject service = services.get(name.namespace(), name.name()).orElse(null);
    KubeObject present = endpoints.get(name.namespace(), name.name()).orElse(null);
    if (service == null) {
      triggers.forget(name);
      return present == null ? DONE : clear(present);
    }
    if (ServicePods.selector(service).isEmpty() || service.isDeleting()) {
      return DONE;
    }
    List<KubeObject> pods =
        podsOf(service).stream()
            .filter(p -> !p.isDeleting() || ServicePods.publishesNotReady(service))
            .filter(p -> ServicePods.primaryAddress(p, service).isPresent())
            .toList();
    String trigger = triggers.of(service, pods);
    ArrayNode subsets = subsets(service, shown(service, pods));
    boolean full = pods.size() > MOST;
    KubeObject filled =
        present == null
            ? KubeObject.create(
                KIND, name.namespace(), name.name(), n -> fill(n, service, subsets, full))
            : present.with(n -> fill(n, service, subsets, full));
    if (present != null && filled.equals(present)) {
      return DONE;
    }
    KubeObject wanted =
        filled.with(n -> TriggerTimes.annotate(n.withObjectProperty("metadata"), trigger));
    Uni<KubeObject> write =
        present == null
            ? env.client().create(Resources.ENDPOINTS, name.namespace(), wanted, WriteOptions.NONE)
            : env.client().update(Resources.ENDPOINTS, wanted);
    return write
        .onFailure(failure -> !StatusException.isNamespaceTerminating(failure))
        .invoke(failure -> failed(wanted, present == null, failure))
        .replaceWith(Result.DONE)
        .onFailure(StatusException::isNamespaceTerminating)
        .recoverWithItem(Result.DONE);
  }

  /** As many as there is room for, those that are ready before the others; by name. */
  private static List<KubeObject> shown(KubeObject service, List<KubeObject> pods) {
    Comparator<KubeObject> byName = Comparator.comparing(KubeObject::name);
    return pods.stream()
        .sorted(Comparator.comparing((KubeObject p) -> !isGood(service, p)).thenComparing(byName))
        .limit(MOST)
        .sorted(byName)
        .toList();
  }

  private static boolean isGood(KubeObject service, KubeObject pod) {
    return Pods.isReady(pod) || ServicePods.publishesNotReady(service);
  }

  private void failed(KubeObject wanted, boolean creating, Throwable failure) {
    events.warning(
        wanted,
        creating ? "FailedToCreateEndpoint" : "FailedToUpdateEndpoint",
        (creating ? "Failed to create endpoint for service " : "Failed to update endpoint ")
            + wanted.key()
            + ": "
            + failure.getMessage());
  }

  private Uni<Result> clear(KubeObject present) {
    if (present.isDeleting() || !MANAGER.equals(present.labels().get(MANAGED_BY))) {
      return DONE;
    }
    return env.client()
        .delete(
            Resources.ENDPOINTS,
            present.namespace(),
            present.name(),
            DeleteOptions.DEFAULT.ifUid(present.uid()))
        .replaceWith(Result.DONE)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
  }

  private static void fill(
      ObjectNode node, KubeObject service, ArrayNode subsets, boolean overCapacity) {
    ObjectNode metadata = node.withObjectProperty("metadata");
    ObjectNode labels = Json.object();
    service.labels().forEach(labels::put);
    labels.put(MANAGED_BY, MANAGER);
    if (ServicePods.isHeadless(service)) {
      labels.put("service.kubernetes.io/headless", "");
    }
    metadata.set("labels", labels);
    if (overCapacity) {
      metadata.withObjectProperty("annotations").put(OVER_CAPACITY, "truncated");
    } else if (metadata.path("annotations") instanceof ObjectNode annotations) {
      annotations.remove(OVER_CAPACITY);
      if (annotations.isEmpty()) {
        metadata.remove("annotations");
      }
    }
    if (subsets.isEmpty()) {
      node.remove("subsets");
    } else {
      node.set("subsets", subsets);
    }
  }

  /** One subset for each set of ports, ready and not ready addresses apart. */
  private static ArrayNode subsets(KubeObject service, List<KubeObject> pods) {
    Map<String, ArrayNode> ports = new TreeMap<>();
    Map<String, List<JsonNode>> ready = new LinkedHashMap<>();
    Map<String, List<JsonNode>> notReady = new LinkedHashMap<>();
    for (KubeObject pod : pods) {
      String address = ServicePods.primaryAddress(pod, service).orElse("");
      if (address.isEmpty()) {
        continue;
      }
      ArrayNode found = ServicePods.ports(service, pod);
      for (JsonNode port : found) {
        if (port.path("name").asText().isEmpty()) {
          ((ObjectNode) port).remove("name");
        }
      }
      if (found.isEmpty() && !ServicePods.isHeadless(service)) {
        continue;
      }
      String key = found.toString();
      ports.put(key, found);
      (isGood(service, pod) ? ready : notReady)
          .computeIfAbsent(key, _ -> new ArrayList<>())
          .add(address(service, pod, address));
    }
    ArrayNode out = Json.array();
    ports.forEach((key, list) -> {
      ObjectNode subset = out.addObject();
      if (ready.containsKey(key)) {
        subset.putArray("addresses").addAll(ready.get(key));
      }
      if (notReady.containsKey(key)) {
        subset.putArray("notReadyAddresses").addAll(notReady.get(key));
      }
      if (!list.isEmpty()) {
        subset.set("ports", list);
      }
    });
    return out;
  }

  private static ObjectNode address(KubeObject service, KubeObject pod, String ip) {
    ObjectNode out = Json.object().put("ip", ip);
    String hostname = ServicePods.hostname(service, pod);
    if (!hostname.isEmpty()) {
      out.put("hostname", hostname);
    }
    if (Pods.isAssigned(pod)) {
      out.put("nodeName", pod.text("spec", "nodeName"));
    }
    out.set("targetRef", ServicePods.reference(pod));
    return out;
  }
}
