package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.apiserver.internal.registry.Backstage;
import io.smallrye.mutiny.Uni;

/**
 * A Pod stays for a while on a node that is not ready or not reachable, unless it says otherwise;
 * also when it is replaced by one that says nothing.
 */
final class DefaultTolerationSeconds implements AdmissionPlugin {

  private final int notReady;
  private final int unreachable;

  /** Both in seconds. */
  DefaultTolerationSeconds(int notReady, int unreachable) {
    this.notReady = notReady;
    this.unreachable = unreachable;
  }

  @Override
  public String name() {
    return "DefaultTolerationSeconds";
  }

  @Override
  public Uni<Void> admit(AdmissionRequest request) {
    ObjectNode pod = request.object();
    if (pod != null && (request.createsPod() || request.updatesPod())) {
      ObjectNode spec = pod.withObjectProperty("spec");
      tolerate(spec, "node.kubernetes.io/not-ready", notReady);
      tolerate(spec, "node.kubernetes.io/unreachable", unreachable);
    }
    return Backstage.DONE;
  }

  private static void tolerate(ObjectNode spec, String key, int seconds) {
    for (JsonNode t : spec.path("tolerations")) {
      String k = t.path("key").asText("");
      String effect = t.path("effect").asText("");
      if ((k.isEmpty() || k.equals(key)) && (effect.isEmpty() || effect.equals("NoExecute"))) {
        return;
      }
    }
    spec.withArrayProperty("tolerations")
        .addObject()
        .put("key", key)
        .put("operator", "Exists")
        .put("effect", "NoExecute")
        .put("tolerationSeconds", seconds);
  }
}
