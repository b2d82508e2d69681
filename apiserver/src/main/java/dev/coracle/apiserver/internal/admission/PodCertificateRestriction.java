package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;

/**
 * A kubelet asks for certificates only for pods that run on its node now, and names pod, service
 * account and node as they are (KEP-4317). Reads the store itself, so that what was bound a moment
 * ago is known.
 */
final class PodCertificateRestriction {

  private static final GroupResource PODS = new GroupResource("", "pods");
  private static final GroupResource NODES = new GroupResource("", "nodes");
  private static final GroupResource ACCOUNTS = new GroupResource("", "serviceaccounts");

  private final ResourceStore store;

  PodCertificateRestriction(ResourceStore store) {
    this.store = store;
  }

  Uni<Void> admit(AdmissionRequest request, String node) {
    ObjectNode object = request.object();
    if (request.operation() != Operation.CREATE || object == null) {
      throw Refusal.of(request, "unexpected operation");
    }
    if (!request.call().subresource().isEmpty()) {
      throw Refusal.of(request, "unexpected subresource " + request.call().subresource());
    }
    JsonNode spec = object.path("spec");
    String named = spec.path("nodeName").asText("");
    if (!named.equals(node)) {
      throw Refusal.of(
          request,
          "PodCertificateRequest.Spec.NodeName=\""
              + named
              + "\", which is not the requesting node \""
              + node
              + "\"");
    }
    String namespace = request.call().namespace();
    String pod = spec.path("podName").asText("");
    String account = spec.path("serviceAccountName").asText("");
    return find(request, NODES, "", node, "node")
        .invoke(found -> same(request, spec, "nodeUID", found, "node"))
        .chain(_ -> find(request, PODS, namespace, pod, "pod"))
        .invoke(found -> pod(request, spec, found))
        .chain(_ -> find(request, ACCOUNTS, namespace, account, "service account"))
        .invoke(found -> same(request, spec, "serviceAccountUID", found, "service account"))
        .replaceWithVoid();
  }

  private Uni<KubeObject> find(
      AdmissionRequest request,
      GroupResource resource,
      String namespace,
      String name,
      String what) {
    return store
        .get(resource, new NamespacedName(namespace, name))
        .onFailure(StatusException::isNotFound)
        .transform(e ->
            Refusal.of(
                request,
                "while retrieving "
                    + what
                    + " named in the PodCertificateRequest: "
                    + e.getMessage()));
  }

  private static void pod(AdmissionRequest request, JsonNode spec, KubeObject pod) {
    same(request, spec, "podUID", pod, "pod");
    String what = "pod \"" + pod.key() + "\" ";
    if (!pod.text("spec", "nodeName").equals(spec.path("nodeName").asText(""))) {
      throw Refusal.of(
          request, what + "is not running on the node named in the PodCertificateRequest");
    }
    if (pod.annotation("kubernetes.io/config.mirror").isPresent()) {
      throw Refusal.of(request, what + "is a mirror pod");
    }
    String account = pod.text("spec", "serviceAccountName");
    if (!account.equals(spec.path("serviceAccountName").asText(""))) {
      throw Refusal.of(
          request,
          "PodCertificateRequest contains serviceAccountName (\""
              + spec.path("serviceAccountName").asText("")
              + "\") that differs from running pod (\""
              + account
              + "\")");
    }
  }

  private static void same(
      AdmissionRequest request, JsonNode spec, String field, KubeObject found, String what) {
    String uid = spec.path(field).asText("");
    if (!uid.equals(found.uid())) {
      throw Refusal.of(
          request,
          "PodCertificateRequest names "
              + what
              + " UID \""
              + uid
              + "\", inconsistent with the running "
              + what
              + " (\""
              + found.uid()
              + "\")");
    }
  }
}
