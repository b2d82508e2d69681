package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.LiveCache;
import io.smallrye.mutiny.Uni;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * A namespace's Pods go to the nodes that its annotation, or the configuration, names (Kubernetes
 * docs, "PodNodeSelector").
 */
final class PodNodeSelector implements AdmissionPlugin {

  static final String ANNOTATION = "scheduler.alpha.kubernetes.io/node-selector";

  private final LiveCache namespaces;
  private final NodeSelectors config;

  PodNodeSelector(LiveCache namespaces, NodeSelectors config) {
    this.namespaces = namespaces;
    this.config = config;
  }

  @Override
  public String name() {
    return "PodNodeSelector";
  }

  @Override
  public Uni<Void> admit(AdmissionRequest request) {
    return ofNew(
        request,
        (pod, namespace) -> {
          Map<String, String> wanted = wanted(request, namespace);
          check(request, wanted, pod);
          if (!wanted.isEmpty()) {
            ObjectNode selector = pod.withObjectProperty("spec").withObjectProperty("nodeSelector");
            wanted.forEach(selector::put);
          }
        });
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    return ofNew(
        request,
        (pod, namespace) -> {
          check(request, wanted(request, namespace), pod);
          Map<String, String> allowed = config.allowed(namespace.name());
          if (!allowed.isEmpty() && !allowed.entrySet().containsAll(selector(pod).entrySet())) {
            throw Refusal.of(
                request, "pod node label selector labels conflict with its namespace whitelist");
          }
        });
  }

  private Uni<Void> ofNew(AdmissionRequest request, BiConsumer<ObjectNode, KubeObject> then) {
    ObjectNode pod = request.object();
    return pod == null || !request.createsPod()
        ? Backstage.DONE
        : NamespaceOf.request(namespaces, request, namespace -> then.accept(pod, namespace));
  }

  private Map<String, String> wanted(AdmissionRequest request, KubeObject namespace) {
    String annotation = namespace.annotations().get(ANNOTATION);
    if (annotation == null) {
      return config.unsaid();
    }
    try {
      return NodeSelectors.parse(annotation);
    } catch (IllegalArgumentException e) {
      throw Refusal.of(
          request,
          "the annotation " + ANNOTATION + " of its namespace is wrong: " + e.getMessage());
    }
  }

  private static void check(AdmissionRequest request, Map<String, String> wanted, ObjectNode pod) {
    Map<String, String> own = selector(pod);
    if (wanted.entrySet().stream()
        .anyMatch(e -> own.containsKey(e.getKey()) && !e.getValue().equals(own.get(e.getKey())))) {
      throw Refusal.of(
          request, "pod node label selector conflicts with its namespace node label selector");
    }
  }

  private static Map<String, String> selector(ObjectNode pod) {
    Map<String, String> out = new HashMap<>();
    pod.path("spec")
        .path("nodeSelector")
        .forEachEntry((key, value) -> out.put(key, value.asText("")));
    return out;
  }
}
