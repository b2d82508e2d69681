package dev.coracle.kubelet.internal.csi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.api.Resources;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.csi.v1.CapacityRange;
import dev.coracle.csi.v1.NodeExpandVolumeRequest;
import dev.coracle.csi.v1.NodeServiceCapability.RPC.Type;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.CriException.Code;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The node's part in growing a volume: when the volume has grown and its claim not yet, the file
 * system is made to follow, and the claim is told what came of it (KEP-1790). What a driver calls
 * infeasible is not asked again until somebody asks for another size, and what it will not do while
 * the volume is in use waits for the next pod. Blocks.
 */
public final class CsiExpansion {
  private static final String FAILED = "NodeResizeError";
  private static final Set<String> OF_RESIZING =
      Set.of("Resizing", "FileSystemResizePending", "ControllerResizeError", FAILED);

  /** Statuses in which it is the node's turn; none is that of a resizer that knows no statuses. */
  private static final Set<String> OURS = Set.of("", "NodeResizePending", "NodeResizeInProgress");

  private static final Set<Code> INFEASIBLE =
      Set.of(Code.INVALID_ARGUMENT, Code.OUT_OF_RANGE, Code.NOT_FOUND);

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int MOST_TOLD = 256;

  private final CsiVolumes volumes;
  private final Client client;
  private final PodEvents events;
  private final Clock clock;

  /** By volume, the pod because of which it cannot grow now. */
  private final Map<String, String> busy = new ConcurrentHashMap<>();

  /** By uid, claims as they were last written here, until they are heard of; the latest of them. */
  private final Map<String, KubeObject> told =
      Collections.synchronizedMap(
          new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, KubeObject> eldest) {
              return size() > MOST_TOLD;
            }
          });

  /** Volumes of which the last attempt was refused. */
  private final Set<String> refused = ConcurrentHashMap.newKeySet();

  public CsiExpansion(CsiVolumes volumes, Client client, PodEvents events, Clock clock) {
    this.volumes = volumes;
    this.client = client;
    this.events = events;
    this.clock = clock;
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

  private static String resizeStatus(KubeObject claim) {
    return claim.text("status", "allocatedResourceStatuses", "storage");
  }

  /** What makes a volume that no driver has follow. */
  @FunctionalInterface
  public interface Growth {
    void run() throws IOException;
  }

  /** The same for a volume of no driver: who has made it larger says so in its capacity. */
  public void expand(Pod pod, KubeObject heard, KubeObject volume, Growth growth)
      throws IOException {
    KubeObject claim = newest(heard);
    if (!isDue(claim, volume)) {
      return;
    }
    try {
      growth.run();
    } catch (IOException e) {
      failed(pod, volume, String.valueOf(e.getMessage()));
      throw e;
    }
    succeeded(pod, claim, volume);
  }

  private void failed(Pod pod, KubeObject volume, String why) {
    events.warning(
        pod,
        "VolumeResizeFailed",
        "NodeExpandVolume failed for volume \"" + volume.name() + "\" : " + why);
  }

  private void succeeded(Pod pod, KubeObject claim, KubeObject volume) {
    finished(claim, volume);
    events.normal(
        pod,
        "FileSystemResizeSuccessful",
        "MountVolume.NodeExpandVolume succeeded for volume \"" + volume.name() + "\"");
  }

  /**
   * @param published where the volume stands for this pod
   */
  public void expand(Pod pod, KubeObject heard, KubeObject volume, Path published) {
    KubeObject claim = newest(heard);
    if (!isDue(claim, volume) || pod.uid().equals(busy.get(volume.name()))) {
      return;
    }
    if (resizeStatus(claim).isEmpty()) {
      // The volume's news may be here before the claim's, which says whose turn it is.
      claim = asStored(claim);
    }
    if (!isDue(claim, volume) || !OURS.contains(resizeStatus(claim))) {
      return;
    }
    CsiDriver driver = volumes.driver(volume.text("spec", "csi", "driver"));
    KubeObject known = claim;
    if (driver.can(Type.EXPAND_VOLUME)) {
      NodeExpandVolumeRequest request = request(driver, pod, volume, published);
      if (resizeStatus(claim).equals("NodeResizePending")) {
        known = patch(claim, status -> resizeStatus(status).put("storage", "NodeResizeInProgress"));
      }
      try {
        driver.expand(request);
      } catch (CriException e) {
        failed(pod, volume, e.describe());
        if (StagedVolumes.isRefusal(e) && refused(pod, known, volume, e)) {
          return;
        }
        throw e;
      }
    }
    succeeded(pod, known, volume);
  }

  private KubeObject newest(KubeObject heard) {
    KubeObject own = told.get(heard.uid());
    if (own == null) {
      return heard;
    }
    if (version(own) > version(heard)) {
      return own;
    }
    told.remove(heard.uid(), own);
    return heard;
  }

  private KubeObject asStored(KubeObject claim) {
    return client
        .get(Resources.PERSISTENT_VOLUME_CLAIMS, claim.namespace(), claim.name())
        .await()
        .atMost(LIMIT);
  }

  private static long version(KubeObject object) {
    try {
      return Long.parseLong(object.resourceVersion());
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private NodeExpandVolumeRequest request(
      CsiDriver driver, Pod pod, KubeObject volume, Path published) {
    JsonNode source = volume.at("spec", "csi");
    NodeExpandVolumeRequest.Builder request =
        NodeExpandVolumeRequest.newBuilder()
            .setVolumeId(source.path("volumeHandle").asText(""))
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
    return request.build();
  }

  /** What it can never do, and what it will do no more since another size is wanted by now. */
  private boolean isInfeasible(KubeObject claim, KubeObject volume, CriException e) {
    boolean again = !refused.add(volume.name());
    return INFEASIBLE.contains(e.code())
        || (again
            && storage(claim.at("spec", "resources", "requests"))
                    .compareTo(storage(volume.at("spec", "capacity")))
                != 0);
  }

  /** Tells it in the claim; whether it need not be tried again for now. */
  private boolean refused(Pod pod, KubeObject claim, KubeObject volume, CriException e) {
    boolean infeasible = isInfeasible(claim, volume, e);
    boolean inUse = e.code() == Code.FAILED_PRECONDITION;
    if (inUse) {
      busy.put(volume.name(), pod.uid());
    }
    if (!resizeStatus(claim).isEmpty()) {
      patch(
          claim,
          status -> {
            if (infeasible) {
              resizeStatus(status).put("storage", "NodeResizeInfeasible");
            }
            ArrayNode conditions = conditions(status, claim, type -> !type.equals(FAILED));
            conditions
                .addObject()
                .put("type", FAILED)
                .put("status", "True")
                .put("lastTransitionTime", since(claim))
                .put("message", "failed to expand pvc with " + e.describe());
          });
    }
    return inUse || (infeasible && !resizeStatus(claim).isEmpty());
  }

  private String since(KubeObject claim) {
    for (JsonNode c : claim.at("status", "conditions")) {
      if (c.path("type").asText("").equals(FAILED) && c.path("status").asText("").equals("True")) {
        return c.path("lastTransitionTime").asText("");
      }
    }
    return Timestamps.time(clock.instant());
  }

  private void finished(KubeObject claim, KubeObject volume) {
    patch(
        claim,
        status -> {
          status.putObject("capacity").set("storage", volume.at("spec", "capacity", "storage"));
          conditions(status, claim, type -> !OF_RESIZING.contains(type));
          resizeStatus(status).putNull("storage");
        });
    refused.remove(volume.name());
    busy.remove(volume.name());
  }

  private static ObjectNode resizeStatus(ObjectNode status) {
    return status.withObjectProperty("allocatedResourceStatuses");
  }

  private static ArrayNode conditions(
      ObjectNode status, KubeObject claim, Predicate<String> stays) {
    ArrayNode conditions = status.putArray("conditions");
    for (JsonNode c : claim.at("status", "conditions")) {
      if (stays.test(c.path("type").asText(""))) {
        conditions.add(c);
      }
    }
    return conditions;
  }

  private KubeObject patch(KubeObject claim, Consumer<ObjectNode> edit) {
    KubeObject now =
        client
            .patch(
                Resources.PERSISTENT_VOLUME_CLAIMS,
                claim.namespace(),
                claim.name(),
                Patch.merge(n -> edit.accept(n.putObject("status"))),
                "status",
                WriteOptions.NONE)
            .await()
            .atMost(LIMIT);
    told.put(now.uid(), now);
    return now;
  }
}
