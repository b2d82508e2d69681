package dev.coracle.kubelet.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LocalVolumes;
import dev.coracle.api.Resources;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import dev.coracle.kubelet.internal.runtime.ObjectSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** A PersistentVolumeClaim bound to a volume on this host: {@code local} or {@code hostPath}. */
final class ClaimVolume implements VolumePlugin {
  private final String field;
  private final ObjectSource objects;
  private final Path localVolumes;

  /**
   * @param localVolumes where volumes of the built-in class may be made
   * @param field {@code persistentVolumeClaim}, or {@code ephemeral} for the claim made for one pod
   */
  ClaimVolume(String field, ObjectSource objects, Path localVolumes) {
    this.field = field;
    this.objects = objects;
    this.localVolumes = localVolumes;
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
    String claimName =
        field.equals("ephemeral")
            ? request.pod().name() + "-" + request.name()
            : request.source().path("claimName").asText("");
    KubeObject claim =
        objects.get(
            request.pod().uid(),
            Resources.PERSISTENT_VOLUME_CLAIMS,
            request.pod().namespace(),
            claimName);
    String volumeName = claim.text("spec", "volumeName");
    if (!claim.text("status", "phase").equals("Bound") || volumeName.isEmpty()) {
      throw new IllegalArgumentException(
          "PersistentVolumeClaim is not bound: \"" + claimName + "\"");
    }
    KubeObject volume =
        objects.get(request.pod().uid(), Resources.PERSISTENT_VOLUMES, "", volumeName);
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
    } else {
      throw new IllegalArgumentException(
          "no volume plugin matched: PersistentVolume \""
              + volumeName
              + "\" is neither local nor hostPath");
    }
    return readOnly ? new Mounted(mounted.path(), true, "") : mounted;
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
