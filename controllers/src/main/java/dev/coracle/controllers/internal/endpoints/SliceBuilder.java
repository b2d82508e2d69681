package dev.coracle.controllers.internal.endpoints;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.pods.Pods;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Works out which slices a Service should have, changing as few of the present ones as possible: an
 * endpoint stays in the slice it is in; new ones fill slices that change anyway, then any with
 * room, then new slices.
 */
final class SliceBuilder {

  static final String MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
  static final String MANAGER = "endpointslice-controller.k8s.io";
  static final String SERVICE_NAME = "kubernetes.io/service-name";
  private static final String HEADLESS = "service.kubernetes.io/headless";
  private static final GroupVersionKind KIND =
      GroupVersionKind.of("discovery.k8s.io/v1", "EndpointSlice");

  /** What has to be done, and what to be said. */
  record Plan(
      List<KubeObject> create,
      List<KubeObject> update,
      List<KubeObject> delete,
      List<TopologyAwareHints.Told> tell) {}

  private int endpoints;
  private int slices;
  private int perfect;
  private int added;
  private int removed;

  private final KubeObject service;
  private final int most;
  private final Lister nodes;
  private final TopologyAwareHints zones;
  private final boolean byZones;
  private final TopologyHints hints;
  private final String trigger;

  /**
   * @param most endpoints of a slice
   * @param trigger since when what changes is due; empty where that is not known
   */
  SliceBuilder(
      KubeObject service, Lister nodes, TopologyAwareHints zones, int most, String trigger) {
    this.most = most;
    this.trigger = trigger;
    this.service = service;
    this.nodes = nodes;
    this.zones = zones;
    this.byZones = TopologyAwareHints.isWanted(service);
    this.hints = byZones ? TopologyHints.NONE : TopologyHints.of(service);
  }

  Plan plan(List<KubeObject> pods, List<KubeObject> present) {
    Plan plan =
        new Plan(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    List<KubeObject> rest = new ArrayList<>(present);
    for (String family : ServicePods.families(service)) {
      Map<ArrayNode, Map<String, ObjectNode>> byPorts = new LinkedHashMap<>();
      for (KubeObject pod : pods) {
        ServicePods.address(pod, family)
            .ifPresent(address ->
                byPorts
                    .computeIfAbsent(ServicePods.ports(service, pod), _ -> new LinkedHashMap<>())
                    .put(pod.uid(), endpoint(pod, address)));
      }
      if (byPorts.isEmpty()) {
        byPorts.put(Json.array(), new LinkedHashMap<>()); // One empty slice says: none.
      }
      List<Draft> drafts = new ArrayList<>();
      byPorts.forEach((ports, endpoints) -> {
        List<KubeObject> same =
            rest.stream()
                .filter(s -> s.text("addressType").equals(family))
                .filter(s -> s.at("ports").equals(ports) || noPorts(s, ports))
                .sorted(Comparator.comparing(KubeObject::name))
                .toList();
        rest.removeAll(same);
        fill(plan, drafts, family, ports, endpoints, same);
      });
      (byZones ? zones.give(service.key(), family, drafts) : zones.forget(service.key(), family))
          .ifPresent(plan.tell()::add);
      drafts.forEach(draft -> write(plan, draft));
    }
    plan.delete().addAll(rest);
    rest.forEach(slice -> removed += slice.at("endpoints").size());
    return plan;
  }

  /** Of the plan that was made. */
  EndpointSliceMetrics.Counts counts() {
    return new EndpointSliceMetrics.Counts(endpoints, slices, perfect, added, removed);
  }

  private void write(Plan plan, Draft draft) {
    KubeObject slice = draft.present();
    if (slice == null) {
      plan.create().add(create(draft.family(), draft.ports(), draft.endpoints()));
    } else if (draft.differs() || !labels().equals(slice.labels())) {
      plan.update().add(changed(slice, draft.endpoints()));
    }
  }

  private static boolean noPorts(KubeObject slice, ArrayNode ports) {
    return ports.isEmpty() && slice.at("ports").isEmpty();
  }

  private void fill(
      Plan plan,
      List<Draft> drafts,
      String family,
      ArrayNode ports,
      Map<String, ObjectNode> endpoints,
      List<KubeObject> present) {
    Map<String, ObjectNode> left = new LinkedHashMap<>(endpoints);
    Map<KubeObject, List<ObjectNode>> contents = new LinkedHashMap<>();
    Map<KubeObject, Boolean> changed = new HashMap<>();
    for (KubeObject slice : present) {
      List<ObjectNode> kept = new ArrayList<>();
      boolean differs = !labels().equals(slice.labels());
      for (JsonNode e : slice.at("endpoints")) {
        ObjectNode wanted = left.remove(e.path("targetRef").path("uid").asText(""));
        if (wanted == null) {
          differs = true;
          removed++;
        } else {
          if (byZones && e.hasNonNull("hints")) {
            wanted.set("hints", e.get("hints").deepCopy());
          }
          kept.add(wanted);
          differs |= !wanted.equals(e);
        }
      }
      contents.put(slice, kept);
      changed.put(slice, differs);
    }
    List<ObjectNode> toPlace = new ArrayList<>(left.values());
    added += toPlace.size();
    for (boolean alreadyChanged : new boolean[] {true, false}) {
      contents.forEach((slice, kept) -> {
        if (changed.getOrDefault(slice, false) == alreadyChanged) {
          while (kept.size() < most && !toPlace.isEmpty()) {
            kept.add(toPlace.removeLast());
            changed.put(slice, true);
          }
        }
      });
    }
    int keptSlices = 0;
    for (Map.Entry<KubeObject, List<ObjectNode>> entry : contents.entrySet()) {
      boolean last = keptSlices == 0 && entry.getKey() == present.getLast() && toPlace.isEmpty();
      if (entry.getValue().isEmpty() && !last) {
        plan.delete().add(entry.getKey());
        continue;
      }
      keptSlices++;
      drafts.add(new Draft(entry.getKey(), family, ports, entry.getValue()));
    }
    while (!toPlace.isEmpty() || keptSlices == 0) {
      int end = Math.min(most, toPlace.size());
      drafts.add(new Draft(null, family, ports, new ArrayList<>(toPlace.subList(0, end))));
      toPlace.subList(0, end).clear();
      keptSlices++;
    }
    this.endpoints += endpoints.size();
    this.slices += keptSlices;
    perfect += Math.max(1, Math.ceilDiv(endpoints.size(), most));
  }

  private KubeObject changed(KubeObject slice, List<ObjectNode> endpoints) {
    return slice.with(node -> {
      ObjectNode labels = Json.object();
      labels().forEach(labels::put);
      ObjectNode metadata = node.withObjectProperty("metadata");
      metadata.set("labels", labels);
      TriggerTimes.annotate(metadata, trigger);
      node.putArray("endpoints").addAll(endpoints);
    });
  }

  /** Those of the Service, whatever a slice has had, and its own. */
  private Map<String, String> labels() {
    Map<String, String> labels = new LinkedHashMap<>(service.labels());
    labels.put(SERVICE_NAME, service.name());
    labels.put(MANAGED_BY, MANAGER);
    if (ServicePods.isHeadless(service)) {
      labels.put(HEADLESS, "");
    } else {
      labels.remove(HEADLESS);
    }
    return labels;
  }

  private KubeObject create(String family, ArrayNode ports, List<ObjectNode> endpoints) {
    return KubeObject.create(
        KIND,
        service.namespace(),
        "",
        node -> {
          ObjectNode metadata = node.withObjectProperty("metadata");
          metadata.remove("name");
          metadata.put("generateName", service.name() + "-");
          ObjectNode labels = metadata.putObject("labels");
          labels().forEach(labels::put);
          TriggerTimes.annotate(metadata, trigger);
          metadata.putArray("ownerReferences").add(OwnerReference.controlledBy(service).toJson());
          node.put("addressType", family);
          node.putArray("endpoints").addAll(endpoints);
          node.set("ports", ports.deepCopy());
        });
  }

  private ObjectNode endpoint(KubeObject pod, String address) {
    boolean serving = Pods.isReady(pod);
    boolean terminating = pod.isDeleting();
    boolean ready = ServicePods.publishesNotReady(service) || (serving && !terminating);
    ObjectNode out = Json.object();
    out.putArray("addresses").add(address);
    out.putObject("conditions")
        .put("ready", ready)
        .put("serving", serving)
        .put("terminating", terminating);
    String hostname = ServicePods.hostname(service, pod);
    if (!hostname.isEmpty()) {
      out.put("hostname", hostname);
    }
    String nodeName = pod.text("spec", "nodeName");
    if (!nodeName.isEmpty()) {
      out.put("nodeName", nodeName);
      String zone =
          nodes.get("", nodeName).map(n -> n.labels().getOrDefault(ZoneShares.ZONE, "")).orElse("");
      if (!zone.isEmpty()) {
        out.put("zone", zone);
      }
      if (ready) {
        hints.hints(nodeName, zone).ifPresent(h -> out.set("hints", h));
      }
    }
    out.set("targetRef", ServicePods.reference(pod));
    return out;
  }
}
