package dev.coracle.controllers.internal.volume;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LocalVolumes;
import dev.coracle.api.Resources;
import dev.coracle.client.EventRecorder;
import dev.coracle.controllers.internal.Environment;
import io.smallrye.mutiny.Uni;

/**
 * What becomes of a volume whose claim has gone, or has another one. Volumes of CSI drivers are
 * deleted by their external-provisioner, which goes by the phase.
 */
final class VolumeReclaimer {

  private final Environment env;
  private final EventRecorder events;
  private final LocalProvisioner local;
  private final VolumeTimes times;

  VolumeReclaimer(
      Environment env, EventRecorder events, LocalProvisioner local, VolumeTimes times) {
    this.env = env;
    this.events = events;
    this.local = local;
    this.times = times;
  }

  /** Its claim has gone. */
  Uni<?> released(KubeObject volume) {
    if (volume.text("spec", "persistentVolumeReclaimPolicy").equals("Delete")) {
      volume
          .annotation(LocalVolumes.PROVISIONED_BY)
          .ifPresent(by -> times.begun(volume.key(), by, "delete"));
    }
    if (LocalVolumes.is(volume)) {
      return told(volume).chain(() -> local.released(volume));
    }
    boolean external =
        volume.annotation(LocalVolumes.PROVISIONED_BY).isPresent()
            || volume.at("spec", "csi").isObject();
    return switch (volume.text("spec", "persistentVolumeReclaimPolicy")) {
      case "Delete" ->
          external
              ? told(volume)
              : failed(
                  volume,
                  "VolumeFailedDelete",
                  "error getting deleter volume plugin for volume \""
                      + volume.name()
                      + "\": no deletable volume plugin matched");
      case "Recycle" ->
          failed(volume, "VolumeFailedRecycle", "No recycler plugin found for the volume!");
      default -> told(volume);
    };
  }

  /** That something went wrong stays to be seen. */
  private Uni<KubeObject> told(KubeObject volume) {
    return volume.text("status", "phase").equals("Failed")
        ? Uni.createFrom().item(volume)
        : phase(volume, "Released");
  }

  /**
   * Its claim got another volume: one that was made for the claim goes, and any other is free, or
   * waits as whoever made it for that claim wants.
   */
  Uni<?> unwanted(KubeObject volume) {
    if (volume.annotation(LocalVolumes.PROVISIONED_BY).isPresent()
        && volume.text("spec", "persistentVolumeReclaimPolicy").equals("Delete")) {
      return released(volume);
    }
    return env.client()
        .update(
            Resources.PERSISTENT_VOLUMES,
            volume.with(node -> {
              ObjectNode spec = node.withObjectProperty("spec");
              if (volume.annotation(VolumeBinder.BOUND_BY_US).isPresent()) {
                spec.remove("claimRef");
                node.withObjectProperty("metadata")
                    .withObjectProperty("annotations")
                    .remove(VolumeBinder.BOUND_BY_US);
              } else {
                spec.withObjectProperty("claimRef").remove("uid");
              }
            }))
        .chain(free -> phase(free, "Available"));
  }

  private Uni<?> failed(KubeObject volume, String reason, String message) {
    if (volume.text("status", "phase").equals("Failed")) {
      return Uni.createFrom().voidItem();
    }
    events.warning(volume, reason, message);
    return phase(volume, "Released").chain(now -> phase(now, "Failed", message));
  }

  Uni<KubeObject> phase(KubeObject volume, String phase) {
    return phase(volume, phase, "");
  }

  private Uni<KubeObject> phase(KubeObject volume, String phase, String message) {
    return volume.text("status", "phase").equals(phase)
        ? Uni.createFrom().item(volume)
        : env.client()
            .updateStatus(
                Resources.PERSISTENT_VOLUMES,
                volume.with(n -> {
                  ObjectNode status = n.withObjectProperty("status").put("phase", phase);
                  if (message.isEmpty()) {
                    status.remove("message");
                  } else {
                    status.put("message", message);
                  }
                }));
  }
}
