package dev.coracle.controllers.internal.disruption;

import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.ResourceCatalog;
import dev.coracle.controllers.internal.ResourceCatalog.Entry;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * How many pods the owners of given pods want. Workloads of Kubernetes itself are read from
 * informers; any other owner is asked for its {@code scale}, one after the other, at each count:
 * when its size changes, its pods come or go, and that wakes the count. Owned by the controllers'
 * context.
 */
final class OwnerSizes {

  /**
   * @param pods that all owners want together
   * @param unmanaged names of pods that no controller owns
   */
  record Expected(int pods, List<String> unmanaged) {}

  private record Size(String uid, int replicas) {}

  private final Client client;
  private final ResourceCatalog catalog;
  private final Lister replicaSets;
  private final Lister deployments;
  private final Lister statefulSets;
  private final Lister replicationControllers;

  /**
   * @param follow is given the informers of owners
   */
  OwnerSizes(Environment env, ResourceCatalog catalog, Consumer<Informer> follow) {
    this.client = env.client();
    this.catalog = catalog;
    Informer sets = env.informer(Resources.REPLICA_SETS);
    Informer ofTemplates = env.informer(Resources.DEPLOYMENTS);
    Informer stateful = env.informer(Resources.STATEFUL_SETS);
    Informer controllers = env.informer(Resources.REPLICATION_CONTROLLERS);
    List.of(sets, ofTemplates, stateful, controllers).forEach(follow);
    this.replicaSets = sets.lister();
    this.deployments = ofTemplates.lister();
    this.statefulSets = stateful.lister();
    this.replicationControllers = controllers.lister();
  }

  /** Fails where the size of one owner cannot be told. */
  Uni<Expected> of(List<KubeObject> pods) {
    List<String> unmanaged = new ArrayList<>();
    Map<String, Integer> sizes = new HashMap<>();
    Map<String, KubeObject> others = new LinkedHashMap<>();
    for (KubeObject pod : pods) {
      OwnerReference owner = pod.controllerOwner().orElse(null);
      if (owner == null) {
        unmanaged.add(pod.name());
        continue;
      }
      Optional<Size> size = workload(pod, owner);
      if (size.isPresent()) {
        sizes.put(size.get().uid(), size.get().replicas());
      } else {
        others.putIfAbsent(owner.uid(), pod);
      }
    }
    return Multi.createFrom()
        .iterable(others.values())
        .onItem()
        .transformToUniAndConcatenate(pod -> scale(pod, pod.controllerOwner().orElseThrow()))
        .onItem()
        .invoke(size -> sizes.put(size.uid(), size.replicas()))
        .collect()
        .last()
        .map(_ ->
            new Expected(sizes.values().stream().mapToInt(Integer::intValue).sum(), unmanaged));
  }

  /** Of the topmost owner, where it is one of Kubernetes' own workloads and known. */
  private Optional<Size> workload(KubeObject pod, OwnerReference owner) {
    String namespace = pod.namespace();
    return switch (owner.kind()) {
      case "ReplicaSet" -> found(replicaSets, namespace, owner, "apps").flatMap(this::ofSet);
      case "StatefulSet" -> found(statefulSets, namespace, owner, "apps").map(OwnerSizes::size);
      case "ReplicationController" ->
          found(replicationControllers, namespace, owner, "").map(OwnerSizes::size);
      default -> Optional.empty();
    };
  }

  private Optional<Size> ofSet(KubeObject set) {
    OwnerReference owner = set.controllerOwner().orElse(null);
    return owner == null || !owner.kind().equals("Deployment")
        ? Optional.of(size(set))
        : found(deployments, set.namespace(), owner, "apps").map(OwnerSizes::size);
  }

  private static Optional<KubeObject> found(
      Lister lister, String namespace, OwnerReference owner, String group) {
    return owner.gvk().group().equals(group)
        ? lister.get(namespace, owner.name()).filter(o -> o.uid().equals(owner.uid()))
        : Optional.empty();
  }

  private static Size size(KubeObject owner) {
    return new Size(owner.uid(), owner.at("spec", "replicas").asInt(1));
  }

  private Uni<Size> scale(KubeObject pod, OwnerReference owner) {
    Entry entry = catalog.kind(owner.apiVersion(), owner.kind()).orElse(null);
    if (entry == null) {
      return uncounted(
          "no matches for kind \"" + owner.kind() + "\" in version \"" + owner.apiVersion() + "\"");
    }
    if (!catalog.isScalable(owner.gvk())) {
      return uncounted(
          entry.resource().groupResource() + " does not implement the scale subresource");
    }
    String none = "found no controllers for pod \"" + pod.name() + "\"";
    return client
        .getSubresource(entry.resource(), pod.namespace(), owner.name(), "scale")
        .onFailure(StatusException::isNotFound)
        .transform(_ -> new UncountedException(none))
        .chain(scale ->
            scale.uid().equals(owner.uid())
                ? Uni.createFrom()
                    .item(new Size(scale.uid(), scale.at("spec", "replicas").asInt(0)))
                : uncounted(none));
  }

  private static Uni<Size> uncounted(String why) {
    return Uni.createFrom().failure(new UncountedException(why));
  }
}
