package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.NamespacedName;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;

/**
 * A kubelet makes no pods but mirrors of its static ones: bound to its node, owned by it, and
 * without references to what it may not see.
 */
final class MirrorPodRestriction {

  static final String MIRROR = "kubernetes.io/config.mirror";
  private static final GroupResource NODES = new GroupResource("", "nodes");

  private final ResourceStore store;

  MirrorPodRestriction(ResourceStore store) {
    this.store = store;
  }

  Uni<Void> admit(AdmissionRequest request, JsonNode pod, String node) {
    String who = "node \"" + node + "\" ";
    if (!pod.path("metadata").path("annotations").has(MIRROR)) {
      throw Refusal.of(
          request,
          "pod does not have \""
              + MIRROR
              + "\" annotation, "
              + who
              + "can only create mirror pods");
    }
    JsonNode spec = pod.path("spec");
    if (!spec.path("nodeName").asText("").equals(node)) {
      throw Refusal.of(request, who + "can only create pods with spec.nodeName set to itself");
    }
    JsonNode owners = pod.path("metadata").path("ownerReferences");
    if (owners.size() > 1) {
      throw Refusal.of(
          request, who + "can only create pods with a single owner reference set to itself");
    }
    JsonNode owner = owners.path(0);
    if (!owner.path("apiVersion").asText("").equals("v1")
        || !owner.path("kind").asText("").equals("Node")
        || !owner.path("name").asText("").equals(node)) {
      throw Refusal.of(request, who + "can only create pods with an owner reference set to itself");
    }
    if (!owner.path("controller").asBoolean(false)) {
      throw Refusal.of(
          request, who + "can only create pods with a controller owner reference set to itself");
    }
    if (owner.path("blockOwnerDeletion").asBoolean(false)) {
      throw Refusal.of(request, who + "must not set blockOwnerDeletion on an owner reference");
    }
    references(request, spec, who);
    return store
        .get(NODES, new NamespacedName("", node))
        .invoke(found -> {
          String uid = owner.path("uid").asText("");
          if (!uid.equals(found.uid())) {
            throw Refusal.of(
                request, "node " + node + " UID mismatch: expected " + uid + " got " + found.uid());
          }
        })
        .replaceWithVoid();
  }

  private static void references(AdmissionRequest request, JsonNode spec, String who) {
    refuse(
        request, who, !spec.path("serviceAccountName").asText("").isEmpty(), "a service account");
    boolean maps = false;
    for (String list : new String[] {"initContainers", "containers", "ephemeralContainers"}) {
      for (JsonNode container : spec.path(list)) {
        for (JsonNode variable : container.path("env")) {
          maps |= variable.path("valueFrom").hasNonNull("configMapKeyRef");
        }
        for (JsonNode source : container.path("envFrom")) {
          maps |= source.hasNonNull("configMapRef");
        }
      }
    }
    boolean bundles = false;
    boolean claims = false;
    for (JsonNode volume : spec.path("volumes")) {
      maps |= volume.hasNonNull("configMap");
      claims |= volume.hasNonNull("persistentVolumeClaim");
      for (JsonNode source : volume.path("projected").path("sources")) {
        maps |= source.hasNonNull("configMap");
        bundles |= source.hasNonNull("clusterTrustBundle");
      }
    }
    refuse(request, who, PodSecrets.any(spec), "secrets");
    refuse(request, who, maps, "configmaps");
    refuse(request, who, bundles, "clustertrustbundles");
    refuse(request, who, claims, "persistentvolumeclaims");
    refuse(request, who, !spec.path("resourceClaims").isEmpty(), "resourceclaims");
  }

  private static void refuse(AdmissionRequest request, String who, boolean refers, String what) {
    if (refers) {
      throw Refusal.of(request, who + "can not create pods that reference " + what);
    }
  }
}
