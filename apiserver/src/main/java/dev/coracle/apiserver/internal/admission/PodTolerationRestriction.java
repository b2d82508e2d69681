package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.LiveCache;
import dev.coracle.apiserver.validation.QosClass;
import io.smallrye.mutiny.Uni;

/**
 * Gives a namespace's Pods the tolerations that its annotations, or the configuration, name, and
 * refuses those that are not among the allowed ones (Kubernetes docs, "PodTolerationRestriction").
 */
public final class PodTolerationRestriction implements AdmissionPlugin {

  private static final String PREFIX = "scheduler.alpha.kubernetes.io/";
  private static final String DEFAULTS = PREFIX + "defaultTolerations";
  private static final String ALLOWED = PREFIX + "tolerationsWhitelist";

  /**
   * The configuration: lists of tolerations for namespaces that do not have their own.
   *
   * @param allowed empty where all are
   */
  public record Config(JsonNode defaults, JsonNode allowed) {
    public static final Config NONE = new Config(Json.array(), Json.array());
  }

  private final LiveCache namespaces;
  private final Config config;

  PodTolerationRestriction(LiveCache namespaces, Config config) {
    this.namespaces = namespaces;
    this.config = config;
  }

  @Override
  public String name() {
    return "PodTolerationRestriction";
  }

  @Override
  public Uni<Void> admit(AdmissionRequest request) {
    ObjectNode pod = request.object();
    if (pod == null || !request.createsPod() && !request.updatesPod()) {
      return Backstage.DONE;
    }
    return NamespaceOf.request(
        namespaces, request, namespace -> add(request, namespace, pod.withObjectProperty("spec")));
  }

  private void add(AdmissionRequest request, KubeObject namespace, ObjectNode spec) {
    ArrayNode more = Json.array();
    if (request.createsPod()) {
      tolerations(request, namespace, DEFAULTS, config.defaults()).forEach(more::add);
    }
    if (!QosClass.of(spec).equals("BestEffort")) {
      more.addObject()
          .put("key", "node.kubernetes.io/memory-pressure")
          .put("operator", "Exists")
          .put("effect", "NoSchedule");
    }
    if (!more.isEmpty()) {
      spec.set("tolerations", Tolerations.merge(spec.path("tolerations"), more));
    }
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    ObjectNode pod = request.object();
    if (pod == null
        || !request.createsPod() && !request.updatesPod()
        || pod.path("spec").path("tolerations").isEmpty()) {
      return Backstage.DONE;
    }
    return NamespaceOf.request(
        namespaces,
        request,
        namespace -> {
          JsonNode allowed = tolerations(request, namespace, ALLOWED, config.allowed());
          if (!allowed.isEmpty()
              && !Tolerations.within(pod.path("spec").path("tolerations"), allowed)) {
            throw Refusal.of(
                request,
                "pod tolerations (possibly merged with namespace default tolerations) conflict with"
                    + " its namespace whitelist");
          }
        });
  }

  private static JsonNode tolerations(
      AdmissionRequest request, KubeObject namespace, String annotation, JsonNode otherwise) {
    String text = namespace.annotations().get(annotation);
    if (text == null) {
      return otherwise;
    }
    if (text.isEmpty()) {
      return Json.array();
    }
    try {
      JsonNode list = Json.parse(text);
      if (list.isArray()) {
        return list;
      }
    } catch (StatusException e) {
      // Told below, as what is no list.
    }
    throw Refusal.of(
        request,
        "the annotation " + annotation + " of its namespace is no JSON list of tolerations");
  }
}
