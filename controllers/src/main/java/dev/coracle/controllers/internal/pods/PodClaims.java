package dev.coracle.controllers.internal.pods;

import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Concurrent;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Finds the pods of an owner, taking over orphans that match its selector and letting go those that
 * no longer do.
 */
public final class PodClaims {

  private final Lister pods;
  private final PodControl control;

  /**
   * @param pods of an informer with the index {@link Informer#BY_CONTROLLER_UID}
   */
  public PodClaims(Lister pods, PodControl control) {
    this.pods = pods;
    this.control = control;
  }

  /** The owner's pods, as they are after adoption. */
  public Uni<List<KubeObject>> claim(
      KubeObject owner, LabelSelector selector, Predicate<KubeObject> adoptable) {
    List<KubeObject> mine = new ArrayList<>();
    List<KubeObject> strangers = new ArrayList<>();
    for (KubeObject pod : pods.byIndex(Informer.BY_CONTROLLER_UID, owner.uid())) {
      if (selector.matches(pod)) {
        mine.add(pod);
      } else if (!owner.isDeleting() && !pod.isDeleting()) {
        strangers.add(pod);
      }
    }
    List<KubeObject> orphans = new ArrayList<>();
    if (!owner.isDeleting()) {
      for (KubeObject pod : pods.byIndex(ORPHANS, owner.namespace())) {
        if (!pod.isDeleting() && selector.matches(pod) && adoptable.test(pod)) {
          orphans.add(pod);
        }
      }
    }
    return Concurrent.forEach(strangers, pod -> control.release(pod, owner))
        .chain(() ->
            Concurrent.forEach(
                orphans, pod -> control.adopt(pod, owner).invoke(mine::add).replaceWithVoid()))
        .replaceWith(mine);
  }

  /** The name of the index of pods without a controller, by namespace. */
  public static final String ORPHANS = "orphans";

  /** Adds what this class looks pods up by. */
  public static Informer index(Informer pods) {
    return pods.addIndex(Informer.BY_CONTROLLER_UID)
        .addIndex(
            ORPHANS,
            pod -> pod.controllerOwner().isPresent() ? List.of() : List.of(pod.namespace()));
  }

  /** The name of the pod's controller if it is of this kind. */
  public static Optional<OwnerReference> owner(KubeObject pod, String apiVersion, String kind) {
    return pod.controllerOwner()
        .filter(o -> o.kind().equals(kind) && o.apiVersion().equals(apiVersion));
  }
}
