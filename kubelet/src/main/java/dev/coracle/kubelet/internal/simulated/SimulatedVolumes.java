package dev.coracle.kubelet.internal.simulated;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import dev.coracle.kubelet.internal.volume.VolumePlugin;
import java.util.List;

/** Every kind of volume is ready at once, and nothing of it is on disk. */
public final class SimulatedVolumes {
  private static final List<String> KINDS =
      List.of(
          "emptyDir",
          "hostPath",
          "configMap",
          "secret",
          "projected",
          "downwardAPI",
          "persistentVolumeClaim",
          "ephemeral",
          "csi",
          "nfs");

  private SimulatedVolumes() {}

  public static List<VolumePlugin> all() {
    return KINDS.stream().<VolumePlugin>map(Pretended::new).toList();
  }

  private record Pretended(String field) implements VolumePlugin {
    @Override
    public String directoryName() {
      return "simulated";
    }

    @Override
    public Mounted mount(Request request) {
      JsonNode readOnly = request.source().path("readOnly");
      return new Mounted(request.directory(), readOnly.asBoolean(false), "");
    }
  }
}
