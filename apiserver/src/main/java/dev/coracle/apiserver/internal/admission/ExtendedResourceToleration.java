package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.validation.ResourceRules;
import io.smallrye.mutiny.Uni;
import java.util.TreeSet;

/**
 * Nodes with special devices are tainted with the resource's name; a Pod that asks for the resource
 * tolerates that.
 */
final class ExtendedResourceToleration implements AdmissionPlugin {

  @Override
  public String name() {
    return "ExtendedResourceToleration";
  }

  @Override
  public Uni<Void> admit(AdmissionRequest request) {
    ObjectNode pod = request.object();
    if (pod == null || !request.createsPod() && !request.updatesPod()) {
      return Backstage.DONE;
    }
    TreeSet<String> resources = new TreeSet<>();
    for (String list : new String[] {"containers", "initContainers"}) {
      for (JsonNode container : pod.path("spec").path(list)) {
        container.path("resources").path("requests").fieldNames().forEachRemaining(resources::add);
      }
    }
    resources.removeIf(name -> !ResourceRules.isExtended(name));
    if (!resources.isEmpty()) {
      ObjectNode spec = pod.withObjectProperty("spec");
      resources.forEach(name -> Tolerations.put(spec, toleration(name)));
    }
    return Backstage.DONE;
  }

  private static ObjectNode toleration(String resource) {
    return Json.object().put("key", resource).put("operator", "Exists").put("effect", "NoSchedule");
  }
}
