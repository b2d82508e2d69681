package dev.coracle.kubelet.internal.eviction;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import java.util.Map;

/** Which pods are to be confined by AppArmor (Kubernetes docs, "Restrict a Container's Access"). */
final class AppArmor {
  private static final String ANNOTATION = "container.apparmor.security.beta.kubernetes.io/";

  private AppArmor() {}

  static boolean isAskedFor(Pod pod) {
    return confines(pod.securityContext())
        || pod.allContainers().stream()
            .map(ContainerSpec::securityContext)
            .anyMatch(AppArmor::confines)
        || pod.object().annotations().entrySet().stream().anyMatch(AppArmor::confines);
  }

  private static boolean confines(JsonNode context) {
    return !context.path("appArmorProfile").path("type").asText("Unconfined").equals("Unconfined");
  }

  private static boolean confines(Map.Entry<String, String> annotation) {
    return annotation.getKey().startsWith(ANNOTATION)
        && !annotation.getValue().equals("unconfined");
  }
}
