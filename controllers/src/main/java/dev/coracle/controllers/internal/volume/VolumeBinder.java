package dev.coracle.controllers.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Quantity;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import io.smallrye.mutiny.Uni;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Brings claims and volumes together: binds a claim to the smallest volume that will do, or to one
 * made for it; makes volumes of the built-in local class; and retains or deletes a volume whose
 * claim has gone. Other provisioners (CSI) are told by the annotation they watch for.
 */
public final class VolumeBinder extends LoopController {

  /** The provisioner of the built-in class: a directory on the node of the first consumer. */
  public static final String LOCAL = "coracle.dev/local";

  private static final String SELECTED_NODE = "volume.kubernetes.io/selected-node";
  private static final String PROVISIONER = "volume.kubernetes.io/storage-provisioner";
  private static final String BOUND_BY_US = "pv.kubernetes.io/bound-by-controller";
  private static final String BIND_COMPLETED = "pv.kubernetes.io/bind-completed";
  private static final String PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";

  private final Lister claims;
  private final Lister volumes;
  private final Lister classes;

  public VolumeBinder(Environment env) {
    super("persistentvolume-binder-controller", env);
    Informer claimInformer = env.informer(Resources.PERSISTENT_VOLUME_CLAIMS);
    Informer volumeInformer = env.informer(Resources.PERSISTENT_VOLUMES);
    Informer classInformer = env.informer(Resources.STORAGE_CLASSES);
    this.claims = claimInformer.lister();
    this.volumes = volumeInformer.lister();
    this.classes = classInformer.lister();
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
          NamespacedName claim = claimOf(volume);
          if (claim.name().isEmpty()) {
            pending();
          } else {
            loop.enqueue(claim);
          }
        });
    onAny(classInformer, _ -> pending());
  }

  private void pending() {
    claims.list().stream()
        .filter(c -> c.text("spec", "volumeName").isEmpty())
        .forEach(loop::enqueue);
  }

  private static NamespacedName claimOf(KubeObject volume) {
    return new NamespacedName(
        volume.text("spec", "claimRef", "namespace"), volume.text("spec", "claimRef", "name"));
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
            ? phase(claim, "Lost")
            : phase(claim, "Pending");
      }
      return bind(claim, volume.get());
    }
    Optional<KubeObject> mine =
        volumes.list().stream()
            .filter(v -> claimOf(v).equals(claim.key()))
            .filter(v -> uidMatches(v, claim))
            .findFirst();
    if (mine.isPresent()) {
      return bind(claim, mine.get());
    }
    if (claim.isDeleting()) {
      return nothing();
    }
    KubeObject storageClass = classes.get("", claim.text("spec", "storageClassName")).orElse(null);
    boolean waits =
        storageClass != null
            && storageClass.text("volumeBindingMode").equals("WaitForFirstConsumer");
    String node = claim.annotation(SELECTED_NODE).orElse("");
    if (waits && node.isEmpty()) {
      events.normal(
          claim, "WaitForFirstConsumer", "waiting for first consumer to be created before binding");
      return phase(claim, "Pending");
    }
    Optional<KubeObject> free = waits ? Optional.empty() : match(claim);
    if (free.isPresent()) {
      return bind(claim, free.get());
    }
    if (storageClass == null) {
      String name = claim.text("spec", "storageClassName");
      events.normal(
          claim,
          name.isEmpty() ? "FailedBinding" : "ProvisioningFailed",
          name.isEmpty()
              ? "no persistent volumes available for this claim and no storage class is set"
              : "storageclass.storage.k8s.io \"" + name + "\" not found");
      return phase(claim, "Pending");
    }
    return provision(claim, storageClass, node);
  }

  private static boolean uidMatches(KubeObject volume, KubeObject claim) {
    String uid = volume.text("spec", "claimRef", "uid");
    return uid.isEmpty() || uid.equals(claim.uid());
  }

  private Optional<KubeObject> match(KubeObject claim) {
    Quantity size = size(claim.at("spec", "resources", "requests", "storage"));
    var selector = claim.at("spec", "selector");
    return volumes.list().stream()
        .filter(v -> claimOf(v).name().isEmpty() && !v.isDeleting())
        .filter(v -> !v.text("status", "phase").equals("Failed"))
        .filter(
            v -> v.text("spec", "storageClassName").equals(claim.text("spec", "storageClassName")))
        .filter(v -> mode(v).equals(mode(claim)))
        .filter(v ->
            texts(v.at("spec", "accessModes")).containsAll(texts(claim.at("spec", "accessModes"))))
        .filter(v ->
            !selector.isObject() || dev.coracle.api.selector.LabelSelector.of(selector).matches(v))
        .filter(v -> size(v.at("spec", "capacity", "storage")).compareTo(size) >= 0)
        .min(
            Comparator.<KubeObject, Quantity>comparing(
                    v -> size(v.at("spec", "capacity", "storage")))
                .thenComparing(KubeObject::name));
  }

  private static String mode(KubeObject object) {
    String mode = object.text("spec", "volumeMode");
    return mode.isEmpty() ? "Filesystem" : mode;
  }

  private static Set<String> texts(JsonNode list) {
    Set<String> out = new HashSet<>();
    list.forEach(t -> out.add(t.asText()));
    return out;
  }

  private static Quantity size(JsonNode text) {
    Quantity quantity = Quantity.tryParse(text.asText(""));
    return quantity == null ? Quantity.ZERO : quantity;
  }

  /**
   * First the volume names the claim, then the claim the volume; each step may be the last one
   * made.
   */
  private Uni<?> bind(KubeObject claim, KubeObject volume) {
    NamespacedName holder = claimOf(volume);
    if (!holder.name().isEmpty() && (!holder.equals(claim.key()) || !uidMatches(volume, claim))) {
      events.warning(
          claim,
          "FailedBinding",
          "volume \"" + volume.name() + "\" already bound to a different claim.");
      return phase(claim, "Pending");
    }
    Uni<KubeObject> held =
        volume.text("spec", "claimRef", "uid").equals(claim.uid())
            ? Uni.createFrom().item(volume)
            : env.client()
                .update(
                    Resources.PERSISTENT_VOLUMES,
                    volume.with(node -> {
                      reference(node, claim);
                      node.withObjectProperty("metadata")
                          .withObjectProperty("annotations")
                          .put(BOUND_BY_US, "yes");
                    }));
    return held.chain(v -> volumePhase(v, "Bound"))
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

  private Uni<?> bound(KubeObject claim, KubeObject volume) {
    if (claim.text("status", "phase").equals("Bound")
        && claim.at("status", "capacity").equals(volume.at("spec", "capacity"))) {
      return nothing();
    }
    return env.client()
        .updateStatus(
            Resources.PERSISTENT_VOLUME_CLAIMS,
            claim.with(node -> {
              ObjectNode status = node.withObjectProperty("status");
              status.put("phase", "Bound");
              status.set("accessModes", volume.at("spec", "accessModes").deepCopy());
              status.set("capacity", volume.at("spec", "capacity").deepCopy());
            }));
  }

  private static void reference(ObjectNode volume, KubeObject claim) {
    volume
        .withObjectProperty("spec")
        .putObject("claimRef")
        .put("apiVersion", "v1")
        .put("kind", "PersistentVolumeClaim")
        .put("namespace", claim.namespace())
        .put("name", claim.name())
        .put("uid", claim.uid())
        .put("resourceVersion", claim.resourceVersion());
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
    if (provisioner.equals(LOCAL) && !env.options().localVolumeDirectory().isEmpty()) {
      return node.isEmpty() ? phase(claim, "Pending") : local(claim, storageClass, node);
    }
    events.normal(
        claim,
        "ExternalProvisioning",
        "Waiting for a volume to be created either by the external provisioner '"
            + provisioner
            + "' or manually by the system administrator. If volume creation is delayed, please"
            + " verify that the provisioner is running and correctly registered.");
    Uni<?> told =
        claim.annotation(PROVISIONER).orElse("").equals(provisioner)
            ? nothing()
            : env.client()
                .patch(
                    Resources.PERSISTENT_VOLUME_CLAIMS,
                    claim.namespace(),
                    claim.name(),
                    Patch.merge(n ->
                        n.putObject("metadata")
                            .putObject("annotations")
                            .put(PROVISIONER, provisioner)));
    return told.chain(() -> phase(claim, "Pending"));
  }

  private Uni<?> local(KubeObject claim, KubeObject storageClass, String node) {
    String name = "pvc-" + claim.uid();
    KubeObject volume =
        KubeObject.create(
            new GroupVersionKind("", "v1", "PersistentVolume"),
            "",
            name,
            tree -> {
              tree.withObjectProperty("metadata")
                  .putObject("annotations")
                  .put(PROVISIONED_BY, LOCAL);
              ObjectNode spec = tree.putObject("spec");
              spec.putObject("capacity")
                  .set("storage", claim.at("spec", "resources", "requests", "storage"));
              spec.set("accessModes", claim.at("spec", "accessModes").deepCopy());
              String reclaim = storageClass.text("reclaimPolicy");
              spec.put("persistentVolumeReclaimPolicy", reclaim.isEmpty() ? "Delete" : reclaim);
              spec.put("storageClassName", storageClass.name());
              spec.put("volumeMode", mode(claim));
              spec.putObject("hostPath")
                  .put("path", env.options().localVolumeDirectory() + "/" + name)
                  .put("type", "DirectoryOrCreate");
              reference(tree, claim);
              ObjectNode expression =
                  spec.putObject("nodeAffinity")
                      .putObject("required")
                      .putArray("nodeSelectorTerms")
                      .addObject()
                      .putArray("matchFields")
                      .addObject();
              expression.put("key", "metadata.name").put("operator", "In");
              expression.putArray("values").add(node);
            });
    return env.client()
        .create(Resources.PERSISTENT_VOLUMES, "", volume, WriteOptions.NONE)
        .invoke(() ->
            events.normal(
                claim, "ProvisioningSucceeded", "Successfully provisioned volume " + name))
        .onFailure(StatusException::isAlreadyExists)
        .recoverWithUni(() -> env.client().get(Resources.PERSISTENT_VOLUMES, "", name))
        .chain(made -> bind(claim, made));
  }

  // Volumes.

  private Uni<?> volume(KubeObject volume) {
    NamespacedName name = claimOf(volume);
    if (name.name().isEmpty()) {
      return volumePhase(volume, "Available");
    }
    String uid = volume.text("spec", "claimRef", "uid");
    KubeObject claim = claims.get(name.namespace(), name.name()).orElse(null);
    if (uid.isEmpty()) {
      return claim == null ? volumePhase(volume, "Available") : nothing();
    }
    if (claim != null && claim.uid().equals(uid)) {
      return nothing(); // The claim's turn does the rest.
    }
    // The informer of claims may lag behind: ask before the volume is given up.
    return env.client()
        .get(Resources.PERSISTENT_VOLUME_CLAIMS, name.namespace(), name.name())
        .map(found -> found.uid().equals(uid))
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(false)
        .chain(there -> there ? nothing() : released(volume));
  }

  private Uni<?> released(KubeObject volume) {
    boolean ours = volume.annotation(PROVISIONED_BY).orElse("").equals(LOCAL);
    boolean delete = volume.text("spec", "persistentVolumeReclaimPolicy").equals("Delete");
    Uni<?> told = volumePhase(volume, "Released");
    return delete && ours && !volume.isDeleting()
        ? told.chain(() ->
            env.client()
                .delete(
                    Resources.PERSISTENT_VOLUMES,
                    "",
                    volume.name(),
                    DeleteOptions.DEFAULT.ifUid(volume.uid())))
        : told;
  }

  private Uni<KubeObject> volumePhase(KubeObject volume, String phase) {
    return volume.text("status", "phase").equals(phase)
        ? Uni.createFrom().item(volume)
        : env.client()
            .updateStatus(
                Resources.PERSISTENT_VOLUMES,
                volume.with(n -> n.withObjectProperty("status").put("phase", phase)));
  }
}
