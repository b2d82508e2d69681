package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.apiserver.internal.registry.Backstage;
import io.smallrye.mutiny.Uni;

/** A Pod keeps others away from its node at most, not from a whole zone. */
final class LimitPodHardAntiAffinityTopology implements AdmissionPlugin {

  private static final String HOSTNAME = "kubernetes.io/hostname";

  @Override
  public String name() {
    return "LimitPodHardAntiAffinityTopology";
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    ObjectNode pod = request.object();
    if (pod == null || !request.createsPod() && !request.updatesPod()) {
      return Backstage.DONE;
    }
    for (JsonNode term :
        pod.at("/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution")) {
      String key = term.path("topologyKey").asText("");
      if (!key.equals(HOSTNAME)) {
        throw Refusal.of(
            request,
            "affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey "
                + key
                + " but only key "
                + HOSTNAME
                + " is allowed");
      }
    }
    return Backstage.DONE;
  }
}
