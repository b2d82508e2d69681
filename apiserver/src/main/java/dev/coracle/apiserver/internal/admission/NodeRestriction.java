package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LocalVolumes;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A kubelet changes only its own Node, Lease and CSINode, and the Pods bound to it, and asks for
 * certificates only for those.
 */
final class NodeRestriction implements AdmissionPlugin {

  private static final String PREFIX = "system:node:";
  private static final String RESTRICTED = "node-restriction.kubernetes.io/";

  private final PodCertificateRestriction podCertificates;

  NodeRestriction(ResourceStore store) {
    this.podCertificates = new PodCertificateRestriction(store);
  }

  @Override
  public String name() {
    return "NodeRestriction";
  }

  @Override
  public Uni<Void> admit(AdmissionRequest request) {
    UserInfo user = request.call().user();
    if (!user.in(UserInfo.NODES) || !user.name().startsWith(PREFIX)) {
      return Backstage.DONE;
    }
    String node = user.name().substring(PREFIX.length());
    switch (request.resource().toString()) {
      case "pods" -> pod(request, node);
      case "nodes" -> node(request, node);
      case "leases.coordination.k8s.io" -> {
        if (!request.call().namespace().equals("kube-node-lease")
            || !Refusal.name(request).equals(node)) {
          throw Refusal.of(
              request, "can only access node lease with the same name as the requesting node");
        }
      }
      case "persistentvolumes" -> volume(request, node);
      case "csinodes.storage.k8s.io" -> {
        if (!Refusal.name(request).equals(node)) {
          throw Refusal.of(
              request, "can only access CSINode with the same name as the requesting node");
        }
      }
      case "podcertificaterequests.certificates.k8s.io" -> {
        return podCertificates.admit(request, node);
      }
      default -> {}
    }
    return Backstage.DONE;
  }

  /** A node may let a volume go whose files it has removed (ADR 0120), and nothing else. */
  private static void volume(AdmissionRequest request, String node) {
    KubeObject before = request.before();
    ObjectNode now = request.object();
    if (before == null || now == null || request.operation() != Operation.UPDATE) {
      throw Refusal.of(request, "node \"" + node + "\" can only release its own local volumes");
    }
    List<String> left = new ArrayList<>(before.finalizers());
    left.remove(LocalVolumes.FINALIZER);
    if (!LocalVolumes.is(before)
        || !before.isDeleting()
        || !before.annotation(LocalVolumes.NODE).orElse("").equals(node)
        || !KubeObject.of(now).finalizers().equals(left)
        || !same(before.tree(), now)) {
      throw Refusal.of(request, "node \"" + node + "\" can only release its own local volumes");
    }
  }

  private static boolean same(JsonNode wanted, ObjectNode now) {
    for (String part : new String[] {"spec", "status"}) {
      if (!wanted.path(part).equals(now.path(part))) {
        return false;
      }
    }
    for (String part : new String[] {"labels", "annotations", "ownerReferences"}) {
      if (!wanted.path("metadata").path(part).equals(now.path("metadata").path(part))) {
        return false;
      }
    }
    return true;
  }

  private static void pod(AdmissionRequest request, String node) {
    KubeObject before = request.before();
    ObjectNode now = request.object();
    if (request.operation() == Operation.CREATE && now != null) {
      boolean mirror = now.path("metadata").path("annotations").has("kubernetes.io/config.mirror");
      if (request.call().subresource().isEmpty() && !mirror) {
        throw Refusal.of(request, "node \"" + node + "\" can only create mirror pods");
      }
      if (mirror && !now.path("spec").path("nodeName").asText("").equals(node)) {
        throw Refusal.of(
            request, "node \"" + node + "\" can only create pods with spec.nodeName set to itself");
      }
    } else if (before != null && !before.text("spec", "nodeName").equals(node)) {
      throw Refusal.of(
          request,
          "node \""
              + node
              + "\" can only "
              + (request.operation() == Operation.DELETE ? "delete" : "update status for")
              + " pods with spec.nodeName set to itself");
    }
  }

  private static void node(AdmissionRequest request, String node) {
    if (!Refusal.name(request).equals(node)) {
      throw Refusal.of(
          request,
          "node \"" + node + "\" is not allowed to modify node \"" + Refusal.name(request) + "\"");
    }
    if (request.operation() == Operation.DELETE) {
      throw Refusal.of(
          request, "node \"" + node + "\" is not allowed to delete node \"" + node + "\"");
    }
    ObjectNode now = request.object();
    if (now == null) {
      return;
    }
    Map<String, String> before = new HashMap<>();
    KubeObject old = request.before();
    if (old != null) {
      before.putAll(old.labels());
    }
    KubeObject.strings(now.path("metadata").path("labels"))
        .forEach((key, value) -> {
          if (key.startsWith(RESTRICTED) && !value.equals(before.get(key))) {
            throw Refusal.of(request, "is not allowed to modify labels: " + key);
          }
        });
    if (old != null
        && request.call().subresource().isEmpty()
        && !now.path("spec").path("taints").equals(old.at("spec", "taints"))) {
      throw Refusal.of(request, "node \"" + node + "\" is not allowed to modify taints");
    }
  }
}
