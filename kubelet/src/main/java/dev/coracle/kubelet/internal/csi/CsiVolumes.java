package dev.coracle.kubelet.internal.csi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.csi.v1.NodePublishVolumeRequest;
import dev.coracle.csi.v1.NodeServiceCapability.RPC.Type;
import dev.coracle.csi.v1.NodeStageVolumeRequest;
import dev.coracle.csi.v1.VolumeCapability;
import dev.coracle.kubelet.internal.host.KeyedLocks;
import dev.coracle.kubelet.internal.host.Mounts;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import dev.coracle.kubelet.internal.runtime.ObjectSource;
import dev.coracle.kubelet.internal.volume.GroupAccess;
import dev.coracle.kubelet.internal.volume.Tokens;
import dev.coracle.kubelet.internal.volume.VolumePlugin;
import dev.coracle.kubelet.spi.CriException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Has drivers stage and publish volumes, and take them back. A volume is staged once on the node
 * and published for each pod; it is unstaged after the last one. Drivers' calls are idempotent, so
 * whatever is not known is just called again. Blocks; for one volume never twice at once.
 */
public final class CsiVolumes {
  /** How often a driver that wants it is called again: as often as upstream looks at a pod. */
  public static final Duration REPUBLISH = Duration.ofMinutes(1);

  /** The gRPC code by which a driver says that there is no room for a volume. */
  private static final int EXHAUSTED = 8;

  private static final String STAGING = "MountVolume.MountDevice";

  private final CsiDrivers drivers;
  private final ObjectSource objects;
  private final CsiRequests requests;
  private final PodPaths paths;
  private final String nodeName;
  private final GroupAccess access;
  private final Runnable changed;
  private final Predicate<String> saidInUse;
  private final CsiDevices devices;
  private final AtomicLong changes = new AtomicLong();
  private volatile @Nullable Used used;
  private final KeyedLocks locks = new KeyedLocks();
  private final StagedVolumes staged;

  /**
   * @param changed hears that other volumes are in use than before
   * @param saidInUse whether the Node says, from now on at the latest, that a volume is in use
   */
  public CsiVolumes(
      CsiDrivers drivers,
      ObjectSource objects,
      Tokens tokens,
      PodPaths paths,
      String nodeName,
      GroupAccess access,
      Timers timers,
      Runnable changed,
      Predicate<String> saidInUse) {
    this.drivers = drivers;
    this.objects = objects;
    this.requests = new CsiRequests(objects, tokens);
    this.paths = paths;
    this.nodeName = nodeName;
    this.access = access;
    this.changed =
        () -> {
          changes.incrementAndGet();
          changed.run();
        };
    this.saidInUse = saidInUse;
    this.devices = new CsiDevices(this, paths, this.changed);
    this.staged = new StagedVolumes(drivers, paths, locks, timers, this::isPublished, this.changed);
  }

  /**
   * What was in use, so that a node's status is not a walk through the directories of all pods.
   *
   * @param changes how many there had been when it was looked for
   */
  private record Used(long changes, List<String> names) {}

  /** Whether the driver wants to be called again and again for its volumes (KEP-2047). */
  public boolean republishes(Pod pod, JsonNode source) {
    return driverSpec(pod, source.path("driver").asText(""))
        .path("requiresRepublish")
        .asBoolean(false);
  }

  /** A PersistentVolume. */
  public Mounted mount(Pod pod, KubeObject volume, boolean readOnly) throws IOException {
    return mount(pod, volume, readOnly, false);
  }

  /** Publishes what stands once more, so that the driver can bring its content up to date. */
  public void republish(Pod pod, KubeObject volume, boolean readOnly) throws IOException {
    mount(pod, volume, readOnly, true);
  }

  private Mounted mount(Pod pod, KubeObject volume, boolean readOnly, boolean again)
      throws IOException {
    JsonNode source = volume.at("spec", "csi");
    String handle = source.path("volumeHandle").asText("");
    String name = source.path("driver").asText("");
    JsonNode spec = driverSpec(pod, name);
    Map<String, String> attached = attachment(pod, name, handle, spec);
    lifecycle("Persistent", spec, name, volume.name());
    CsiDriver driver = driverOf(volume);
    String fsType = source.path("fsType").asText("");
    VolumeCapability capability = CsiRequests.capability(driver, pod, volume);
    boolean stages = driver.can(Type.STAGE_UNSTAGE_VOLUME);
    PublishedVolume published =
        new PublishedVolume(driver.name(), handle, volume.name(), false, stages, true);
    boolean only = readOnly || source.path("readOnly").asBoolean(false);
    return locks.<Mounted, IOException>with(
        StagedVolumes.key(driver.name(), handle),
        () -> {
          Path staging = staging(driver.name(), handle);
          if (isAttached(spec) && !again) {
            begin(pod, published);
            awaitInUse(driver.name(), handle);
          }
          if (stages && !again) {
            stage(
                driver,
                pod,
                published,
                NodeStageVolumeRequest.newBuilder()
                    .setVolumeId(handle)
                    .putAllPublishContext(attached)
                    .setStagingTargetPath(staging.toString())
                    .setVolumeCapability(capability)
                    .putAllSecrets(
                        requests.secret(pod, source.path("nodeStageSecretRef"), pod.namespace()))
                    .putAllVolumeContext(KubeObject.strings(source.path("volumeAttributes")))
                    .build());
          }
          NodePublishVolumeRequest.Builder request =
              NodePublishVolumeRequest.newBuilder()
                  .setVolumeId(handle)
                  .putAllPublishContext(attached)
                  .setVolumeCapability(capability)
                  .setReadonly(only)
                  .putAllSecrets(
                      requests.publishSecrets(
                          pod, source.path("nodePublishSecretRef"), pod.namespace(), spec))
                  .putAllVolumeContext(
                      requests.context(pod, source.path("volumeAttributes"), spec, false));
          if (stages) {
            request.setStagingTargetPath(staging.toString());
          }
          Path target = publish(driver, pod, published, request);
          if (!again
              && !only
              && !driver.can(Type.VOLUME_MOUNT_GROUP)
              && ownedByGroup(spec, fsType, isForOneNode(volume))) {
            give(driver, target, pod);
          }
          return new Mounted(target, only, "");
        });
  }

  private void give(CsiDriver driver, Path target, Pod pod) throws IOException {
    access.give("kubernetes.io/csi:" + driver.name(), target, pod);
  }

  /** What a driver says of itself, by its CSIDriver object; one without is for claims only. */
  private static void lifecycle(String mode, JsonNode driverSpec, String driver, String volume)
      throws IOException {
    List<String> modes = new ArrayList<>();
    driverSpec.path("volumeLifecycleModes").forEach(m -> modes.add("\"" + m.asText() + "\""));
    if (modes.isEmpty()) {
      modes.add("\"Persistent\"");
    }
    if (!modes.contains("\"" + mode + "\"")) {
      throw new VolumePlugin.SetUpException(
          "MountVolume.NewMounter initialization",
          volume,
          "volume mode \"%s\" not supported by driver %s (only supports [%s])"
              .formatted(mode, driver, String.join(" ", modes)));
    }
  }

  private CsiDriver driverOf(KubeObject volume) throws IOException {
    try {
      return drivers.get(volume.text("spec", "csi", "driver"));
    } catch (IllegalArgumentException e) {
      throw new VolumePlugin.SetUpException(
          STAGING,
          volume.name(),
          "kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: "
              + e.getMessage());
    }
  }

  /** From now on the pod is one for which the volume is to stay as it is, attached and staged. */
  private PublishedVolume begin(Pod pod, PublishedVolume published) throws IOException {
    Path directory = paths.volume(pod.uid(), CsiPaths.DIRECTORY, published.name());
    Optional<PublishedVolume> before = PublishedVolume.read(directory);
    if (before.isEmpty()) {
      published.unpublished().write(directory);
      changes.incrementAndGet();
    }
    return before.orElse(published.unpublished());
  }

  /**
   * Whoever detaches goes by what the Node says is in use, so nothing is done with an attached
   * volume before the Node says that.
   */
  void awaitInUse(String driver, String handle) throws IOException {
    if (!saidInUse.test(CsiPaths.uniqueName(driver, handle))) {
      throw new VolumePlugin.NotAttachedException(handle, nodeName, false);
    }
  }

  /** Unless it is refused, the volume is to stay staged for the pod. */
  private void stage(
      CsiDriver driver, Pod pod, PublishedVolume published, NodeStageVolumeRequest request)
      throws IOException {
    boolean fresh = !begin(pod, published).published();
    try {
      staged.stage(driver, request);
    } catch (CriException e) {
      if (fresh && StagedVolumes.isRefusal(e)) {
        PublishedVolume.forget(paths.volume(pod.uid(), CsiPaths.DIRECTORY, published.name()));
      }
      throw new VolumePlugin.SetUpException(STAGING, published.name(), e.describe());
    }
  }

  /** A volume that stands in the pod's own spec (KEP-596). */
  public Mounted mountInline(Pod pod, String name, JsonNode source) throws IOException {
    CsiDriver driver = drivers.get(source.path("driver").asText(""));
    JsonNode spec = driverSpec(pod, driver.name());
    lifecycle("Ephemeral", spec, driver.name(), name);
    String fsType = source.path("fsType").asText("");
    boolean only = source.path("readOnly").asBoolean(false);
    PublishedVolume published =
        new PublishedVolume(
            driver.name(),
            "csi-" + PublishedVolume.hash(pod.uid() + name),
            name,
            true,
            false,
            true);
    Path target =
        publish(
            driver,
            pod,
            published,
            NodePublishVolumeRequest.newBuilder()
                .setVolumeId(published.handle())
                .setVolumeCapability(
                    CsiRequests.capability(
                        driver, pod, fsType, MissingNode.getInstance(), MissingNode.getInstance()))
                .setReadonly(only)
                .putAllSecrets(
                    requests.publishSecrets(
                        pod, source.path("nodePublishSecretRef"), pod.namespace(), spec))
                .putAllVolumeContext(
                    requests.context(pod, source.path("volumeAttributes"), spec, true)));
    if (!only && !driver.can(Type.VOLUME_MOUNT_GROUP) && ownedByGroup(spec, fsType, true)) {
      give(driver, target, pod);
    }
    return new Mounted(target, only, "");
  }

  private Path publish(
      CsiDriver driver,
      Pod pod,
      PublishedVolume published,
      NodePublishVolumeRequest.Builder request)
      throws IOException {
    Path directory = paths.volume(pod.uid(), CsiPaths.DIRECTORY, published.name());
    if (!PublishedVolume.read(directory).map(PublishedVolume::published).orElse(false)) {
      published.write(directory);
      changed.run();
    }
    Path target = directory.resolve(CsiPaths.MOUNT);
    driver.publish(request.setTargetPath(target.toString()).build());
    if (!Files.exists(target)) {
      throw new IOException("driver " + driver.name() + " has not made " + target);
    }
    return target;
  }

  /** {@code fsGroupPolicy} of the CSIDriver object. */
  private static boolean ownedByGroup(JsonNode driverSpec, String fsType, boolean forOneNode) {
    return switch (driverSpec.path("fsGroupPolicy").asText("ReadWriteOnceWithFSType")) {
      case "None" -> false;
      case "File" -> true;
      default -> forOneNode && !fsType.isEmpty();
    };
  }

  private static boolean isForOneNode(KubeObject volume) {
    boolean once = false;
    for (JsonNode mode : volume.at("spec", "accessModes")) {
      once |= mode.asText().startsWith("ReadWriteOnce");
    }
    return once;
  }

  JsonNode driverSpec(Pod pod, String driver) {
    try {
      JsonNode spec = objects.get(pod.uid(), Resources.CSI_DRIVERS, "", driver).at("spec");
      drivers.allocatable().arm(driver, spec);
      return spec;
    } catch (StatusException e) {
      if (StatusException.isNotFound(e)) {
        return Json.object();
      }
      throw e;
    }
  }

  /** Whether volumes are attached before a node can have them. */
  static boolean isAttached(JsonNode driverSpec) {
    return driverSpec.path("attachRequired").asBoolean(true);
  }

  /** What attaching the volume to this node has come to. */
  Map<String, String> attachment(Pod pod, String driver, String handle, JsonNode driverSpec)
      throws VolumePlugin.NotAttachedException {
    if (!isAttached(driverSpec)) {
      return Map.of();
    }
    String name = CsiPaths.attachment(driver, handle, nodeName);
    KubeObject attachment;
    try {
      attachment = objects.get(pod.uid(), Resources.VOLUME_ATTACHMENTS, "", name);
    } catch (StatusException e) {
      if (StatusException.isNotFound(e)) {
        throw new VolumePlugin.NotAttachedException(handle, nodeName, false);
      }
      throw e;
    }
    if (!attachment.at("status", "attached").asBoolean(false) || attachment.isDeleting()) {
      boolean exhausted =
          attachment.at("status", "attachError", "errorCode").asInt() == EXHAUSTED
              && drivers.allocatable().full(driver, driverSpec);
      throw new VolumePlugin.NotAttachedException(handle, nodeName, exhausted);
    }
    return KubeObject.strings(attachment.at("status", "attachmentMetadata"));
  }

  private Path staging(String driver, String handle) {
    return CsiPaths.staging(paths.root(), driver, handle);
  }

  /** Where a PersistentVolume is staged. */
  Path staging(KubeObject volume) {
    return volume.text("spec", "volumeMode").equals("Block")
        ? CsiPaths.deviceStaging(paths.root(), volume.name())
        : staging(volume.text("spec", "csi", "driver"), volume.text("spec", "csi", "volumeHandle"));
  }

  /** Does the work while nobody else works on the same volume. */
  <T> T alone(String driver, String handle, KeyedLocks.Work<T, IOException> work)
      throws IOException {
    return locks.with(StagedVolumes.key(driver, handle), work);
  }

  /** Block volumes of the same drivers. */
  public CsiDevices devices() {
    return devices;
  }

  CsiDriver driver(String name) {
    return drivers.get(name);
  }

  CsiRequests requests() {
    return requests;
  }

  /**
   * Takes back what was published at a directory of a pod, also by an earlier kubelet.
   *
   * @param directory {@code pods/UID/volumes/kubernetes.io~csi/NAME}
   */
  public void unmount(Path directory) throws IOException {
    Optional<PublishedVolume> known = PublishedVolume.read(directory);
    if (known.isEmpty()) {
      return;
    }
    PublishedVolume volume = known.get();
    try {
      locks.<Boolean, IOException>with(
          StagedVolumes.key(volume.driver(), volume.handle()),
          () -> {
            if (volume.published()) {
              Path target = directory.resolve(CsiPaths.MOUNT);
              drivers.get(volume.driver()).unpublish(volume.handle(), target.toString());
              Mounts.detachBelow(target);
            }
            PublishedVolume.forget(directory);
            changed.run();
            if (volume.staged()) {
              staged.release(volume.driver(), volume.handle());
            }
            return Boolean.TRUE;
          });
    } catch (IllegalArgumentException | CriException e) {
      throw new IOException(
          "UnmountVolume.TearDown failed for volume \"" + volume.name() + "\" : " + e.getMessage(),
          e);
    }
  }

  /** Whether another pod of this node has the PersistentVolume, or may have. */
  public boolean isElsewhere(Pod pod, String volume) throws IOException {
    for (String uid : paths.known()) {
      if (!uid.equals(pod.uid())
          && PublishedVolume.read(paths.volume(uid, CsiPaths.DIRECTORY, volume)).isPresent()) {
        return true;
      }
    }
    return false;
  }

  private boolean isPublished(PublishedVolume volume) throws IOException {
    for (PublishedVolume other : published()) {
      if (other.isSameAs(volume)) {
        return true;
      }
    }
    return false;
  }

  private List<PublishedVolume> published() throws IOException {
    List<PublishedVolume> out = new ArrayList<>();
    for (String uid : paths.known()) {
      Path all = paths.volumes(uid).resolve(CsiPaths.DIRECTORY);
      if (Files.isDirectory(all)) {
        try (var directories = Files.list(all)) {
          for (Path directory : directories.toList()) {
            PublishedVolume.read(directory).ifPresent(out::add);
          }
        }
      }
    }
    return out;
  }

  /** What the Node says is in use, so that it is not detached: {@code kubernetes.io/csi/D^H}. */
  public List<String> inUse() {
    long now = changes.get();
    Used known = used;
    if (known != null && known.changes() == now) {
      return known.names();
    }
    try {
      List<String> names =
          Stream.of(published(), staged.all(), devices.mapped())
              .flatMap(List::stream)
              .filter(v -> !v.ephemeral())
              .map(v -> CsiPaths.uniqueName(v.driver(), v.handle()))
              .distinct()
              .sorted()
              .toList();
      used = new Used(now, names);
      return names;
    } catch (IOException e) {
      return List.of();
    }
  }
}
