package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.authz.Attributes;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;

/**
 * A kubelet asks for tokens only of pods that run on its node, bound to them, and for whom the pod
 * itself has them made: by a projected volume, or for a CSI driver (KEP-4412). Other audiences need
 * the permission {@code request-serviceaccounts-token-audience}. Reads the store itself, so that
 * what was bound a moment ago is known.
 */
final class NodeTokenRestriction {

  private static final GroupResource PODS = new GroupResource("", "pods");
  private static final GroupResource CLAIMS = new GroupResource("", "persistentvolumeclaims");
  private static final GroupResource VOLUMES = new GroupResource("", "persistentvolumes");
  private static final GroupResource DRIVERS = new GroupResource("storage.k8s.io", "csidrivers");

  private final ResourceStore store;
  private final Authorizer authorizer;

  NodeTokenRestriction(ResourceStore store, Authorizer authorizer) {
    this.store = store;
    this.authorizer = authorizer;
  }

  Uni<Void> admit(AdmissionRequest request, JsonNode token, String node) {
    JsonNode bound = token.path("spec").path("boundObjectRef");
    if (!bound.path("apiVersion").asText("").equals("v1")
        || !bound.path("kind").asText("").equals("Pod")
        || bound.path("name").asText("").isEmpty()) {
      throw Refusal.of(request, "node requested token not bound to a pod");
    }
    String uid = bound.path("uid").asText("");
    if (uid.isEmpty()) {
      throw Refusal.of(request, "node requested token with a pod binding without a uid");
    }
    String namespace = request.call().namespace();
    return store
        .get(PODS, new NamespacedName(namespace, bound.path("name").asText("")))
        .chain(pod -> {
          if (!uid.equals(pod.uid())) {
            throw Refusal.of(
                request,
                "the UID in the bound object reference ("
                    + uid
                    + ") does not match the UID in record. The object might have been deleted and"
                    + " then recreated");
          }
          if (!pod.text("spec", "nodeName").equals(node)) {
            throw Refusal.of(
                request, "node requested token bound to a pod scheduled on a different node");
          }
          return audience(request, token.path("spec").path("audiences"), pod);
        });
  }

  private Uni<Void> audience(AdmissionRequest request, JsonNode audiences, KubeObject pod) {
    if (audiences.size() > 1) {
      throw Refusal.of(request, "node may only request 0 or 1 audiences");
    }
    String audience = audiences.path(0).asText("");
    return isNamed(pod, audience)
        .chain(named -> named ? Backstage.DONE : permitted(request, audience));
  }

  private Uni<Void> permitted(AdmissionRequest request, String audience) {
    return authorizer
        .ask(
            Attributes.resource(
                    request.call().user(),
                    "request-serviceaccounts-token-audience",
                    "",
                    audience,
                    "",
                    request.call().namespace(),
                    request.call().name())
                .ofVersion("v1"))
        .invoke(decision -> {
          if (!decision.allowed()) {
            throw Refusal.of(request, "audience \"" + audience + "\" not found in pod spec volume");
          }
        })
        .replaceWithVoid();
  }

  /** Whether a volume of the pod has tokens made for these. */
  private Uni<Boolean> isNamed(KubeObject pod, String audience) {
    Uni<Boolean> found = Uni.createFrom().item(false);
    for (JsonNode volume : pod.at("spec", "volumes")) {
      for (JsonNode source : volume.path("projected").path("sources")) {
        JsonNode token = source.path("serviceAccountToken");
        if (token.isObject() && token.path("audience").asText("").equals(audience)) {
          return Uni.createFrom().item(true);
        }
      }
      Uni<String> driver = driver(pod, volume);
      found =
          found.chain(known ->
              known ? Uni.createFrom().item(true) : driver.chain(name -> asksFor(name, audience)));
    }
    return found;
  }

  /** The name of the CSI driver that provides the volume, or empty. */
  private Uni<String> driver(KubeObject pod, JsonNode volume) {
    String claim =
        volume.hasNonNull("ephemeral")
            ? pod.name() + "-" + volume.path("name").asText("")
            : volume.path("persistentVolumeClaim").path("claimName").asText("");
    if (claim.isEmpty()) {
      return Uni.createFrom().item(volume.path("csi").path("driver").asText(""));
    }
    return store
        .get(CLAIMS, new NamespacedName(pod.namespace(), claim))
        .chain(
            found -> store.get(VOLUMES, new NamespacedName("", found.text("spec", "volumeName"))))
        .map(found -> found.text("spec", "csi", "driver"))
        .onFailure(StatusException::isNotFound)
        .recoverWithItem("");
  }

  private Uni<Boolean> asksFor(String driver, String audience) {
    if (driver.isEmpty()) {
      return Uni.createFrom().item(false);
    }
    return store
        .get(DRIVERS, new NamespacedName("", driver))
        .map(found -> {
          for (JsonNode asked : found.at("spec", "tokenRequests")) {
            if (asked.path("audience").asText("").equals(audience)) {
              return true;
            }
          }
          return false;
        })
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(false);
  }
}
