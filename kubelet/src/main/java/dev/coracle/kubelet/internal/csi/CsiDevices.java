package dev.coracle.kubelet.internal.csi;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.csi.v1.NodePublishVolumeRequest;
import dev.coracle.csi.v1.NodeServiceCapability.RPC.Type;
import dev.coracle.csi.v1.NodeStageVolumeRequest;
import dev.coracle.csi.v1.VolumeCapability;
import dev.coracle.kubelet.internal.host.Mounts;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import dev.coracle.kubelet.internal.volume.DeviceLinks;
import dev.coracle.kubelet.spi.CriException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Volumes of drivers that a pod gets as block devices. A driver puts the device below {@code
 * plugins/kubernetes.io/csi/volumeDevices/publish/VOLUME/POD}, and {@code
 * pods/UID/volumeDevices/kubernetes.io~csi/VOLUME} links to it, as upstream has it. The link is
 * made first and removed last: whoever finds it, also a later kubelet, has something to take back.
 */
public final class CsiDevices {
  private final CsiVolumes volumes;
  private final PodPaths paths;
  private final Runnable changed;

  CsiDevices(CsiVolumes volumes, PodPaths paths, Runnable changed) {
    this.volumes = volumes;
    this.paths = paths;
    this.changed = changed;
  }

  /** Has the driver stage the volume and give its device to the pod. */
  public Mounted map(Pod pod, KubeObject volume, boolean readOnly) throws IOException {
    JsonNode source = volume.at("spec", "csi");
    String handle = source.path("volumeHandle").asText("");
    String name = source.path("driver").asText("");
    JsonNode spec = volumes.driverSpec(pod, name);
    Map<String, String> attached = volumes.attachment(pod, name, handle, spec);
    CsiDriver driver = volumes.driver(name);
    VolumeCapability capability = CsiRequests.capability(driver, pod, volume);
    boolean stages = driver.can(Type.STAGE_UNSTAGE_VOLUME);
    boolean only = readOnly || source.path("readOnly").asBoolean(false);
    CsiRequests requests = volumes.requests();
    return volumes.<Mounted>alone(
        driver.name(),
        handle,
        () -> {
          Path staging = CsiPaths.deviceStaging(paths.root(), volume.name());
          Path target = CsiPaths.devicePublish(paths.root(), volume.name()).resolve(pod.uid());
          Path data = CsiPaths.deviceData(paths.root(), volume.name());
          boolean first = PublishedVolume.read(data).isEmpty();
          if (first) {
            new PublishedVolume(driver.name(), handle, volume.name(), false, stages, true)
                .write(data);
          }
          Path link = paths.volumeDevice(pod.uid(), CsiPaths.DIRECTORY, volume.name());
          if (DeviceLinks.point(link, target) || first) {
            changed.run();
          }
          if (CsiVolumes.isAttached(spec)) {
            volumes.awaitInUse(driver.name(), handle);
          }
          if (stages) {
            Files.createDirectories(staging);
            driver.stage(
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
          Files.createDirectories(CsiPaths.devicePublish(paths.root(), volume.name()));
          NodePublishVolumeRequest.Builder request =
              NodePublishVolumeRequest.newBuilder()
                  .setVolumeId(handle)
                  .putAllPublishContext(attached)
                  .setTargetPath(target.toString())
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
          driver.publish(request.build());
          if (!DeviceLinks.isBlockDevice(target)) {
            throw new IOException(
                "driver " + driver.name() + " has not made a block device at " + target);
          }
          return Mounted.device(link, only);
        });
  }

  /**
   * Takes back what a pod's link stands for.
   *
   * @param link {@code pods/UID/volumeDevices/kubernetes.io~csi/VOLUME}
   */
  public void unmap(String podUid, Path link) throws IOException {
    String name = String.valueOf(link.getFileName());
    Optional<PublishedVolume> known = PublishedVolume.read(CsiPaths.deviceData(paths.root(), name));
    if (known.isEmpty()) {
      Files.deleteIfExists(link);
      return;
    }
    PublishedVolume volume = known.get();
    try {
      CsiDriver driver = volumes.driver(volume.driver());
      volumes.<Boolean>alone(
          volume.driver(),
          volume.handle(),
          () -> {
            takeBack(driver, volume, podUid);
            return Files.deleteIfExists(link);
          });
      changed.run();
    } catch (IllegalArgumentException | CriException e) {
      throw new IOException(
          "UnmapVolume.UnmapBlockVolume failed for volume \"" + name + "\" : " + e.getMessage(), e);
    }
  }

  private void takeBack(CsiDriver driver, PublishedVolume volume, String podUid)
      throws IOException {
    Path all = CsiPaths.devicePublish(paths.root(), volume.name());
    Path target = all.resolve(podUid);
    driver.unpublish(volume.handle(), target.toString());
    Mounts.detachBelow(target);
    Files.deleteIfExists(target);
    if (isMappedElsewhere(volume.name(), podUid)) {
      return;
    }
    Path staging = CsiPaths.deviceStaging(paths.root(), volume.name());
    if (volume.staged()) {
      driver.unstage(volume.handle(), staging.toString());
      Mounts.detachBelow(staging);
    }
    PodPaths.deleteTree(staging);
    PodPaths.deleteTree(all);
    PodPaths.deleteTree(CsiPaths.devices(paths.root()).resolve(volume.name()));
  }

  /** Whether another pod of this node has the PersistentVolume. */
  public boolean isMappedElsewhere(String name, String podUid) throws IOException {
    for (String uid : paths.known()) {
      if (!uid.equals(podUid)
          && Files.isSymbolicLink(paths.volumeDevice(uid, CsiPaths.DIRECTORY, name))) {
        return true;
      }
    }
    return false;
  }

  /** The volumes that some pod has. */
  List<PublishedVolume> mapped() throws IOException {
    List<PublishedVolume> out = new ArrayList<>();
    Path all = CsiPaths.devices(paths.root());
    if (Files.isDirectory(all)) {
      try (var directories = Files.list(all)) {
        for (Path directory : directories.toList()) {
          PublishedVolume.read(directory.resolve("data")).ifPresent(out::add);
        }
      }
    }
    return out;
  }
}
