package dev.coracle.controllers.internal.resourceclaim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.pods.Pods;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Makes the ResourceClaims that pods want by template, tells the pods which these are, and takes
 * back what finished pods had reserved: a claim without consumers loses its allocation, and one
 * that was made for a pod that has ended goes (KEP-4381). Names are those of pods and of claims; a
 * pod's is told apart by a prefix that no claim can have.
 */
public final class ResourceClaimController extends LoopController {

  static final String FINALIZER = "resource.kubernetes.io/delete-protection";
  static final String POD_CLAIM = "resource.kubernetes.io/pod-claim-name";
  private static final String POD = "pod:";

  private final Lister pods;
  private final Lister claims;
  private final Lister templates;

  public ResourceClaimController(Environment env) {
    super("resourceclaim-controller", "resource_claim", env);
    Informer podInformer = env.informer(Resources.PODS);
    Informer claimInformer =
        env.informer(Resources.RESOURCE_CLAIMS).addIndex(Informer.BY_CONTROLLER_UID);
    Informer templateInformer = env.informer(Resources.RESOURCE_CLAIM_TEMPLATES);
    this.pods = podInformer.lister();
    this.claims = claimInformer.lister();
    this.templates = templateInformer.lister();
    onAny(podInformer, this::podChanged);
    onAny(
        claimInformer,
        claim -> {
          loop.enqueue(claim);
          claim
              .controllerOwner()
              .filter(o -> o.kind().equals("Pod"))
              .ifPresent(o -> enqueue(claim.namespace(), POD + o.name()));
        });
    onAny(
        templateInformer,
        template ->
            pods.list(template.namespace()).stream()
                .filter(p -> !p.at("spec", "resourceClaims").isEmpty())
                .forEach(p -> enqueue(p.namespace(), POD + p.name())));
  }

  private void podChanged(KubeObject pod) {
    // The scheduler makes it for extended resources (KEP-5004).
    String extended = pod.text("status", "extendedResourceClaimStatus", "resourceClaimName");
    if (!extended.isEmpty()) {
      enqueue(pod.namespace(), extended);
    }
    if (pod.at("spec", "resourceClaims").isEmpty()) {
      return;
    }
    enqueue(pod.namespace(), POD + pod.name());
    for (JsonNode entry : pod.at("spec", "resourceClaims")) {
      String name = entry.path("resourceClaimName").asText("");
      if (!name.isEmpty()) {
        enqueue(pod.namespace(), name);
      }
    }
    for (JsonNode status : pod.at("status", "resourceClaimStatuses")) {
      enqueue(pod.namespace(), status.path("resourceClaimName").asText(""));
    }
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    Uni<?> work =
        name.name().startsWith(POD)
            ? pods.get(name.namespace(), name.name().substring(POD.length()))
                .map(this::pod)
                .orElseGet(() -> Uni.createFrom().voidItem())
            : claims
                .get(name.namespace(), name.name())
                .map(this::claim)
                .orElseGet(() -> Uni.createFrom().voidItem());
    return work.replaceWith(Result.DONE)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
  }

  // Pods.

  private Uni<?> pod(KubeObject pod) {
    if (pod.isDeleting() || Pods.isFinished(pod)) {
      return Uni.createFrom().voidItem();
    }
    List<Uni<KubeObject>> made = new ArrayList<>();
    for (JsonNode entry : pod.at("spec", "resourceClaims")) {
      if (entry.hasNonNull("resourceClaimTemplateName")) {
        String name = entry.path("name").asText("");
        Optional<KubeObject> known = claimOf(pod, name);
        if (known.isPresent()) {
          made.add(Uni.createFrom().item(known.get()));
          continue;
        }
        KubeObject template =
            templates
                .get(pod.namespace(), entry.path("resourceClaimTemplateName").asText(""))
                .orElse(null);
        if (template == null) {
          events.warning(
              pod,
              "FailedResourceClaimCreation",
              "PodResourceClaim "
                  + name
                  + ": resource claim template \""
                  + entry.path("resourceClaimTemplateName").asText("")
                  + "\": not found");
          return Uni.createFrom().voidItem();
        }
        made.add(create(pod, name, template));
      }
    }
    return made.isEmpty()
        ? Uni.createFrom().voidItem()
        : Uni.join().all(made).andCollectFailures().chain(all -> tell(pod, all));
  }

  private Optional<KubeObject> claimOf(KubeObject pod, String podClaim) {
    return claims.byIndex(Informer.BY_CONTROLLER_UID, pod.uid()).stream()
        .filter(c -> c.annotation(POD_CLAIM).orElse("").equals(podClaim))
        .findFirst();
  }

  private Uni<KubeObject> create(KubeObject pod, String podClaim, KubeObject template) {
    KubeObject claim =
        KubeObject.create(
            new GroupVersionKind("resource.k8s.io", "v1", "ResourceClaim"),
            pod.namespace(),
            "",
            tree -> {
              ObjectNode metadata = tree.withObjectProperty("metadata");
              metadata.remove("name");
              metadata.put("generateName", pod.name() + "-" + podClaim + "-");
              JsonNode wanted = template.at("spec", "metadata");
              if (wanted.has("labels")) {
                metadata.set("labels", wanted.path("labels").deepCopy());
              }
              ObjectNode annotations = metadata.putObject("annotations");
              wanted
                  .path("annotations")
                  .properties()
                  .forEach(e -> annotations.set(e.getKey(), e.getValue()));
              annotations.put(POD_CLAIM, podClaim);
              metadata
                  .putArray("ownerReferences")
                  .addObject()
                  .put("apiVersion", "v1")
                  .put("kind", "Pod")
                  .put("name", pod.name())
                  .put("uid", pod.uid())
                  .put("controller", true)
                  .put("blockOwnerDeletion", true);
              tree.set("spec", template.at("spec", "spec").deepCopy());
            });
    return env.client()
        .create(Resources.RESOURCE_CLAIMS, claim)
        .onFailure()
        .invoke(e ->
            events.warning(
                pod,
                "FailedResourceClaimCreation",
                "PodResourceClaim " + podClaim + ": failed to create: " + e.getMessage()));
  }

  private Uni<?> tell(KubeObject pod, List<KubeObject> made) {
    ArrayNode statuses = Json.array();
    for (KubeObject claim : made) {
      statuses
          .addObject()
          .put("name", claim.annotation(POD_CLAIM).orElse(""))
          .put("resourceClaimName", claim.name());
    }
    if (statuses.equals(pod.at("status", "resourceClaimStatuses"))) {
      return Uni.createFrom().voidItem();
    }
    return env.client()
        .patch(
            Resources.PODS,
            pod.namespace(),
            pod.name(),
            Patch.merge(n -> {
              n.putObject("metadata").put("uid", pod.uid());
              n.putObject("status").set("resourceClaimStatuses", statuses);
            }),
            "status",
            WriteOptions.NONE);
  }

  // Claims.

  private Uni<?> claim(KubeObject claim) {
    JsonNode consumers = claim.at("status", "reservedFor");
    ArrayNode left = Json.array();
    for (JsonNode consumer : consumers) {
      if (!consumer.path("resource").asText("").equals("pods") || isAlive(claim, consumer)) {
        left.add(consumer);
      }
    }
    boolean allocated = claim.at("status", "allocation").isObject();
    boolean free = left.isEmpty() && (!consumers.isEmpty() || claim.isDeleting());
    if (left.size() != consumers.size() || (free && allocated)) {
      return env.client()
          .updateStatus(
              Resources.RESOURCE_CLAIMS,
              claim.with(n -> {
                ObjectNode status = n.withObjectProperty("status");
                if (left.isEmpty()) {
                  status.remove("reservedFor");
                  status.remove("allocation");
                  status.remove("devices");
                } else {
                  status.set("reservedFor", left);
                }
              }))
          .chain(now -> left.isEmpty() ? unprotect(now) : Uni.createFrom().item(now));
    }
    if (!allocated && claim.isDeleting()) {
      return unprotect(claim);
    }
    return left.isEmpty() ? deleteOfEndedPod(claim) : Uni.createFrom().voidItem();
  }

  /** Not before: the scheduler protects a claim and then allocates it. */
  private Uni<KubeObject> unprotect(KubeObject claim) {
    return claim.finalizers().contains(FINALIZER)
        ? env.client()
            .update(
                Resources.RESOURCE_CLAIMS,
                claim.with(n -> {
                  ArrayNode finalizers = n.withObjectProperty("metadata").putArray("finalizers");
                  claim.finalizers().stream()
                      .filter(f -> !f.equals(FINALIZER))
                      .forEach(finalizers::add);
                }))
        : Uni.createFrom().item(claim);
  }

  private boolean isAlive(KubeObject claim, JsonNode consumer) {
    return pods.get(claim.namespace(), consumer.path("name").asText(""))
        .filter(p -> p.uid().equals(consumer.path("uid").asText("")))
        .filter(p -> !Pods.isFinished(p))
        .isPresent();
  }

  /** The garbage collector takes those of pods that are gone. */
  private Uni<?> deleteOfEndedPod(KubeObject claim) {
    boolean ended =
        claim
            .controllerOwner()
            .filter(o -> o.kind().equals("Pod"))
            .flatMap(
                o -> pods.get(claim.namespace(), o.name()).filter(p -> p.uid().equals(o.uid())))
            .filter(Pods::isFinished)
            .isPresent();
    return ended && !claim.isDeleting()
        ? env.client()
            .delete(
                Resources.RESOURCE_CLAIMS,
                claim.namespace(),
                claim.name(),
                DeleteOptions.DEFAULT.ifUid(claim.uid()))
        : Uni.createFrom().voidItem();
  }
}
