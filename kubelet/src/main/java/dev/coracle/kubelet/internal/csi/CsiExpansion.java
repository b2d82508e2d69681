package dev.coracle.kubelet.internal.csi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.csi.v1.CapacityRange;
import dev.coracle.csi.v1.NodeExpandVolumeRequest;
import dev.coracle.csi.v1.NodeServiceCapability.RPC.Type;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.spi.CriException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;

/**
 * The node's part in growing a volume: when the volume has grown and its claim not yet, the file
 * system is made to follow, and the claim is told. Blocks.
 */
public final class CsiExpansion {
  private static final Set<String> PENDING = Set.of("Resizing", "FileSystemResizePending");
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final CsiVolumes volumes;
  private final Client client;
  private final PodEvents events;

  public CsiExpansion(CsiVolumes volumes, Client client, PodEvents events) {
    this.volumes = volumes;
    this.client = client;
    this.events = events;
  }

  private static Quantity storage(JsonNode amounts) {
    Quantity quantity = Quantity.tryParse(amounts.path("storage").asText(""));
    return quantity == null ? Quantity.ZERO : quantity;
  }

  /** Whether the node has something to do for the claim. */
  static boolean isDue(KubeObject claim, KubeObject volume) {
    Quantity known = storage(claim.at("status", "capacity"));
    return known.signum() > 0 && storage(volume.at("spec", "capacity")).compareTo(known) > 0;
  }

  /**
   * @param published where the volume stands for this pod
   */
  public void expand(Pod pod, KubeObject claim, KubeObject volume, Path published) {
    JsonNode source = volume.at("spec", "csi");
    if (!isDue(claim, volume)) {
      return;
    }
    CsiDriver driver = volumes.driver(source.path("driver").asText(""));
    if (driver.can(Type.EXPAND_VOLUME)) {
      String handle = source.path("volumeHandle").asText("");
      NodeExpandVolumeRequest.Builder request =
          NodeExpandVolumeRequest.newBuilder()
              .setVolumeId(handle)
              .setVolumePath(published.toString())
              .setCapacityRange(
                  CapacityRange.newBuilder()
                      .setRequiredBytes(storage(volume.at("spec", "capacity")).longValue()))
              .setVolumeCapability(CsiRequests.capability(driver, pod, volume))
              .putAllSecrets(
                  volumes
                      .requests()
                      .secret(pod, source.path("nodeExpandSecretRef"), pod.namespace()));
      if (driver.can(Type.STAGE_UNSTAGE_VOLUME)) {
        request.setStagingTargetPath(volumes.staging(volume).toString());
      }
      try {
        driver.expand(request.build());
      } catch (CriException e) {
        events.warning(
            pod,
            "VolumeResizeFailed",
            "NodeExpandVolume failed for volume \"" + volume.name() + "\" : " + e.describe());
        throw e;
      }
    }
    tell(claim, volume);
    events.normal(
        pod,
        "FileSystemResizeSuccessful",
        "MountVolume.NodeExpandVolume succeeded for volume \"" + volume.name() + "\"");
  }

  private void tell(KubeObject claim, KubeObject volume) {
    client
        .patch(
            Resources.PERSISTENT_VOLUME_CLAIMS,
            claim.namespace(),
            claim.name(),
            Patch.merge(n -> {
              ObjectNode status = n.putObject("status");
              status.putObject("capacity").set("storage", volume.at("spec", "capacity", "storage"));
              ArrayNode conditions = status.putArray("conditions");
              for (JsonNode c : claim.at("status", "conditions")) {
                if (!PENDING.contains(c.path("type").asText(""))) {
                  conditions.add(c);
                }
              }
              status.putObject("allocatedResourceStatuses").putNull("storage");
            }),
            "status",
            WriteOptions.NONE)
        .await()
        .atMost(LIMIT);
  }
}
