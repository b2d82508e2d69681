package dev.coracle.kubelet.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LocalVolumes;
import dev.coracle.api.Resources;
import dev.coracle.kubelet.internal.csi.CsiExpansion;
import dev.coracle.kubelet.internal.csi.CsiVolumes;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import dev.coracle.kubelet.internal.runtime.ObjectSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * A PersistentVolumeClaim: bound to a volume on this host ({@code local}, {@code hostPath}), or of
 * a driver.
 */
final class ClaimVolume implements VolumePlugin {
  private final String field;
  private final ObjectSource objects;
  private final Path localVolumes;
  private final CsiVolumes csi;
  private final CsiExpansion expansion;

  /**
   * @param localVolumes where volumes of the built-in class may be made
   * @param field {@code persistentVolumeClaim}, or {@code ephemeral} for the claim made for one pod
   */
  ClaimVolume(
      String field,
      ObjectSource objects,
      Path localVolumes,
      CsiVolumes csi,
      CsiExpansion expansion) {
    this.field = field;
    this.objects = objects;
    this.localVolumes = localVolumes;
    this.csi = csi;
    this.expansion = expansion;
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
  public Mounted mount(Request request) throws IOException {
    KubeObject claim = claim(request);
    KubeObject volume = volume(request, claim);
    boolean readOnly = request.source().path("readOnly").asBoolean(false);
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
      mounted = HostPathVolume.at(path, "Directory");
      Ownership.apply(Objects.requireNonNull(mounted.path()), request.pod(), readOnly);
    } else if (!host.isMissingNode()) {
      mounted = HostPathVolume.at(host.path("path").asText(""), host.path("type").asText(""));
    } else if (volume.at("spec", "csi").isObject()) {
      return csi.mount(request.pod(), volume, readOnly);
    } else {
      throw new IllegalArgumentException(
          "no volume plugin matched: PersistentVolume \""
              + volume.name()
              + "\" is neither local nor hostPath nor of a CSI driver");
    }
    return readOnly ? new Mounted(mounted.path(), true, "") : mounted;
  }

  private KubeObject claim(Request request) {
    String name =
        field.equals("ephemeral")
            ? request.pod().name() + "-" + request.name()
            : request.source().path("claimName").asText("");
    KubeObject claim =
        objects.get(
            request.pod().uid(),
            Resources.PERSISTENT_VOLUME_CLAIMS,
            request.pod().namespace(),
            name);
    if (!claim.text("status", "phase").equals("Bound")
        || claim.text("spec", "volumeName").isEmpty()) {
      throw new IllegalArgumentException("PersistentVolumeClaim is not bound: \"" + name + "\"");
    }
    return claim;
  }

  private KubeObject volume(Request request, KubeObject claim) {
    return objects.get(
        request.pod().uid(), Resources.PERSISTENT_VOLUMES, "", claim.text("spec", "volumeName"));
  }

  @Override
  public Mounted refresh(Request request, Mounted standing) throws IOException {
    KubeObject claim = claim(request);
    KubeObject volume = volume(request, claim);
    JsonNode source = volume.at("spec", "csi");
    if (source.isObject()) {
      if (csi.republishes(request.pod(), source)) {
        csi.republish(request.pod(), volume, request.source().path("readOnly").asBoolean(false));
      }
      expansion.expand(request.pod(), claim, volume, Objects.requireNonNull(standing.path()));
    }
    return standing;
  }

  @Override
  public Optional<Duration> refreshAfter(Request request) {
    JsonNode source = volume(request, claim(request)).at("spec", "csi");
    return source.isObject() && csi.republishes(request.pod(), source)
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
