package dev.coracle.controllers.internal.volume;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LocalVolumes;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.StorageClasses;
import dev.coracle.api.rest.Patch;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.status.Conditions;
import io.micrometer.core.instrument.Counter;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Optional;

/**
 * Brings claims and volumes together: binds a claim to the smallest volume that will do, or to one
 * made for it; makes volumes of the built-in local class; and retains or deletes a volume whose
 * claim has gone. Other provisioners (CSI) are told by the annotation they watch for.
 */
public final class VolumeBinder extends LoopController {

  static final String SELECTED_NODE = "volume.kubernetes.io/selected-node";

  /** Which provisioner is to act; the second is what those of some years ago look for. */
  private static final List<String> PROVISIONER =
      List.of(
          "volume.kubernetes.io/storage-provisioner",
          "volume.beta.kubernetes.io/storage-provisioner");

  /** The size that a volume had before it grew and its file system has still. */
  private static final String BEFORE_RESIZE = "volume.alpha.kubernetes.io/pre-resize-capacity";

  private static final String IN_TREE = "kubernetes.io/";
  static final String BOUND_BY_US = "pv.kubernetes.io/bound-by-controller";
  private static final String BIND_COMPLETED = "pv.kubernetes.io/bind-completed";

  private final Lister claims;
  private final Lister volumes;
  private final Lister classes;
  private final Lister pods;
  private final LocalProvisioner local;
  private final VolumeReclaimer reclaimer;
  private final VolumeTimes times;
  private final Counter givenClasses;
  private final Counter givenInVain;

  public VolumeBinder(Environment env) {
    super("persistentvolume-binder-controller", "persistentvolume-controller", env);
    Informer claimInformer = env.informer(Resources.PERSISTENT_VOLUME_CLAIMS);
    Informer volumeInformer = env.informer(Resources.PERSISTENT_VOLUMES);
    Informer classInformer = env.informer(Resources.STORAGE_CLASSES);
    this.claims = claimInformer.lister();
    this.volumes = volumeInformer.lister();
    VolumeMetrics.follow(env.registry(), volumeInformer, claimInformer);
    this.classes = classInformer.lister();
    Informer podInformer =
        env.informer(Resources.PODS)
            .addIndex(ClaimProtection.CLAIMS_IN_USE, ClaimProtection::claims);
    this.pods = podInformer.lister();
    podInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject pod) {
            if (isUnschedulable(pod)) {
              claimsOf(pod);
            }
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (!isUnschedulable(before)) {
              added(now);
            }
          }
        });
    Informer nodes = env.informer(Resources.NODES);
    this.times = new VolumeTimes(env.registry(), env::now);
    this.local = new LocalProvisioner(env, events, nodes.lister(), times);
    this.reclaimer = new VolumeReclaimer(env, events, local, times);
    this.givenClasses = env.registry().counter("retroactive_storageclass_total");
    this.givenInVain = env.registry().counter("retroactive_storageclass_errors_total");
    volumeInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void deleted(KubeObject last) {
            times.ended(last.key());
          }
        });
    claimInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void deleted(KubeObject last) {
            times.forget(last.key());
          }
        });
    nodes.addHandler(
        new Informer.Handler() {
          @Override
          public void deleted(KubeObject last) {
            volumes.list().stream()
                .filter(v -> v.annotation(LocalVolumes.NODE).orElse("").equals(last.name()))
                .forEach(loop::enqueue);
          }
        });
    onAny(
        claimInformer,
        claim -> {
          loop.enqueue(claim);
          String volume = claim.text("spec", "volumeName");
          if (!volume.isEmpty()) {
            enqueue("", volume);
          }
        });
    onAny(
        volumeInformer,
        volume -> {
          loop.enqueue(volume);
          NamespacedName claim = Matching.claimOf(volume);
          if (claim.name().isEmpty()) {
            pending();
          } else {
            loop.enqueue(claim);
          }
        });
    volumeInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void updated(KubeObject before, KubeObject now) {
            NamespacedName holder = Matching.claimOf(before);
            if (!holder.name().isEmpty() && !holder.equals(Matching.claimOf(now))) {
              loop.enqueue(holder); // It has lost the volume to another claim.
            }
          }
        });
    onAny(classInformer, _ -> pending());
  }

  private static boolean isUnschedulable(KubeObject pod) {
    return Conditions.find(pod, "PodScheduled").path("status").asText().equals("False");
  }

  private void claimsOf(KubeObject pod) {
    for (String claim : ClaimProtection.claims(pod)) {
      enqueue(pod.namespace(), claim.substring(claim.indexOf('/') + 1));
    }
  }

  /** A claim that waits says for whom, once the scheduler has found no node for that pod. */
  private void tellOfWaiting(KubeObject claim) {
    List<String> unscheduled =
        pods.byIndex(ClaimProtection.CLAIMS_IN_USE, claim.key().toString()).stream()
            .filter(VolumeBinder::isUnschedulable)
            .map(KubeObject::name)
            .sorted()
            .toList();
    switch (unscheduled.size()) {
      case 0 ->
          events.normal(
              claim,
              "WaitForFirstConsumer",
              "waiting for first consumer to be created before binding");
      case 1 ->
          events.normal(
              claim,
              "WaitForPodScheduled",
              "waiting for pod " + unscheduled.getFirst() + " to be scheduled");
      default ->
          events.normal(
              claim,
              "WaitForPodScheduled",
              "waiting for pods " + String.join(",", unscheduled) + " to be scheduled");
    }
  }

  private void pending() {
    claims.list().stream()
        .filter(c -> c.text("spec", "volumeName").isEmpty())
        .forEach(loop::enqueue);
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    Uni<?> work =
        name.namespace().isEmpty()
            ? volumes.get("", name.name()).map(this::volume).orElse(nothing())
            : claims.get(name.namespace(), name.name()).map(this::claim).orElse(nothing());
    return work.replaceWith(Result.DONE)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
  }

  private static Uni<?> nothing() {
    return Uni.createFrom().voidItem();
  }

  // Claims.

  private Uni<?> claim(KubeObject claim) {
    String wanted = claim.text("spec", "volumeName");
    if (!wanted.isEmpty()) {
      Optional<KubeObject> volume = volumes.get("", wanted);
      if (volume.isEmpty()) {
        return claim.annotation(BIND_COMPLETED).isPresent()
            ? lost(
                claim,
                "ClaimLost",
                "Bound claim has lost its PersistentVolume. Data on the volume is lost!")
            : phase(claim, "Pending");
      }
      return bind(claim, volume.get());
    }
    if (claim.annotation(BIND_COMPLETED).isPresent()) {
      return lost(
          claim,
          "ClaimLost",
          "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!");
    }
    Optional<KubeObject> mine =
        volumes.list().stream()
            .filter(v -> Matching.claimOf(v).equals(claim.key()))
            .filter(v -> Matching.uidMatches(v, claim))
            .filter(v -> Matching.suits(claim, v))
            .findFirst();
    if (mine.isPresent()) {
      return bind(claim, mine.get());
    }
    if (claim.isDeleting()) {
      return nothing();
    }
    KubeObject storageClass = classes.get("", StorageClasses.of(claim)).orElse(null);
    boolean waits =
        storageClass != null
            && storageClass.text("volumeBindingMode").equals("WaitForFirstConsumer");
    String node = claim.annotation(SELECTED_NODE).orElse("");
    if (waits && node.isEmpty()) {
      tellOfWaiting(claim);
      return phase(claim, "Pending");
    }
    Optional<KubeObject> free = waits ? Optional.empty() : Matching.match(claim, volumes.list());
    if (free.isPresent()) {
      return bind(claim, free.get());
    }
    if (storageClass == null) {
      Optional<KubeObject> byDefault = defaultClass(claim);
      if (byDefault.isPresent()) {
        return env.client()
            .patch(
                Resources.PERSISTENT_VOLUME_CLAIMS,
                claim.namespace(),
                claim.name(),
                Patch.merge(
                    n -> n.putObject("spec").put("storageClassName", byDefault.get().name())))
            .invoke(() -> givenClasses.increment())
            .onFailure()
            .invoke(() -> givenInVain.increment());
      }
      String name = StorageClasses.of(claim);
      if (name.isEmpty()) {
        events.normal(
            claim,
            "FailedBinding",
            "no persistent volumes available for this claim and no storage class is set");
      } else {
        events.warning(
            claim, "ProvisioningFailed", "storageclass.storage.k8s.io \"" + name + "\" not found");
      }
      return phase(claim, "Pending");
    }
    return provision(claim, storageClass, node);
  }

  private Uni<?> lost(KubeObject claim, String reason, String message) {
    if (!claim.text("status", "phase").equals("Lost")) {
      events.warning(claim, reason, message);
    }
    return phase(claim, "Lost");
  }

  /** A claim that came before there was a default class gets it when there is one. */
  private Optional<KubeObject> defaultClass(KubeObject claim) {
    return StorageClasses.isChosen(claim.tree())
        ? Optional.empty()
        : StorageClasses.byDefault(classes.list());
  }

  /**
   * First the volume names the claim, then the claim the volume; each step may be the last one
   * made.
   */
  private Uni<?> bind(KubeObject claim, KubeObject volume) {
    NamespacedName holder = Matching.claimOf(volume);
    if (!holder.name().isEmpty()
        && (!holder.equals(claim.key()) || !Matching.uidMatches(volume, claim))) {
      if (claim.annotation(BIND_COMPLETED).isPresent()) {
        return lost(
            claim,
            "ClaimMisbound",
            "Two claims are bound to the same volume, this one is bound incorrectly");
      }
      events.warning(
          claim,
          "FailedBinding",
          "volume \"" + volume.name() + "\" already bound to a different claim.");
      return phase(claim, "Pending");
    }
    if (holder.name().isEmpty()) {
      String mismatch = Matching.mismatch(claim, volume);
      if (!mismatch.isEmpty()) {
        events.warning(
            claim,
            "VolumeMismatch",
            "Cannot bind to requested volume \"" + volume.name() + "\": " + mismatch);
        return phase(claim, "Pending");
      }
    }
    Uni<KubeObject> held =
        volume.text("spec", "claimRef", "uid").equals(claim.uid())
            ? Uni.createFrom().item(volume)
            : env.client()
                .update(
                    Resources.PERSISTENT_VOLUMES,
                    volume.with(node -> {
                      Matching.reference(node, claim);
                      if (holder.name().isEmpty()) {
                        node.withObjectProperty("metadata")
                            .withObjectProperty("annotations")
                            .put(BOUND_BY_US, "yes");
                      }
                    }));
    return held.chain(v -> reclaimer.phase(v, "Bound"))
        .chain(() ->
            claim.text("spec", "volumeName").equals(volume.name())
                    && claim.annotation(BIND_COMPLETED).isPresent()
                ? Uni.createFrom().item(claim)
                : env.client()
                    .update(
                        Resources.PERSISTENT_VOLUME_CLAIMS,
                        claim.with(node -> {
                          node.withObjectProperty("spec").put("volumeName", volume.name());
                          ObjectNode annotations =
                              node.withObjectProperty("metadata").withObjectProperty("annotations");
                          annotations.put(BIND_COMPLETED, "yes");
                          if (claim.text("spec", "volumeName").isEmpty()) {
                            annotations.put(BOUND_BY_US, "yes");
                          }
                        })))
        .chain(now -> bound(now, volume));
  }

  /**
   * The claim's capacity is told when it becomes bound; later it grows by the hand of whoever
   * resizes the volume.
   */
  private Uni<?> bound(KubeObject claim, KubeObject bound) {
    boolean already = claim.text("status", "phase").equals("Bound");
    if (!already) {
      return tellBound(claim, bound).invoke(() -> times.ended(claim.key()));
    }
    if (!LocalVolumes.is(bound)) {
      return nothing();
    }
    return local
        .expand(claim, bound)
        .chain(volume -> {
          if (claim.at("status", "capacity").equals(volume.at("spec", "capacity"))) {
            return nothing();
          }
          events.normal(claim, "VolumeResizeSuccessful", "Resize volume succeeded");
          return tellBound(claim, volume);
        });
  }

  private Uni<KubeObject> tellBound(KubeObject claim, KubeObject volume) {
    return env.client()
        .updateStatus(
            Resources.PERSISTENT_VOLUME_CLAIMS,
            claim.with(node -> {
              ObjectNode status = node.withObjectProperty("status");
              status.put("phase", "Bound");
              status.set("accessModes", volume.at("spec", "accessModes").deepCopy());
              status.set("capacity", volume.at("spec", "capacity").deepCopy());
              volume
                  .annotation(BEFORE_RESIZE)
                  .ifPresent(size -> status.withObjectProperty("capacity").put("storage", size));
              String attributes = volume.text("spec", "volumeAttributesClassName");
              if (!attributes.isEmpty() && !claim.text("status", "phase").equals("Bound")) {
                status.put("currentVolumeAttributesClassName", attributes);
              }
            }));
  }

  private Uni<?> phase(KubeObject claim, String phase) {
    return claim.text("status", "phase").equals(phase)
        ? nothing()
        : env.client()
            .updateStatus(
                Resources.PERSISTENT_VOLUME_CLAIMS,
                claim.with(n -> n.withObjectProperty("status").put("phase", phase)));
  }

  private Uni<?> provision(KubeObject claim, KubeObject storageClass, String node) {
    String provisioner = storageClass.text("provisioner");
    if (provisioner.startsWith(IN_TREE)) {
      events.warning(claim, "ProvisioningFailed", "no volume plugin matched name: " + provisioner);
      return phase(claim, "Pending");
    }
    times.begun(claim.key(), provisioner, "provision");
    if (provisioner.equals(LocalVolumes.PROVISIONER) && env.options().localVolumes()) {
      if (node.isEmpty()) {
        times.failed(claim.key());
        events.warning(
            claim,
            "ProvisioningFailed",
            "failed to provision volume with StorageClass \""
                + storageClass.name()
                + "\": configuration error, no node was specified");
        return phase(claim, "Pending");
      }
      return local
          .provision(claim, storageClass, node)
          .chain(made -> made == null ? nothing() : bind(claim, made));
    }
    events.normal(
        claim,
        "ExternalProvisioning",
        "Waiting for a volume to be created either by the external provisioner '"
            + provisioner
            + "' or manually by the system administrator. If volume creation is delayed, please"
            + " verify that the provisioner is running and correctly registered.");
    Uni<?> told =
        PROVISIONER.stream().allMatch(a -> claim.annotation(a).orElse("").equals(provisioner))
            ? nothing()
            : env.client()
                .patch(
                    Resources.PERSISTENT_VOLUME_CLAIMS,
                    claim.namespace(),
                    claim.name(),
                    Patch.merge(n -> {
                      ObjectNode annotations = n.putObject("metadata").putObject("annotations");
                      PROVISIONER.forEach(a -> annotations.put(a, provisioner));
                    }));
    return told.chain(() -> phase(claim, "Pending"));
  }

  // Volumes.

  private Uni<?> volume(KubeObject volume) {
    if (LocalVolumes.is(volume)) {
      Optional<Uni<KubeObject>> labelled = local.label(volume);
      if (labelled.isPresent()) {
        return labelled.get(); // It comes back here by that change.
      }
      if (local.isOfGoneNode(volume)) {
        return local.forget(volume);
      }
    }
    NamespacedName name = Matching.claimOf(volume);
    if (name.name().isEmpty()) {
      return reclaimer.phase(volume, "Available");
    }
    String uid = volume.text("spec", "claimRef", "uid");
    KubeObject claim = claims.get(name.namespace(), name.name()).orElse(null);
    if (uid.isEmpty()) {
      return claim == null ? reclaimer.phase(volume, "Available") : nothing();
    }
    if (claim != null && claim.uid().equals(uid)) {
      String bound = claim.text("spec", "volumeName");
      return bound.isEmpty() || bound.equals(volume.name())
          ? nothing() // The claim's turn does the rest.
          : reclaimer.unwanted(volume);
    }
    // The informer of claims may lag behind: ask before the volume is given up.
    return env.client()
        .get(Resources.PERSISTENT_VOLUME_CLAIMS, name.namespace(), name.name())
        .map(found -> found.uid().equals(uid))
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(false)
        .chain(there -> there ? nothing() : reclaimer.released(volume));
  }
}
