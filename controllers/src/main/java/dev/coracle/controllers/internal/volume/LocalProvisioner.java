package dev.coracle.controllers.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LocalVolumes;
import dev.coracle.api.Quantity;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import io.smallrye.mutiny.Uni;
import java.util.Optional;

/**
 * Volumes of the built-in class: a directory on the node of the claim's first consumer (ADR 0120).
 * The directory itself is the work of that node's kubelet, also when the volume goes: a finalizer
 * holds the volume until its files are gone.
 */
final class LocalProvisioner {

  private final Environment env;
  private final EventRecorder events;
  private final Lister nodes;
  private final VolumeTimes times;

  LocalProvisioner(Environment env, EventRecorder events, Lister nodes, VolumeTimes times) {
    this.env = env;
    this.events = events;
    this.nodes = nodes;
    this.times = times;
  }

  /**
   * Makes a volume for a claim whose consumer was given this node.
   *
   * @return the volume; null where the node cannot have one, and the scheduler has to choose again,
   *     or where somebody else makes it
   */
  Uni<KubeObject> provision(KubeObject claim, KubeObject storageClass, String nodeName) {
    KubeObject node = nodes.get("", nodeName).orElse(null);
    String directory = node == null ? "" : node.annotation(LocalVolumes.DIRECTORY).orElse("");
    if (node == null || directory.isEmpty()) {
      return failed(
          claim,
          storageClass,
          node == null
              ? "node \"" + nodeName + "\" not found"
              : "node \"" + nodeName + "\" has no place for local volumes");
    }
    if (Matching.mode(claim).equals("Block")) {
      return failed(
          claim, storageClass, LocalVolumes.PROVISIONER + " does not support block volumes");
    }
    if (claim.at("spec", "selector").isObject()) {
      return failed(claim, storageClass, "claim Selector is not supported");
    }
    JsonNode source =
        claim.at("spec", "dataSourceRef").isObject()
            ? claim.at("spec", "dataSourceRef")
            : claim.at("spec", "dataSource");
    String kind = source.path("kind").asText("");
    if (kind.equals("PersistentVolumeClaim") || kind.equals("VolumeSnapshot")) {
      return failed(
          claim,
          storageClass,
          "%s makes empty volumes, and none of a %s such as \"%s\""
              .formatted(LocalVolumes.PROVISIONER, kind, source.path("name").asText("")));
    }
    if (source.isObject()) {
      // The populator goes by the node that was selected, so that stays.
      events.normal(
          claim, "Provisioning", "Assuming an external populator will provision the volume");
      return Uni.createFrom().nullItem();
    }
    for (var mode : claim.at("spec", "accessModes")) {
      if (mode.asText().endsWith("Many")) {
        return failed(
            claim, storageClass, "Only support ReadWriteOnce and ReadWriteOncePod access mode");
      }
    }
    events.normal(
        claim,
        "Provisioning",
        "External provisioner is provisioning volume for claim \"" + claim.key() + "\"");
    KubeObject volume = volume(claim, storageClass, node, directory);
    return env.client()
        .create(Resources.PERSISTENT_VOLUMES, "", volume, WriteOptions.NONE)
        .invoke(() ->
            events.normal(
                claim, "ProvisioningSucceeded", "Successfully provisioned volume " + volume.name()))
        .onFailure(StatusException::isAlreadyExists)
        .recoverWithUni(() -> env.client().get(Resources.PERSISTENT_VOLUMES, "", volume.name()));
  }

  private Uni<KubeObject> failed(KubeObject claim, KubeObject storageClass, String why) {
    times.failed(claim.key());
    events.warning(
        claim,
        "ProvisioningFailed",
        "failed to provision volume with StorageClass \"" + storageClass.name() + "\": " + why);
    return env.client()
        .patch(
            Resources.PERSISTENT_VOLUME_CLAIMS,
            claim.namespace(),
            claim.name(),
            Patch.merge(n ->
                n.putObject("metadata")
                    .putObject("annotations")
                    .putNull(VolumeBinder.SELECTED_NODE)))
        .replaceWith((KubeObject) null);
  }

  private static KubeObject volume(
      KubeObject claim, KubeObject storageClass, KubeObject node, String directory) {
    String name = "pvc-" + claim.uid();
    return KubeObject.create(
        new GroupVersionKind("", "v1", "PersistentVolume"),
        "",
        name,
        tree -> {
          ObjectNode metadata = tree.withObjectProperty("metadata");
          metadata.putObject("labels").put(LocalVolumes.NODE, LocalVolumes.label(node.name()));
          metadata
              .putObject("annotations")
              .put(LocalVolumes.PROVISIONED_BY, LocalVolumes.PROVISIONER)
              .put(LocalVolumes.NODE, node.name());
          metadata.putArray("finalizers").add(LocalVolumes.FINALIZER);
          ObjectNode spec = tree.putObject("spec");
          spec.putObject("capacity")
              .set("storage", claim.at("spec", "resources", "requests", "storage"));
          spec.set("accessModes", claim.at("spec", "accessModes").deepCopy());
          String reclaim = storageClass.text("reclaimPolicy");
          spec.put("persistentVolumeReclaimPolicy", reclaim.isEmpty() ? "Delete" : reclaim);
          spec.put("storageClassName", storageClass.name());
          spec.put("volumeMode", Matching.mode(claim));
          spec.putObject("local").put("path", directory + "/" + name);
          Matching.reference(tree, claim);
          ObjectNode expression =
              spec.putObject("nodeAffinity")
                  .putObject("required")
                  .putArray("nodeSelectorTerms")
                  .addObject()
                  .putArray("matchExpressions")
                  .addObject();
          expression.put("key", "kubernetes.io/hostname").put("operator", "In");
          expression
              .putArray("values")
              .add(node.labels().getOrDefault("kubernetes.io/hostname", node.name()));
        });
  }

  /** Sizes of directories are not enforced, so a larger one needs nothing but to be said. */
  Uni<KubeObject> expand(KubeObject claim, KubeObject volume) {
    Quantity wanted = Matching.size(claim.at("spec", "resources", "requests", "storage"));
    if (wanted.compareTo(Matching.size(volume.at("spec", "capacity", "storage"))) <= 0) {
      return Uni.createFrom().item(volume);
    }
    events.normal(claim, "Resizing", "External resizer is resizing volume " + volume.name());
    return env.client()
        .patch(
            Resources.PERSISTENT_VOLUMES,
            "",
            volume.name(),
            Patch.merge(
                n -> n.putObject("spec").putObject("capacity").put("storage", wanted.toString())));
  }

  /** Its node finds the volume by a label, which those of earlier versions have not. */
  Optional<Uni<KubeObject>> label(KubeObject volume) {
    String node = volume.annotation(LocalVolumes.NODE).orElse("");
    String label = LocalVolumes.label(node);
    if (node.isEmpty() || label.equals(volume.labels().get(LocalVolumes.NODE))) {
      return Optional.empty();
    }
    return Optional.of(
        env.client()
            .patch(
                Resources.PERSISTENT_VOLUMES,
                "",
                volume.name(),
                Patch.merge(n ->
                    n.putObject("metadata").putObject("labels").put(LocalVolumes.NODE, label))));
  }

  /** The claim has gone: the volume goes too, if it shall. */
  Uni<?> released(KubeObject volume) {
    return volume.text("spec", "persistentVolumeReclaimPolicy").equals("Delete")
            && !volume.isDeleting()
        ? env.client()
            .delete(
                Resources.PERSISTENT_VOLUMES,
                "",
                volume.name(),
                DeleteOptions.DEFAULT.ifUid(volume.uid()))
        : Uni.createFrom().voidItem();
  }

  /** Nobody is left to remove the files of a node that is gone, and its volumes need not wait. */
  boolean isOfGoneNode(KubeObject volume) {
    return volume.isDeleting()
        && volume.finalizers().contains(LocalVolumes.FINALIZER)
        && nodes.get("", volume.annotation(LocalVolumes.NODE).orElse("")).isEmpty();
  }

  Uni<?> forget(KubeObject volume) {
    return env.client()
        .patch(
            Resources.PERSISTENT_VOLUMES,
            "",
            volume.name(),
            Patch.merge(n -> {
              ObjectNode metadata = n.putObject("metadata");
              metadata.put("resourceVersion", volume.resourceVersion());
              var finalizers = metadata.putArray("finalizers");
              volume.finalizers().stream()
                  .filter(f -> !f.equals(LocalVolumes.FINALIZER))
                  .forEach(finalizers::add);
            }));
  }
}
