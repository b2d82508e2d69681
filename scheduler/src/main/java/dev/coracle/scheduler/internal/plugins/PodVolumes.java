package dev.coracle.scheduler.internal.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.client.Lister;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The claims and volumes that pods use, as the informers show them. */
final class PodVolumes {

  /** A claim that a pod needs, by its name. */
  record Wanted(String name, boolean ephemeral) {}

  private PodVolumes() {}

  /** Claims by name, and those made for generic ephemeral volumes. */
  static List<Wanted> claimsOf(KubeObject pod) {
    List<Wanted> names = new ArrayList<>();
    for (JsonNode volume : pod.at("spec", "volumes")) {
      if (volume.has("persistentVolumeClaim")) {
        names.add(
            new Wanted(volume.path("persistentVolumeClaim").path("claimName").asText(""), false));
      } else if (volume.has("ephemeral")) {
        names.add(new Wanted(pod.name() + "-" + volume.path("name").asText(""), true));
      }
    }
    return names;
  }

  /** The claims that are there. */
  static List<KubeObject> known(KubeObject pod, Lister claims) {
    return claimsOf(pod).stream()
        .map(w -> claims.get(pod.namespace(), w.name()))
        .flatMap(Optional::stream)
        .toList();
  }
}
