package dev.coracle.kubelet.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.kubelet.internal.host.Mounts;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A directory that an NFS server exports, mounted for each pod by the host's own {@code mount.nfs}
 * (Kubernetes docs, "nfs"). It is the server's business whose the files are, so a pod's {@code
 * fsGroup} changes nothing. What a server that is gone holds is detached all the same.
 */
final class NfsVolume implements VolumePlugin {
  static final String FIELD = "nfs";

  /** Mounts what is elsewhere. */
  @FunctionalInterface
  interface Mounter {
    /**
     * @param options as mount(8) writes them
     */
    void mount(String source, Path at, String type, List<String> options) throws IOException;
  }

  private final Mounter mounter;

  NfsVolume(Mounter mounter) {
    this.mounter = mounter;
  }

  @Override
  public String field() {
    return FIELD;
  }

  @Override
  public String directoryName() {
    return "kubernetes.io~nfs";
  }

  @Override
  public Mounted mount(Request request) throws IOException {
    return mount(request.source(), request.directory(), false, List.of());
  }

  /**
   * @param source {@code nfs} of a pod's volume or of a PersistentVolume
   * @param readOnly whether that is asked for besides
   * @param options further ones, of a PersistentVolume
   */
  Mounted mount(JsonNode source, Path at, boolean readOnly, List<String> options)
      throws IOException {
    boolean only = readOnly || source.path("readOnly").asBoolean(false);
    if (!Mounts.below(at).contains(at)) {
      List<String> all = new ArrayList<>(options);
      if (only && !all.contains("ro")) {
        all.add("ro");
      }
      Files.createDirectories(at);
      mounter.mount(exported(source), at, "nfs", all);
    }
    return new Mounted(at, only, "");
  }

  private static String exported(JsonNode source) {
    String server = source.path("server").asText("");
    boolean v6 = server.indexOf(':') >= 0 && !server.startsWith("[");
    return (v6 ? "[" + server + "]" : server) + ":" + source.path("path").asText("");
  }

  @Override
  public void unmount(Path directory) throws IOException {
    Mounts.detachBelow(directory);
  }
}
