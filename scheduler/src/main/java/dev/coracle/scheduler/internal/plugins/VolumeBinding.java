package dev.coracle.scheduler.internal.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.api.Resources;
import dev.coracle.api.StorageClasses;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.Client;
import dev.coracle.client.Lister;
import dev.coracle.scheduler.spi.ClusterEvent;
import dev.coracle.scheduler.spi.ClusterView;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.NodeTerms;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A pod goes where its volumes are, or can come to be. Bound claims pin it by their volumes' node
 * affinity; claims that wait for their first consumer get a matching volume, or a node for their
 * provisioner, once the pod has a node (Kubernetes docs, "Volume Binding Mode").
 */
public final class VolumeBinding
    implements Plugin.PreFilter, Plugin.Filter, Plugin.Reserve, Plugin.PreBind {

  static final String SELECTED_NODE = "volume.kubernetes.io/selected-node";
  private static final String NO_PROVISIONER = "kubernetes.io/no-provisioner";
  private static final String BIND_COMPLETED = "pv.kubernetes.io/bind-completed";

  /** The pod's claims: those with a volume, and those that wait for the pod. */
  private record Claims(List<KubeObject> volumes, List<KubeObject> waiting) {}

  /** What is chosen for the waiting claims on one node: claim to volume; empty: provision. */
  private static final class Choices {
    final Map<String, Map<KubeObject, Optional<KubeObject>>> byNode = new HashMap<>();
    final Map<String, KubeObject> nodes = new HashMap<>();
  }

  private final Client client;
  private final Lister claims;
  private final Lister volumes;
  private final Lister classes;
  private final StorageCapacity capacity;
  private final ClaimWaiters waiters;
  private final Duration timeout;
  private final Counter failures;
  private final Set<String> taken = new HashSet<>();

  public VolumeBinding(
      Client client,
      Lister claims,
      Lister volumes,
      Lister classes,
      StorageCapacity capacity,
      ClaimWaiters waiters,
      Duration timeout,
      MeterRegistry registry) {
    this.client = client;
    this.claims = claims;
    this.volumes = volumes;
    this.classes = classes;
    this.capacity = capacity;
    this.waiters = waiters;
    this.timeout = timeout;
    this.failures =
        registry.counter("scheduler_volume_scheduling_stage_error_total", "operation", "bind");
  }

  @Override
  public String name() {
    return "VolumeBinding";
  }

  @Override
  public boolean mayHelp(ClusterEvent event, PodInfo pod) {
    return switch (event.kind()) {
      case VOLUME_CLAIM, VOLUME, STORAGE_CLASS, NODE, CSI_NODE -> true;
      case ASSIGNED_POD,
          OWN_POD,
          NAMESPACE,
          RESOURCE_CLAIM,
          RESOURCE_SLICE,
          DEVICE_CLASS,
          DEVICE_TAINT_RULE ->
          false;
    };
  }

  @Override
  public Verdict preFilter(CycleState state, PodInfo pod, ClusterView cluster) {
    List<KubeObject> bound = new ArrayList<>();
    List<KubeObject> waiting = new ArrayList<>();
    for (PodVolumes.Wanted wantedClaim : PodVolumes.claimsOf(pod.pod())) {
      String name = wantedClaim.name();
      KubeObject claim = claims.get(pod.pod().namespace(), name).orElse(null);
      if (claim == null) {
        return new Verdict.Unresolvable(
            name(),
            wantedClaim.ephemeral()
                ? "waiting for ephemeral volume controller to create the persistentvolumeclaim \""
                    + name
                    + "\""
                : "persistentvolumeclaim \"" + name + "\" not found");
      }
      if (wantedClaim.ephemeral()
          && claim.controllerOwner().filter(o -> o.uid().equals(pod.uid())).isEmpty()) {
        return new Verdict.Unresolvable(
            name(),
            "PVC "
                + claim.key()
                + " was not created for pod "
                + pod.pod().key()
                + " (pod is not the owner)");
      }
      if (claim.text("status", "phase").equals("Lost")) {
        return new Verdict.Unresolvable(
            name(),
            "persistentvolumeclaim \""
                + name
                + "\" bound to non-existent persistentvolume \""
                + claim.text("spec", "volumeName")
                + "\"");
      }
      if (claim.isDeleting()) {
        return new Verdict.Unresolvable(
            name(), "persistentvolumeclaim \"" + name + "\" is being deleted");
      }
      String volume = claim.text("spec", "volumeName");
      if (isBound(claim)) {
        KubeObject found = volumes.get("", volume).orElse(null);
        if (found == null) {
          return new Verdict.Unresolvable(
              name(), "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
        }
        bound.add(found);
      } else if (volume.isEmpty() && waitsForConsumer(claim)) {
        waiting.add(claim);
      } else {
        return new Verdict.Unresolvable(name(), "pod has unbound immediate PersistentVolumeClaims");
      }
    }
    if (!bound.isEmpty() || !waiting.isEmpty()) {
      state.put(Claims.class, new Claims(bound, waiting));
      state.put(Choices.class, new Choices());
    }
    return Verdict.OK;
  }

  /** A volume that a user named may be another claim's. */
  private static boolean isBound(KubeObject claim) {
    return !claim.text("spec", "volumeName").isEmpty()
        && (claim.annotation(BIND_COMPLETED).isPresent()
            || claim.text("status", "phase").equals("Bound"));
  }

  private Optional<KubeObject> classOf(KubeObject claim) {
    return classes.get("", StorageClasses.of(claim));
  }

  private boolean waitsForConsumer(KubeObject claim) {
    return classOf(claim)
        .map(c -> c.text("volumeBindingMode").equals("WaitForFirstConsumer"))
        .orElse(false);
  }

  @Override
  public boolean concerns(CycleState state, PodInfo pod) {
    return state.get(Claims.class) != null;
  }

  @Override
  public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
    Claims wanted = state.get(Claims.class);
    Choices choices = state.get(Choices.class);
    if (wanted == null || choices == null) {
      return Verdict.OK;
    }
    for (KubeObject volume : wanted.volumes()) {
      if (!reaches(volume, node.node())) {
        return new Verdict.Unresolvable(
            name(), "node(s) didn't match PersistentVolume's node affinity");
      }
    }
    Map<KubeObject, Optional<KubeObject>> chosen = new HashMap<>();
    Set<String> used = new HashSet<>(taken);
    for (KubeObject claim : wanted.waiting()) {
      String selected = claim.annotation(SELECTED_NODE).orElse("");
      Optional<KubeObject> volume =
          selected.isEmpty() ? match(claim, node.node(), used) : Optional.empty();
      if (volume.isEmpty() && !provisionable(claim, node.node(), selected)) {
        return new Verdict.Unresolvable(
            name(), "node(s) didn't find available persistent volumes to bind");
      }
      if (volume.isEmpty() && !capacity.isEnough(claim, classOf(claim), node.node())) {
        return new Verdict.Unschedulable(name(), "node(s) did not have enough free storage");
      }
      volume.ifPresent(v -> used.add(v.name()));
      chosen.put(claim, volume);
    }
    choices.byNode.put(node.name(), chosen);
    choices.nodes.put(node.name(), node.node());
    return Verdict.OK;
  }

  private static boolean reaches(KubeObject volume, KubeObject node) {
    JsonNode required = volume.at("spec", "nodeAffinity", "required");
    return !required.isObject() || NodeTerms.of(required).matches(node);
  }

  /** The smallest free volume that satisfies the claim on this node. */
  private Optional<KubeObject> match(KubeObject claim, KubeObject node, Set<String> used) {
    Quantity size = size(claim.at("spec", "resources", "requests", "storage"));
    Set<String> modes = new HashSet<>();
    claim.at("spec", "accessModes").forEach(m -> modes.add(m.asText()));
    JsonNode selector = claim.at("spec", "selector");
    return volumes.list().stream()
        .filter(v -> !used.contains(v.name()) && !v.isDeleting())
        .filter(v ->
            v.text("status", "phase").equals("Available")
                && v.at("spec", "claimRef").isMissingNode())
        .filter(v -> StorageClasses.of(v).equals(StorageClasses.of(claim)))
        .filter(v -> mode(v).equals(mode(claim)))
        .filter(v ->
            v.text("spec", "volumeAttributesClassName")
                .equals(claim.text("spec", "volumeAttributesClassName")))
        .filter(v -> !selector.isObject() || LabelSelector.of(selector).matches(v))
        .filter(v -> size(v.at("spec", "capacity", "storage")).compareTo(size) >= 0)
        .filter(v -> {
          Set<String> offered = new HashSet<>();
          v.at("spec", "accessModes").forEach(m -> offered.add(m.asText()));
          return offered.containsAll(modes);
        })
        .filter(v -> reaches(v, node))
        .min(Comparator.comparing(v -> size(v.at("spec", "capacity", "storage"))));
  }

  private static String mode(KubeObject object) {
    String mode = object.text("spec", "volumeMode");
    return mode.isEmpty() ? "Filesystem" : mode;
  }

  private static Quantity size(JsonNode text) {
    Quantity quantity = Quantity.tryParse(text.asText(""));
    return quantity == null ? Quantity.ZERO : quantity;
  }

  private boolean provisionable(KubeObject claim, KubeObject node, String selected) {
    KubeObject storage = classOf(claim).orElse(null);
    if (storage == null
        || storage.text("provisioner").isEmpty()
        || storage.text("provisioner").equals(NO_PROVISIONER)
        || (!selected.isEmpty() && !selected.equals(node.name()))) {
      return false;
    }
    JsonNode topologies = storage.at("allowedTopologies");
    if (topologies.isEmpty()) {
      return true;
    }
    Map<String, String> labels = node.labels();
    for (JsonNode topology : topologies) {
      boolean all = true;
      for (JsonNode e : topology.path("matchLabelExpressions")) {
        boolean one = false;
        for (JsonNode value : e.path("values")) {
          one |= value.asText().equals(labels.get(e.path("key").asText()));
        }
        all &= one;
      }
      if (all) {
        return true;
      }
    }
    return false;
  }

  private static Map<KubeObject, Optional<KubeObject>> chosen(CycleState state, String node) {
    Choices choices = state.get(Choices.class);
    return choices == null ? Map.of() : choices.byNode.getOrDefault(node, Map.of());
  }

  @Override
  public void reserve(CycleState state, PodInfo pod, String node) {
    chosen(state, node).values().forEach(v -> v.ifPresent(volume -> taken.add(volume.name())));
  }

  @Override
  public void unreserve(CycleState state, PodInfo pod, String node) {
    chosen(state, node).values().forEach(v -> v.ifPresent(volume -> taken.remove(volume.name())));
  }

  @Override
  public boolean willPreBind(CycleState state, PodInfo pod, String node) {
    return !chosen(state, node).isEmpty();
  }

  @Override
  public Uni<Void> preBind(CycleState state, PodInfo pod, String node) {
    Map<KubeObject, Optional<KubeObject>> chosen = chosen(state, node);
    if (chosen.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    List<Uni<Void>> steps = new ArrayList<>();
    chosen.forEach((claim, volume) ->
        steps.add(
            volume
                .map(v -> claimVolume(v, claim))
                .orElseGet(() -> selectNode(claim, node))
                .chain(() -> waiters.bound(claim.key(), timeout))
                .invoke(() -> verify(claim, state, node))));
    return Uni.join()
        .all(steps)
        .andFailFast()
        .onFailure()
        .invoke(() -> failures.increment())
        .replaceWithVoid()
        .onTermination()
        .invoke(() -> unreserve(state, pod, node));
  }

  /** A provisioner may have made the volume elsewhere; the next attempt goes where it is. */
  private void verify(KubeObject waited, CycleState state, String nodeName) {
    Choices choices = state.get(Choices.class);
    KubeObject node = choices == null ? null : choices.nodes.get(nodeName);
    claims
        .get(waited.namespace(), waited.name())
        .flatMap(claim -> volumes.get("", claim.text("spec", "volumeName")))
        .filter(volume -> node != null && !reaches(volume, node))
        .ifPresent(volume -> {
          throw new IllegalStateException(
              "binding volumes: pv \"%s\" node affinity doesn't match node \"%s\": no matching NodeSelectorTerms"
                  .formatted(volume.name(), nodeName));
        });
  }

  private Uni<Void> claimVolume(KubeObject volume, KubeObject claim) {
    return client
        .update(
            Resources.PERSISTENT_VOLUMES,
            volume.with(v -> {
              ObjectNode reference = v.withObjectProperty("spec").putObject("claimRef");
              reference.put("apiVersion", "v1").put("kind", "PersistentVolumeClaim");
              reference.put("namespace", claim.namespace()).put("name", claim.name());
              reference.put("uid", claim.uid());
              reference.put("resourceVersion", claim.resourceVersion());
              v.withObjectProperty("metadata")
                  .withObjectProperty("annotations")
                  .put("pv.kubernetes.io/bound-by-controller", "yes");
            }))
        .replaceWithVoid();
  }

  private Uni<Void> selectNode(KubeObject claim, String node) {
    return client
        .patch(
            Resources.PERSISTENT_VOLUME_CLAIMS,
            claim.namespace(),
            claim.name(),
            Patch.merge(n ->
                n.withObjectProperty("metadata")
                    .withObjectProperty("annotations")
                    .put(SELECTED_NODE, node)))
        .replaceWithVoid();
  }
}
