package dev.coracle.apiserver.internal.authz;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.registry.LiveCache;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What kubelets may: the rules of the role system:node, but of Secrets, ConfigMaps, claims and
 * service accounts only those that a Pod on their own node uses, and of PodCertificateRequests only
 * those of their node (Kubernetes docs, "Using Node Authorization").
 */
public final class NodeAuthorizer implements Authorizer {

  private static final String PREFIX = "system:node:";

  private final List<PolicyRule> rules;
  private final LiveCache pods;
  private final LiveCache requests;

  /** By node, then by Pod: {@code secrets/ns/name} and the like. */
  private final Map<String, Map<NamespacedName, Set<String>>> uses = new ConcurrentHashMap<>();

  private final Map<NamespacedName, String> nodes = new ConcurrentHashMap<>();

  /** By PodCertificateRequest, its node. */
  private final Map<NamespacedName, String> requesters = new ConcurrentHashMap<>();

  /**
   * @param rules of the role system:node
   */
  public NodeAuthorizer(Vertx vertx, ResourceStore store, List<PolicyRule> rules) {
    this.rules = List.copyOf(rules);
    this.pods =
        LiveCache.ofNames(vertx, store, new GroupResource("", "pods")).listen(this::changed);
    this.requests =
        LiveCache.ofNames(
                vertx, store, new GroupResource("certificates.k8s.io", "podcertificaterequests"))
            .listen(this::requested);
  }

  public Uni<Void> start() {
    return pods.start().chain(requests::start);
  }

  public void stop() {
    pods.stop();
    requests.stop();
  }

  private void requested(@Nullable KubeObject before, @Nullable KubeObject now) {
    if (now != null) {
      requesters.put(now.key(), now.text("spec", "nodeName"));
    } else if (before != null) {
      requesters.remove(before.key());
    }
  }

  private void changed(@Nullable KubeObject before, @Nullable KubeObject now) {
    if (now == null) {
      if (before != null) {
        forget(before.key());
      }
      return;
    }
    NamespacedName pod = now.key();
    String node = now.text("spec", "nodeName");
    if (!node.equals(nodes.getOrDefault(pod, ""))) {
      forget(pod);
    }
    if (!node.isEmpty()) {
      uses.computeIfAbsent(node, _ -> new ConcurrentHashMap<>()).put(pod, references(now));
      nodes.put(pod, node);
    }
  }

  private void forget(NamespacedName pod) {
    String node = nodes.remove(pod);
    Map<NamespacedName, Set<String>> of = node == null ? null : uses.get(node);
    if (of != null) {
      of.remove(pod);
    }
  }

  private static Set<String> references(KubeObject pod) {
    Set<String> out = new HashSet<>();
    String ns = "/" + pod.namespace() + "/";
    JsonNode spec = pod.at("spec");
    out.add("serviceaccounts" + ns + spec.path("serviceAccountName").asText(""));
    spec.path("imagePullSecrets").forEach(s -> out.add("secrets" + ns + s.path("name").asText("")));
    for (String list : new String[] {"initContainers", "containers", "ephemeralContainers"}) {
      for (JsonNode c : spec.path(list)) {
        for (JsonNode e : c.path("env")) {
          JsonNode from = e.path("valueFrom");
          out.add("secrets" + ns + from.path("secretKeyRef").path("name").asText(""));
          out.add("configmaps" + ns + from.path("configMapKeyRef").path("name").asText(""));
        }
        for (JsonNode e : c.path("envFrom")) {
          out.add("secrets" + ns + e.path("secretRef").path("name").asText(""));
          out.add("configmaps" + ns + e.path("configMapRef").path("name").asText(""));
        }
      }
    }
    for (JsonNode v : spec.path("volumes")) {
      volume(v, ns, out);
      for (JsonNode s : v.path("projected").path("sources")) {
        out.add("secrets" + ns + s.path("secret").path("name").asText(""));
        out.add("configmaps" + ns + s.path("configMap").path("name").asText(""));
      }
      if (v.has("ephemeral")) {
        out.add("persistentvolumeclaims" + ns + pod.name() + "-" + v.path("name").asText(""));
      }
    }
    return out;
  }

  private static void volume(JsonNode v, String ns, Set<String> out) {
    out.add("secrets" + ns + v.path("secret").path("secretName").asText(""));
    out.add("configmaps" + ns + v.path("configMap").path("name").asText(""));
    out.add(
        "persistentvolumeclaims"
            + ns
            + v.path("persistentVolumeClaim").path("claimName").asText(""));
    for (JsonNode source : v) {
      String name = source.path("secretRef").path("name").asText("");
      if (!name.isEmpty()) {
        out.add("secrets" + ns + name);
      }
      name = source.path("nodePublishSecretRef").path("name").asText("");
      if (!name.isEmpty()) {
        out.add("secrets" + ns + name);
      }
    }
  }

  @Override
  public Decision decide(Attributes a) {
    UserInfo user = a.user();
    if (!user.in(UserInfo.NODES) || !user.name().startsWith(PREFIX)) {
      return Decision.NO_OPINION;
    }
    String node = user.name().substring(PREFIX.length());
    if (rules.stream().noneMatch(r -> r.allows(a))) {
      return Decision.NO_OPINION;
    }
    if (a.resource().equals("podcertificaterequests")) {
      return request(node, a);
    }
    boolean guarded =
        a.group().isEmpty()
            && switch (a.resource()) {
              case "secrets", "configmaps", "persistentvolumeclaims" -> true;
              case "serviceaccounts" -> true;
              default -> false;
            };
    if (!guarded || used(node, a)) {
      return Decision.allow("");
    }
    return new Decision(
        Verdict.NO_OPINION, "no relationship found between node '" + node + "' and this object");
  }

  /** Which pods a request may be made for is admission's business. */
  private Decision request(String node, Attributes a) {
    return switch (a.verb()) {
      case "create" -> Decision.allow("");
      case "get" ->
          node.equals(requesters.get(new NamespacedName(a.namespace(), a.name())))
              ? Decision.allow("")
              : new Decision(
                  Verdict.NO_OPINION,
                  "no relationship found between node '" + node + "' and this object");
      default ->
          FieldSelector.parse(a.fieldSelector())
                  .requirements()
                  .contains(new FieldSelector.Requirement("spec.nodeName", true, node))
              ? Decision.allow("")
              : new Decision(
                  Verdict.NO_OPINION,
                  "can only list/watch podcertificaterequests with spec.nodeName field selector");
    };
  }

  private boolean used(String node, Attributes a) {
    String key = a.resource() + "/" + a.namespace() + "/" + a.name();
    for (Set<String> of : uses.getOrDefault(node, Map.of()).values()) {
      if (of.contains(key)) {
        return true;
      }
    }
    return false;
  }
}
