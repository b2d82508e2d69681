package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A kubelet changes its own Node alone, and neither its taints nor the labels by which pods are
 * kept to certain nodes: those of {@code node-restriction.kubernetes.io}, and whatever Kubernetes
 * has not given to kubelets.
 */
final class NodeObjectRestriction {

  private static final String RESTRICTED = "node-restriction.kubernetes.io";

  /** What kubelets may say of themselves, besides what is under {@link #OF_KUBELETS}. */
  private static final Set<String> KNOWN =
      Set.of(
          "kubernetes.io/hostname",
          "topology.kubernetes.io/zone",
          "topology.kubernetes.io/region",
          "failure-domain.beta.kubernetes.io/zone",
          "failure-domain.beta.kubernetes.io/region",
          "node.kubernetes.io/instance-type",
          "beta.kubernetes.io/instance-type",
          "kubernetes.io/os",
          "kubernetes.io/arch",
          "beta.kubernetes.io/os",
          "beta.kubernetes.io/arch");

  private static final Set<String> OF_KUBELETS =
      Set.of("kubelet.kubernetes.io", "node.kubernetes.io");

  private NodeObjectRestriction() {}

  static void admit(AdmissionRequest request, String node) {
    String named = request.objectName();
    if (!named.equals(node)) {
      throw Refusal.of(
          request, "node \"" + node + "\" is not allowed to modify node \"" + named + "\"");
    }
    if (request.operation() == Operation.DELETE) {
      throw Refusal.of(
          request, "node \"" + node + "\" is not allowed to delete node \"" + node + "\"");
    }
    ObjectNode now = request.object();
    KubeObject before = request.before();
    if (now == null) {
      return;
    }
    if (before != null && request.call().subresource().isEmpty() && taintsDiffer(now, before)) {
      throw Refusal.of(request, "node \"" + node + "\" is not allowed to modify taints");
    }
    Set<String> forbidden =
        forbidden(
            KubeObject.strings(now.path("metadata").path("labels")),
            before == null ? Map.of() : before.labels());
    if (!forbidden.isEmpty()) {
      throw Refusal.of(
          request,
          (before == null
                  ? "node \"" + node + "\" is not allowed to set the following labels: "
                  : "is not allowed to modify labels: ")
              + String.join(", ", forbidden));
    }
  }

  private static boolean taintsDiffer(ObjectNode now, KubeObject before) {
    JsonNode a = now.path("spec").path("taints");
    JsonNode b = before.at("spec", "taints");
    return !a.equals(b) && !(a.isEmpty() && b.isEmpty());
  }

  private static Set<String> forbidden(Map<String, String> now, Map<String, String> before) {
    Set<String> out = new TreeSet<>();
    for (Map<String, String> labels : List.of(now, before)) {
      for (String key : labels.keySet()) {
        String value = now.get(key);
        if ((value == null || !value.equals(before.get(key))) && isForbidden(key)) {
          out.add(key);
        }
      }
    }
    return out;
  }

  private static boolean isForbidden(String key) {
    String namespace = key.substring(0, Math.max(0, key.indexOf('/')));
    if (isWithin(namespace, RESTRICTED)) {
      return true;
    }
    boolean ofKubernetes = isWithin(namespace, "kubernetes.io") || isWithin(namespace, "k8s.io");
    return ofKubernetes
        && !KNOWN.contains(key)
        && OF_KUBELETS.stream().noneMatch(own -> isWithin(namespace, own));
  }

  private static boolean isWithin(String namespace, String domain) {
    return namespace.equals(domain) || namespace.endsWith("." + domain);
  }
}
