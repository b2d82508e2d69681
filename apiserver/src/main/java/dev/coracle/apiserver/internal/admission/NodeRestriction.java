package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LocalVolumes;
import dev.coracle.api.certificates.CertificateRequest;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/**
 * A kubelet changes only its own Node, Lease and CSINode, and the Pods bound to it, and asks for
 * certificates only for those.
 */
final class NodeRestriction implements AdmissionPlugin {

  private static final String PREFIX = "system:node:";

  private static final GroupResource PODS = new GroupResource("", "pods");
  private static final List<String> CLIENT_SIGNERS =
      List.of("kubernetes.io/kubelet-serving", "kubernetes.io/kube-apiserver-client-kubelet");

  private final ResourceStore store;
  private final PodCertificateRestriction podCertificates;
  private final MirrorPodRestriction mirrors;
  private final NodeTokenRestriction tokens;

  NodeRestriction(ResourceStore store, Authorizer authorizer) {
    this.store = store;
    this.podCertificates = new PodCertificateRestriction(store);
    this.mirrors = new MirrorPodRestriction(store);
    this.tokens = new NodeTokenRestriction(store, authorizer);
  }

  @Override
  public String name() {
    return "NodeRestriction";
  }

  @Override
  public Uni<Void> admit(AdmissionRequest request) {
    UserInfo user = request.call().user();
    if (!user.in(UserInfo.NODES)
        || !user.name().startsWith(PREFIX)
        || request.operation() == Operation.CONNECT) {
      return Backstage.DONE;
    }
    String node = user.name().substring(PREFIX.length());
    ObjectNode object = request.object();
    boolean creates = request.operation() == Operation.CREATE && object != null;
    switch (request.resource().toString()) {
      case "pods" -> {
        return pod(request, node);
      }
      case "nodes" -> NodeObjectRestriction.admit(request, node);
      case "persistentvolumeclaims" -> claim(request, node);
      case "serviceaccounts" -> {
        if (creates && object != null && request.call().subresource().equals("token")) {
          return tokens.admit(request, object, node);
        }
      }
      case "resourceslices.resource.k8s.io" -> slice(request, node);
      case "certificatesigningrequests.certificates.k8s.io" -> {
        if (creates && object != null) {
          signing(request, object.path("spec"), node);
        }
      }
      case "leases.coordination.k8s.io" -> {
        if (!request.call().namespace().equals("kube-node-lease")
            || !request.objectName().equals(node)) {
          throw Refusal.of(
              request, "can only access node lease with the same name as the requesting node");
        }
      }
      case "persistentvolumes" -> volume(request, node);
      case "csinodes.storage.k8s.io" -> {
        if (!request.objectName().equals(node)) {
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

  private Uni<Void> pod(AdmissionRequest request, String node) {
    KubeObject before = request.before();
    ObjectNode now = request.object();
    String who = "node \"" + node + "\" ";
    switch (request.call().subresource()) {
      case "" -> {
        switch (request.operation()) {
          case CREATE -> {
            return now == null ? Backstage.DONE : mirrors.admit(request, now, node);
          }
          case DELETE -> {
            if (before != null && !before.text("spec", "nodeName").equals(node)) {
              throw Refusal.of(
                  request, who + "can only delete pods with spec.nodeName set to itself");
            }
          }
          case UPDATE, CONNECT ->
              throw Refusal.of(
                  request,
                  "unexpected operation \""
                      + request.operation()
                      + "\", "
                      + who
                      + "can only create and delete mirror pods");
        }
      }
      case "status" -> status(request, who, node);
      case "eviction" -> {
        return store
            .get(PODS, request.call().key())
            .invoke(pod -> {
              if (!pod.text("spec", "nodeName").equals(node)) {
                throw Refusal.of(
                    request,
                    "node " + node + " can only evict pods with spec.nodeName set to itself");
              }
            })
            .replaceWithVoid();
      }
      default ->
          throw Refusal.of(
              request,
              "unexpected pod subresource \""
                  + request.call().subresource()
                  + "\", only 'status' and 'eviction' are allowed");
    }
    return Backstage.DONE;
  }

  private static void status(AdmissionRequest request, String who, String node) {
    KubeObject before = request.before();
    ObjectNode now = request.object();
    if (before == null || now == null) {
      return;
    }
    if (!before.text("spec", "nodeName").equals(node)) {
      throw Refusal.of(
          request, who + "can only update pod status for pods with spec.nodeName set to itself");
    }
    if (!KubeObject.strings(now.path("metadata").path("labels")).equals(before.labels())) {
      throw Refusal.of(request, who + "cannot update labels through pod status");
    }
    if (!equal(now, before, "resourceClaimStatuses")) {
      throw Refusal.of(request, who + "cannot update resource claim statues");
    }
    if (!equal(now, before, "extendedResourceClaimStatus")) {
      throw Refusal.of(request, who + "cannot update extended resource claim status");
    }
  }

  private static boolean equal(JsonNode now, KubeObject before, String field) {
    JsonNode a = now.path("status").path(field);
    JsonNode b = before.at("status", field);
    return a.equals(b) || (a.isEmpty() && b.isEmpty());
  }

  /** What a kubelet says of a claim is how far its volume has grown. */
  private static void claim(AdmissionRequest request, String node) {
    KubeObject before = request.before();
    ObjectNode now = request.object();
    if (!request.call().subresource().equals("status")) {
      throw Refusal.of(request, "may only update PVC status");
    }
    if (before == null || now == null || request.operation() != Operation.UPDATE) {
      throw Refusal.of(request, "unexpected operation \"" + request.operation() + "\"");
    }
    ObjectNode old = before.edit();
    ObjectNode changed = now.deepCopy();
    for (ObjectNode claim : List.of(old, changed)) {
      claim
          .withObjectProperty("metadata")
          .remove(List.of("resourceVersion", "managedFields", "generation"));
      claim
          .withObjectProperty("status")
          .remove(
              List.of("capacity", "conditions", "allocatedResources", "allocatedResourceStatuses"));
    }
    if (!old.equals(changed)) {
      throw Refusal.of(
          request,
          "node \""
              + node
              + "\" is not allowed to update fields other than status.quantity and"
              + " status.conditions");
    }
  }

  private static void slice(AdmissionRequest request, String node) {
    KubeObject before = request.before();
    JsonNode slice =
        switch (request.operation()) {
          case CREATE -> request.object();
          case DELETE -> before == null ? null : before.tree();
          case UPDATE, CONNECT -> null;
        };
    if (slice != null && !slice.path("spec").path("nodeName").asText("").equals(node)) {
      throw Refusal.of(
          request,
          "can only "
              + request.operation().name().toLowerCase(Locale.ROOT)
              + " ResourceSlice with the same NodeName as the requesting node");
    }
  }

  private static void signing(AdmissionRequest request, JsonNode spec, String node) {
    if (!CLIENT_SIGNERS.contains(spec.path("signerName").asText(""))) {
      return;
    }
    String wanted = PREFIX + node;
    String name;
    try {
      name =
          CertificateRequest.parsePem(Base64.getDecoder().decode(spec.path("request").asText("")))
              .commonName();
    } catch (IllegalArgumentException e) {
      throw Refusal.of(request, "unable to parse csr: " + e.getMessage());
    }
    if (!name.equals(wanted)) {
      throw Refusal.of(request, "can only create a node CSR with CN=" + wanted);
    }
  }
}
