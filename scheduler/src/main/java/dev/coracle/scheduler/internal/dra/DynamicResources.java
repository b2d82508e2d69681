package dev.coracle.scheduler.internal.dra;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.client.Client;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.Lister;
import dev.coracle.scheduler.spi.ClusterEvent;
import dev.coracle.scheduler.spi.ClusterView;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.NodeTerms;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A pod with ResourceClaims goes where their devices are. Claims without an allocation get one with
 * the pod's node, written before the pod is bound; allocated ones are reserved for the pod.
 */
public final class DynamicResources
    implements Plugin.PreFilter, Plugin.Filter, Plugin.PostFilter, Plugin.Reserve, Plugin.PreBind {

  static final String FINALIZER = "resource.kubernetes.io/delete-protection";
  private static final int MOST_CONSUMERS = 256;

  private static final class Cycle {
    final List<KubeObject> claims = new ArrayList<>();

    final ExtendedResources extended;

    /** The claim of extended resources that an earlier attempt has left. */
    @Nullable KubeObject stale;

    /** Those that are allocated, and keep the pod from a node by that. */
    final Set<KubeObject> unavailable = new LinkedHashSet<>();

    /** By node, then by claim. */
    final Map<String, Map<KubeObject, ObjectNode>> chosen = new HashMap<>();

    Cycle(ExtendedResources extended) {
      this.extended = extended;
    }
  }

  private final Client client;
  private final Lister claims;
  private final Lister slices;
  private final Lister classes;
  private final Lister taintRules;
  private final DeviceClassNames extendedNames;
  private final BindingConditions conditions;
  private final EventRecorder events;
  private @Nullable Selectors selectors;

  /** Allocations that are decided, by claim, until the informer shows them. */
  private final Map<String, ObjectNode> assumed = new HashMap<>();

  public DynamicResources(
      Client client,
      Lister claims,
      Lister slices,
      Lister classes,
      Lister taintRules,
      DeviceClassNames extendedNames,
      BindingConditions conditions,
      EventRecorder events) {
    this.client = client;
    this.claims = claims;
    this.slices = slices;
    this.classes = classes;
    this.taintRules = taintRules;
    this.extendedNames = extendedNames;
    this.conditions = conditions;
    this.events = events;
  }

  @Override
  public String name() {
    return "DynamicResources";
  }

  @Override
  public boolean mayHelp(ClusterEvent event, PodInfo pod) {
    return switch (event.kind()) {
      case RESOURCE_CLAIM, RESOURCE_SLICE, DEVICE_CLASS, DEVICE_TAINT_RULE, OWN_POD, NODE -> true;
      case ASSIGNED_POD -> event.removed();
      case NAMESPACE, VOLUME_CLAIM, VOLUME, STORAGE_CLASS, CSI_NODE -> false;
    };
  }

  @Override
  public Verdict preFilter(CycleState state, PodInfo pod, ClusterView cluster) {
    JsonNode wanted = pod.pod().at("spec", "resourceClaims");
    ExtendedResources extended = ExtendedResources.of(pod.pod(), extendedNames);
    if (wanted.isEmpty() && extended.isEmpty()) {
      return Verdict.OK;
    }
    Cycle cycle = new Cycle(extended);
    if (!extended.isEmpty()) {
      cycle.stale =
          claims.list(pod.pod().namespace()).stream()
              .filter(c -> ExtendedResources.isFor(c, pod.uid()))
              .findFirst()
              .orElse(null);
    }
    for (JsonNode entry : wanted) {
      String name = claimName(pod.pod(), entry);
      if (name == null) {
        return unresolvable("pod \"" + pod.pod().key() + "\": ResourceClaim not created yet");
      }
      if (name.isEmpty()) {
        continue;
      }
      KubeObject claim = claims.get(pod.pod().namespace(), name).orElse(null);
      if (claim == null) {
        return unresolvable("resourceclaim.resource.k8s.io \"" + name + "\" not found");
      }
      if (claim.isDeleting()) {
        return unresolvable("resourceclaim \"" + name + "\" is being deleted");
      }
      if (claim.controllerOwner().isPresent()
          && !claim.controllerOwner().get().uid().equals(pod.uid())) {
        return unresolvable(
            "ResourceClaim " + claim.key() + " was not created for pod " + pod.pod().key());
      }
      if (!reservedFor(claim, pod.uid())
          && claim.at("status", "reservedFor").size() >= MOST_CONSUMERS) {
        return unresolvable("resourceclaim in use");
      }
      cycle.claims.add(claim);
    }
    state.put(Cycle.class, cycle);
    return Verdict.OK;
  }

  private Verdict unresolvable(String why) {
    return new Verdict.Unresolvable(name(), why);
  }

  /** Null: not made yet; empty: none is needed. */
  private static @Nullable String claimName(KubeObject pod, JsonNode entry) {
    if (entry.hasNonNull("resourceClaimName")) {
      return entry.path("resourceClaimName").asText();
    }
    for (JsonNode status : pod.at("status", "resourceClaimStatuses")) {
      if (status.path("name").equals(entry.path("name"))) {
        return status.path("resourceClaimName").asText("");
      }
    }
    return null;
  }

  private static boolean reservedFor(KubeObject claim, String uid) {
    for (JsonNode consumer : claim.at("status", "reservedFor")) {
      if (consumer.path("uid").asText("").equals(uid)) {
        return true;
      }
    }
    return false;
  }

  private @Nullable JsonNode allocation(KubeObject claim) {
    JsonNode written = claim.at("status", "allocation");
    return written.isObject() ? written : assumed.get(claim.uid());
  }

  @Override
  public boolean concerns(CycleState state, PodInfo pod) {
    return state.get(Cycle.class) != null;
  }

  @Override
  public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
    Cycle cycle = state.get(Cycle.class);
    if (cycle == null) {
      return Verdict.OK;
    }
    if (cycle.stale != null) {
      return unresolvable("cannot schedule extended resource claim");
    }
    List<KubeObject> open = new ArrayList<>();
    for (KubeObject claim : cycle.claims) {
      JsonNode allocation = allocation(claim);
      if (allocation == null) {
        open.add(claim);
      } else if (isElsewhere(allocation, node) || conditions.failure(claim) != null) {
        cycle.unavailable.add(claim);
        return new Verdict.Unschedulable(name(), "resourceclaim not available on the node");
      }
    }
    KubeObject ofNode = cycle.extended.claimOn(node);
    if (ofNode != null) {
      open.add(ofNode);
    }
    Map<KubeObject, ObjectNode> chosen = new LinkedHashMap<>();
    if (!open.isEmpty()) {
      Pools pools = Pools.on(node.node(), slices.list());
      Shares shares = new Shares();
      Set<String> used = used(shares);
      pools.counters().given(used);
      pools.counters().given(shares.devices());
      Allocator allocator =
          new Allocator(
              name -> classes.get("", name).orElse(null),
              this::selectors,
              new DeviceTaints(taintRules.list()),
              pools.counters(),
              shares,
              () -> UUID.randomUUID().toString());
      for (KubeObject claim : open) {
        ObjectNode allocation;
        try {
          allocation = allocator.allocate(claim, node.node(), pools.devices(), used);
        } catch (Selectors.Failure e) {
          return unresolvable("claim " + claim.name() + ": " + e.getMessage());
        }
        if (allocation == null) {
          return new Verdict.Unschedulable(name(), "cannot allocate all claims");
        }
        chosen.put(claim, allocation);
      }
    }
    cycle.chosen.put(node.name(), chosen);
    return Verdict.OK;
  }

  private static boolean isElsewhere(JsonNode allocation, NodeInfo node) {
    JsonNode selector = allocation.path("nodeSelector");
    return selector.isObject() && !NodeTerms.of(selector).matches(node.node());
  }

  /** A claim that is in the pod's way, and nobody else's, is allocated anew. */
  @Override
  public Uni<Void> postFilter(CycleState state, PodInfo pod) {
    Cycle cycle = state.get(Cycle.class);
    if (cycle != null) {
      if (cycle.stale != null) {
        return ExtendedResources.delete(client, cycle.stale);
      }
      for (KubeObject claim : cycle.unavailable) {
        JsonNode consumers = claim.at("status", "reservedFor");
        boolean own = consumers.size() == 1 && reservedFor(claim, pod.uid());
        if (claim.at("status", "allocation").isObject() && (consumers.isEmpty() || own)) {
          return deallocate(claim);
        }
      }
    }
    return Uni.createFrom().voidItem();
  }

  /** What changed meanwhile is looked at again when the change is seen. */
  private Uni<Void> deallocate(KubeObject claim) {
    return client
        .updateStatus(
            Resources.RESOURCE_CLAIMS,
            claim.with(n ->
                n.withObjectProperty("status")
                    .remove(List.of("reservedFor", "allocation", "devices"))))
        .replaceWithVoid()
        .onFailure(StatusException::isConflict)
        .recoverWithNull();
  }

  private Selectors selectors() {
    Selectors made = selectors;
    if (made == null) {
      made = new Selectors();
      selectors = made;
    }
    return made;
  }

  /**
   * @param shares hears of shares
   * @return the devices that are given whole
   */
  private Set<String> used(Shares shares) {
    Set<String> used = new HashSet<>();
    for (KubeObject claim : claims.list()) {
      if (claim.at("status", "allocation").isObject()) {
        assumed.remove(claim.uid());
        String provisional = ExtendedResources.provisionalUid(claim);
        if (provisional != null) {
          assumed.remove(provisional);
        }
        devices(claim.at("status", "allocation"), used, shares);
      }
    }
    assumed.values().forEach(a -> devices(a, used, shares));
    return used;
  }

  private static void devices(JsonNode allocation, Set<String> out, Shares shares) {
    for (JsonNode r : allocation.path("devices").path("results")) {
      String driver = r.path("driver").asText();
      String id = driver + "/" + r.path("pool").asText() + "/" + r.path("device").asText();
      if (r.path("adminAccess").asBoolean(false)) {
        continue;
      }
      if (r.hasNonNull("shareID")) {
        shares.given(driver, id, r.path("consumedCapacity"));
      } else {
        out.add(id);
      }
    }
  }

  private static Map<KubeObject, ObjectNode> chosen(CycleState state, String node) {
    Cycle cycle = state.get(Cycle.class);
    return cycle == null ? Map.of() : cycle.chosen.getOrDefault(node, Map.of());
  }

  @Override
  public void reserve(CycleState state, PodInfo pod, String node) {
    chosen(state, node).forEach((claim, allocation) -> assumed.put(claim.uid(), allocation));
  }

  @Override
  public void unreserve(CycleState state, PodInfo pod, String node) {
    chosen(state, node).keySet().forEach(claim -> assumed.remove(claim.uid()));
  }

  @Override
  public boolean willPreBind(CycleState state, PodInfo pod, String node) {
    Cycle cycle = state.get(Cycle.class);
    return cycle != null && !(cycle.claims.isEmpty() && chosen(state, node).isEmpty());
  }

  @Override
  public Uni<Void> preBind(CycleState state, PodInfo pod, String node) {
    Cycle cycle = state.get(Cycle.class);
    Uni<Void> all = Uni.createFrom().voidItem();
    if (cycle == null) {
      return all;
    }
    Map<KubeObject, ObjectNode> chosen = chosen(state, node);
    boolean waits = false;
    List<NamespacedName> awaited = new ArrayList<>();
    for (KubeObject claim : cycle.claims) {
      all = all.chain(() -> write(claim, chosen.get(claim), pod));
      JsonNode allocation = chosen.containsKey(claim) ? chosen.get(claim) : allocation(claim);
      waits |= allocation != null && BindingConditions.any(allocation);
      awaited.add(claim.key());
    }
    for (Map.Entry<KubeObject, ObjectNode> made : chosen.entrySet()) {
      if (ExtendedResources.isProvisional(made.getKey())) {
        all = all.chain(() -> make(cycle.extended, made, pod, awaited));
        waits |= BindingConditions.any(made.getValue());
      }
    }
    if (!waits) {
      return all;
    }
    return all.chain(() -> {
      events.normal(
          pod.pod(),
          "BindingConditionsPending",
          "waiting for binding conditions for device on node " + node);
      return conditions.ready(awaited);
    });
  }

  /** Makes the claim of extended resources a real one. */
  private Uni<Void> make(
      ExtendedResources extended,
      Map.Entry<KubeObject, ObjectNode> made,
      PodInfo pod,
      List<NamespacedName> awaited) {
    return ExtendedResources.create(client, made.getKey())
        .chain(claim -> {
          awaited.add(claim.key());
          return write(claim, made.getValue(), pod).chain(() -> extended.tell(client, claim));
        });
  }

  /** The finalizer comes before the allocation, so that what is allocated is never just deleted. */
  private Uni<Void> write(KubeObject known, @Nullable ObjectNode allocation, PodInfo pod) {
    return client
        .get(Resources.RESOURCE_CLAIMS, known.namespace(), known.name())
        .chain(claim ->
            allocation == null || claim.finalizers().contains(FINALIZER)
                ? Uni.createFrom().item(claim)
                : client.update(
                    Resources.RESOURCE_CLAIMS,
                    claim.with(n ->
                        n.withObjectProperty("metadata")
                            .withArrayProperty("finalizers")
                            .add(FINALIZER))))
        .chain(claim -> {
          if (reservedFor(claim, pod.uid())) {
            return Uni.createFrom().item(claim);
          }
          if (allocation == null && !claim.at("status", "allocation").isObject()) {
            throw new IllegalStateException(
                "resourceclaim " + claim.key() + " got deallocated elsewhere in the meantime");
          }
          return client.updateStatus(
              Resources.RESOURCE_CLAIMS,
              claim.with(n -> {
                ObjectNode status = n.withObjectProperty("status");
                if (allocation != null && !status.path("allocation").isObject()) {
                  ObjectNode written = allocation.deepCopy();
                  written.put("allocationTimestamp", Timestamps.time(conditions.now()));
                  status.set("allocation", written);
                }
                ArrayNode consumers = status.withArrayProperty("reservedFor");
                consumers
                    .addObject()
                    .put("resource", "pods")
                    .put("name", pod.pod().name())
                    .put("uid", pod.uid());
              }));
        })
        .replaceWithVoid();
  }
}
