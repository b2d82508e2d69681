package dev.coracle.kubelet.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import dev.coracle.kubelet.internal.host.Mounts;
import dev.coracle.kubelet.internal.host.Native;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A fresh directory that lives as long as the pod, in memory (tmpfs) when asked for. */
final class EmptyDirVolume implements VolumePlugin {
  private static final Logger LOG = LoggerFactory.getLogger(EmptyDirVolume.class);

  @Override
  public String field() {
    return "emptyDir";
  }

  @Override
  public String directoryName() {
    return "kubernetes.io~empty-dir";
  }

  @Override
  public Mounted mount(Request request) throws IOException {
    Path dir = request.directory();
    boolean fresh = !Files.exists(dir);
    Files.createDirectories(dir);
    if (request.source().path("medium").asText("").equals("Memory") && !mounted(dir)) {
      try {
        Native.mount("tmpfs", dir, "tmpfs", options(request.source()));
        fresh = true;
      } catch (IOException e) {
        LOG.atWarn()
            .addKeyValue("pod", request.pod().key())
            .addKeyValue("volume", request.name())
            .addKeyValue("why", e.getMessage())
            .log("A memory volume is made on disk, since tmpfs cannot be mounted here");
      }
    }
    if (fresh) {
      Files.setAttribute(dir, "unix:mode", 0777);
      Ownership.apply(dir, request.pod(), false);
    }
    return Mounted.at(dir);
  }

  private static String options(JsonNode source) {
    Quantity limit = Quantity.tryParse(source.path("sizeLimit").asText(""));
    return limit == null || limit.signum() <= 0
        ? "mode=0777"
        : "mode=0777,size=" + limit.longValue();
  }

  private static boolean mounted(Path dir) throws IOException {
    return Mounts.below(dir).contains(dir);
  }
}
