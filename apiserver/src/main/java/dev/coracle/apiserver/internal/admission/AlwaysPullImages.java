package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Aggregate;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.registry.Backstage;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Every container's image is pulled before it starts, so that knowing an image's name is no right
 * to it.
 */
final class AlwaysPullImages implements AdmissionPlugin {

  private static final String ALWAYS = "Always";
  private static final String POLICY = "imagePullPolicy";
  private static final String[] LISTS = {"initContainers", "containers", "ephemeralContainers"};

  @Override
  public String name() {
    return "AlwaysPullImages";
  }

  @Override
  public Uni<Void> admit(AdmissionRequest request) {
    ObjectNode pod = request.object();
    if (pod != null && concerns(request) && namesNewImage(request.before(), pod)) {
      for (String list : LISTS) {
        pod.path("spec").path(list).forEach(c -> ((ObjectNode) c).put(POLICY, ALWAYS));
      }
    }
    return Backstage.DONE;
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    ObjectNode pod = request.object();
    if (pod == null || !concerns(request)) {
      return Backstage.DONE;
    }
    List<String> wrong = new ArrayList<>();
    for (String list : LISTS) {
      JsonNode containers = pod.path("spec").path(list);
      for (int i = 0; i < containers.size(); i++) {
        String policy = containers.path(i).path(POLICY).asText("");
        if (!policy.equals(ALWAYS)) {
          wrong.add(
              "spec."
                  + list
                  + "["
                  + i
                  + "]."
                  + POLICY
                  + ": Unsupported value: \""
                  + policy
                  + "\": supported values: \"Always\"");
        }
      }
    }
    if (!wrong.isEmpty()) {
      throw Refusal.of(request, Aggregate.of(wrong));
    }
    return Backstage.DONE;
  }

  private static boolean concerns(AdmissionRequest request) {
    return request.createsPod() || request.updatesPod();
  }

  private static boolean namesNewImage(@Nullable KubeObject before, JsonNode pod) {
    if (before == null) {
      return true;
    }
    Set<String> known = images(before.tree());
    return !known.containsAll(images(pod));
  }

  private static Set<String> images(JsonNode pod) {
    Set<String> out = new HashSet<>();
    for (String list : LISTS) {
      pod.path("spec").path(list).forEach(c -> out.add(c.path("image").asText("")));
    }
    return out;
  }
}
