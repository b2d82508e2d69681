package dev.coracle.kubelet.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LocalVolumes;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.kubelet.internal.csi.CsiExpansion;
import dev.coracle.kubelet.internal.csi.CsiVolumes;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import dev.coracle.kubelet.internal.runtime.ObjectSource;
import dev.coracle.kubelet.spi.CriException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * A PersistentVolumeClaim: bound to a volume on this host ({@code local}, {@code hostPath}), on an
 * NFS server, or of a driver.
 */
final class ClaimVolume implements VolumePlugin {
  private static final String BLOCK = "Block";

  /** Annotation of a PersistentVolume: the group by which pods may use it. */
  private static final String GROUP = "pv.beta.kubernetes.io/gid";

  private final String field;
  private final ObjectSource objects;
  private final Path localVolumes;
  private final CsiVolumes csi;
  private final CsiExpansion expansion;
  private final PodPaths paths;
  private final LocalDevices devices;
  private final NfsVolume nfs;
  private final VolumeUsers users;
  private final PodEvents events;
  private final GroupAccess access;
  private final Predicate<JsonNode> selects;

  /**
   * @param selects whether a node selector's terms name this node
   * @param localVolumes where volumes of the built-in class may be made
   * @param field {@code persistentVolumeClaim}, or {@code ephemeral} for the claim made for one pod
   */
  ClaimVolume(
      String field,
      ObjectSource objects,
      Path localVolumes,
      CsiVolumes csi,
      CsiExpansion expansion,
      PodPaths paths,
      LocalDevices devices,
      NfsVolume nfs,
      VolumeUsers users,
      PodEvents events,
      GroupAccess access,
      Predicate<JsonNode> selects) {
    this.field = field;
    this.objects = objects;
    this.localVolumes = localVolumes;
    this.csi = csi;
    this.expansion = expansion;
    this.paths = paths;
    this.devices = devices;
    this.nfs = nfs;
    this.users = users;
    this.events = events;
    this.access = access;
    this.selects = selects;
  }

  @Override
  public String field() {
    return field;
  }

  @Override
  public String directoryName() {
    return "kubernetes.io~local-volume";
  }

  @Override
  public String qualifiedName(Request request) throws IOException {
    KubeObject volume = volume(request, claim(request));
    String driver = volume.text("spec", "csi", "driver");
    if (!driver.isEmpty()) {
      return CsiInlineVolume.qualifiedName(driver);
    }
    if (volume.at("spec", NfsVolume.FIELD).isObject()) {
      return nfs.qualifiedName(request);
    }
    return "kubernetes.io/"
        + (volume.at("spec", "hostPath").isObject() ? "host-path" : "local-volume");
  }

  @Override
  public Mounted mount(Request request) throws IOException {
    KubeObject claim = claim(request);
    if (claim.isDeleting() && !request.pod().phase().equals("Running")) {
      // What is being deleted waits for the pods that have it, and for no more of them.
      throw unusable(claim, "PVC is being deleted");
    }
    KubeObject volume = volume(request, claim);
    boolean readOnly = request.source().path("readOnly").asBoolean(false);
    boolean block = volumeMode(request, claim).equals(BLOCK);
    JsonNode required = volume.at("spec", "nodeAffinity", "required");
    if (required.isObject() && !selects.test(required)) {
      String why = "no matching NodeSelectorTerms";
      throw block
          ? new MapException("MapVolume.NodeAffinity check", volume.name(), why)
          : new SetUpException("MountVolume.NodeAffinity check", volume.name(), why);
    }
    Mounted mounted =
        VolumeUsers.isForOnePod(volume)
            ? users.alone(
                volume,
                () -> {
                  checkFree(request.pod(), volume, block);
                  return mount(request, claim, volume, readOnly, block);
                })
            : mount(request, claim, volume, readOnly, block);
    return ofGroup(mounted, volume);
  }

  /** Also for pods that no scheduler sent. */
  private void checkFree(Pod pod, KubeObject volume, boolean block) throws IOException {
    String plugin =
        volume.at("spec", NfsVolume.FIELD).isObject() ? nfs.directoryName() : directoryName();
    if (users.hasOther(pod, volume, plugin, block)) {
      String why =
          "volume uses the ReadWriteOncePod access mode and is already in use by another pod";
      throw block
          ? new MapException(volume.name(), why)
          : new SetUpException("MountVolume.SetUp", volume.name(), why);
    }
  }

  private static Mounted ofGroup(Mounted mounted, KubeObject volume) {
    try {
      return volume
          .annotation(GROUP)
          .map(gid -> mounted.ofGroup(Long.parseLong(gid)))
          .orElse(mounted);
    } catch (NumberFormatException e) {
      return mounted;
    }
  }

  private Mounted mount(
      Request request, KubeObject claim, KubeObject volume, boolean readOnly, boolean block)
      throws IOException {
    if (block) {
      Mounted mapped = map(request.pod(), volume, readOnly);
      grow(request, claim, volume, mapped);
      return mapped;
    }
    try {
      Mounted mounted = mount(request.pod(), volume, readOnly);
      grow(request, claim, volume, mounted);
      return mounted;
    } catch (SetUpException | NotAttachedException e) {
      throw e;
    } catch (IOException | StatusException | IllegalArgumentException | CriException e) {
      throw new SetUpException("MountVolume.SetUp", volume.name(), MountFailures.reason(e));
    }
  }

  private Mounted mount(Pod pod, KubeObject volume, boolean readOnly) throws IOException {
    JsonNode local = volume.at("spec", "local");
    JsonNode host = volume.at("spec", "hostPath");
    Mounted mounted;
    if (!local.isMissingNode()) {
      String path = local.path("path").asText("");
      if (LocalVolumes.is(volume)) {
        makeLocal(Path.of(path));
      }
      if (!Files.exists(Path.of(path))) {
        throw new IllegalArgumentException("path \"" + path + "\" does not exist");
      }
      mounted = users.alone(volume, () -> Mounted.at(local(pod, volume, Path.of(path), readOnly)));
    } else if (!host.isMissingNode()) {
      mounted = HostPathVolume.at(host.path("path").asText(""), host.path("type").asText(""));
    } else if (volume.at("spec", NfsVolume.FIELD).isObject()) {
      List<String> options = new ArrayList<>();
      volume.at("spec", "mountOptions").forEach(o -> options.add(o.asText()));
      return nfs.mount(
          volume.at("spec", NfsVolume.FIELD),
          paths.volume(pod.uid(), nfs.directoryName(), volume.name()),
          readOnly,
          options);
    } else if (volume.at("spec", "csi").isObject()) {
      return csi.mount(pod, volume, readOnly);
    } else {
      throw new IllegalArgumentException(
          "no volume plugin matched: PersistentVolume \""
              + volume.name()
              + "\" is neither local nor hostPath nor NFS nor of a CSI driver");
    }
    return readOnly ? new Mounted(mounted.path(), true, "") : mounted;
  }

  /** The first pod that has the volume, and may write to it, gives it to its group. */
  private Path local(Pod pod, KubeObject volume, Path path, boolean readOnly) throws IOException {
    boolean shared = users.hasOther(pod, volume, directoryName(), false);
    Path at = local(pod, volume, path);
    OptionalLong group = Ownership.fsGroup(pod);
    int has = (int) Files.getAttribute(at, "unix:gid");
    if (shared && group.isPresent() && group.getAsLong() != has) {
      events.warning(
          pod,
          "AlreadyMountedVolume",
          "The requested fsGroup is %d, but the volume %s has GID %d. The volume may not be shareable."
              .formatted(group.getAsLong(), volume.name(), has));
    }
    if (!shared && !readOnly) {
      access.give("kubernetes.io/local-volume", at, pod);
    }
    Files.createDirectories(paths.volume(pod.uid(), directoryName(), volume.name()));
    return at;
  }

  private Path local(Pod pod, KubeObject volume, Path path) throws IOException {
    if (Files.isDirectory(path)) {
      return path.toRealPath(); // What a link leads to is owned by the group, not the link.
    }
    if (!DeviceLinks.isBlockDevice(path)) {
      throw new IllegalArgumentException("only directory and block device are supported");
    }
    return devices.mount(pod, volume, paths.volume(pod.uid(), directoryName(), volume.name()));
  }

  @Override
  public void unmount(Path directory) throws IOException {
    devices.unmount(directory);
  }

  /**
   * What the claim is to be.
   *
   * @throws ClaimException a container wants it as the other
   */
  private static String volumeMode(Request request, KubeObject claim) throws ClaimException {
    String mode = claim.text("spec", "volumeMode").equals(BLOCK) ? BLOCK : "Filesystem";
    String other = mode.equals(BLOCK) ? "volumeMounts" : "volumeDevices";
    for (ContainerSpec container : request.pod().allContainers()) {
      for (JsonNode use : container.node().path(other)) {
        if (use.path("name").asText("").equals(request.name())) {
          throw new ClaimException(
              "volume "
                  + request.name()
                  + " has volumeMode "
                  + mode
                  + ", but is specified in "
                  + other);
        }
      }
    }
    return mode;
  }

  private Mounted map(Pod pod, KubeObject volume, boolean readOnly) throws IOException {
    try {
      if (volume.at("spec", "csi").isObject()) {
        return csi.devices().map(pod, volume, readOnly);
      }
      if (!volume.at("spec", "local").isObject()) {
        throw new IllegalArgumentException(
            "PersistentVolume \""
                + volume.name()
                + "\" is neither local nor of a CSI driver, and cannot be a block device");
      }
      Path device = Path.of(volume.text("spec", "local", "path"));
      if (!Files.exists(device)) {
        throw new IllegalArgumentException("path \"" + device + "\" does not exist");
      }
      if (!DeviceLinks.isBlockDevice(device)) {
        throw new IllegalArgumentException("path \"" + device + "\" is not a block device");
      }
      Path link = paths.volumeDevice(pod.uid(), directoryName(), volume.name());
      DeviceLinks.point(link, device.toRealPath());
      return Mounted.device(link, readOnly);
    } catch (NotAttachedException e) {
      throw e;
    } catch (CriException e) {
      throw new MapException(volume.name(), e.describe());
    } catch (IOException | IllegalArgumentException e) {
      throw new MapException(volume.name(), e.getMessage());
    }
  }

  private static ClaimException unusable(KubeObject claim, String why) {
    return new ClaimException("error processing PVC " + claim.key() + ": " + why);
  }

  private KubeObject claim(Request request) throws ClaimException {
    String name =
        field.equals("ephemeral")
            ? request.pod().name() + "-" + request.name()
            : request.source().path("claimName").asText("");
    Pod pod = request.pod();
    KubeObject claim;
    try {
      claim = objects.get(pod.uid(), Resources.PERSISTENT_VOLUME_CLAIMS, pod.namespace(), name);
    } catch (StatusException e) {
      throw new ClaimException(
          "error processing PVC "
              + pod.namespace()
              + "/"
              + name
              + ": failed to fetch PVC from API server: "
              + e.getMessage());
    }
    if (!claim.text("status", "phase").equals("Bound")) {
      throw unusable(claim, "PVC is not bound");
    }
    if (claim.text("spec", "volumeName").isEmpty()) {
      throw unusable(claim, "PVC has empty pvc.Spec.VolumeName");
    }
    return claim;
  }

  private KubeObject volume(Request request, KubeObject claim) throws ClaimException {
    String name = claim.text("spec", "volumeName");
    try {
      return objects.get(request.pod().uid(), Resources.PERSISTENT_VOLUMES, "", name);
    } catch (StatusException e) {
      throw unusable(claim, "failed to fetch PV " + name + " from API server: " + e.getMessage());
    }
  }

  @Override
  public Mounted refresh(Request request, Mounted standing) throws IOException {
    KubeObject claim = claim(request);
    KubeObject volume = volume(request, claim);
    JsonNode source = volume.at("spec", "csi");
    if (source.isObject() && !standing.device() && csi.republishes(request.pod(), source)) {
      csi.republish(request.pod(), volume, request.source().path("readOnly").asBoolean(false));
    }
    try {
      grow(request, claim, volume, standing);
    } catch (IOException | CriException e) {
      throw new GrowthException(e);
    }
    return standing;
  }

  /** What has grown while no pod had it has its size before the first container looks. */
  private void grow(Request request, KubeObject claim, KubeObject volume, Mounted standing)
      throws IOException {
    if (volume.at("spec", "csi").isObject()) {
      Path path = Objects.requireNonNull(standing.path());
      expansion.expand(
          request.pod(), claim, volume, standing.device() ? Files.readSymbolicLink(path) : path);
    } else if (volume.at("spec", "local").isObject() && !LocalVolumes.is(volume)) {
      expansion.expand(
          request.pod(),
          claim,
          volume,
          () -> {
            if (!standing.device()) {
              devices.grow(volume);
            }
          });
    }
  }

  @Override
  public Optional<Duration> refreshAfter(Request request) throws IOException {
    KubeObject volume = volume(request, claim(request));
    JsonNode source = volume.at("spec", "csi");
    return source.isObject()
            && !volume.text("spec", "volumeMode").equals(BLOCK)
            && csi.republishes(request.pod(), source)
        ? Optional.of(CsiVolumes.REPUBLISH)
        : Optional.empty();
  }

  /** Any user may write there, as with an emptyDir: the volume is nobody else's. */
  private void makeLocal(Path path) throws IOException {
    if (!localVolumes.equals(path.getParent())) {
      throw new IllegalArgumentException(
          "local volume " + path + " is not below " + localVolumes + " of this node");
    }
    if (!Files.exists(path)) {
      Files.createDirectories(path);
      Files.setAttribute(path, "unix:mode", 0777);
    }
  }
}
