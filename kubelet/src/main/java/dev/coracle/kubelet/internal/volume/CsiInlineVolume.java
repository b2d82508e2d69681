package dev.coracle.kubelet.internal.volume;

import dev.coracle.kubelet.internal.csi.CsiVolumes;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * A volume that a driver makes for one pod. It also takes back what drivers have published for
 * claims, since all of that stands in the same directory.
 */
final class CsiInlineVolume implements VolumePlugin {
  private final CsiVolumes csi;

  CsiInlineVolume(CsiVolumes csi) {
    this.csi = csi;
  }

  @Override
  public String field() {
    return "csi";
  }

  @Override
  public String directoryName() {
    return "kubernetes.io~csi";
  }

  @Override
  public String qualifiedName(Request request) {
    return qualifiedName(request.source().path("driver").asText(""));
  }

  static String qualifiedName(String driver) {
    return "kubernetes.io/csi:" + driver;
  }

  @Override
  public Mounted mount(Request request) throws IOException {
    return csi.mountInline(request.pod(), request.name(), request.source());
  }

  @Override
  public Mounted refresh(Request request, Mounted standing) throws IOException {
    return csi.republishes(request.pod(), request.source()) ? mount(request) : standing;
  }

  @Override
  public Optional<Duration> refreshAfter(Request request) {
    return csi.republishes(request.pod(), request.source())
        ? Optional.of(CsiVolumes.REPUBLISH)
        : Optional.empty();
  }

  @Override
  public void unmount(Path directory) throws IOException {
    csi.unmount(directory);
  }

  /** Those of PersistentVolumes; they have no other directory than inline ones. */
  @Override
  public void unmap(String podUid, Path link) throws IOException {
    csi.devices().unmap(podUid, link);
  }
}
