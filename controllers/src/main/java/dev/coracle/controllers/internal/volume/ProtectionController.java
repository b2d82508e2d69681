package dev.coracle.controllers.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.Patch;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.pods.Pods;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;

/**
 * Holds back the deletion of claims that pods use, and of volumes that are bound, by a finalizer.
 * One class, made once for each.
 */
public final class ProtectionController extends LoopController {

  /** An index of pods by the claims that they name. */
  static final String CLAIMS_IN_USE = "claims-in-use";

  private final GroupVersionResource resource;
  private final String finalizer;
  private final Lister protectedObjects;
  private final Lister pods;

  private ProtectionController(
      String name, Environment env, GroupVersionResource resource, String finalizer) {
    super(name, env);
    this.resource = resource;
    this.finalizer = finalizer;
    Informer informer = env.informer(resource);
    Informer podInformer =
        env.informer(Resources.PODS).addIndex(CLAIMS_IN_USE, ProtectionController::claims);
    this.protectedObjects = informer.lister();
    this.pods = podInformer.lister();
    loop.follow(informer);
    if (resource.equals(Resources.PERSISTENT_VOLUME_CLAIMS)) {
      podInformer.addHandler(
          new Informer.Handler() {
            @Override
            public void updated(KubeObject before, KubeObject now) {
              if (!Pods.isFinished(before) && Pods.isFinished(now)) {
                deleted(now);
              }
            }

            @Override
            public void deleted(KubeObject last) {
              claims(last).forEach(key -> loop.enqueue(NamespacedName.parse(key)));
            }
          });
    }
  }

  public static ProtectionController claims(Environment env) {
    return new ProtectionController(
        "persistentvolumeclaim-protection-controller",
        env,
        Resources.PERSISTENT_VOLUME_CLAIMS,
        "kubernetes.io/pvc-protection");
  }

  public static ProtectionController volumes(Environment env) {
    return new ProtectionController(
        "persistentvolume-protection-controller",
        env,
        Resources.PERSISTENT_VOLUMES,
        "kubernetes.io/pv-protection");
  }

  /** {@code namespace/name} of each. */
  static List<String> claims(KubeObject pod) {
    List<String> out = new ArrayList<>();
    for (JsonNode volume : pod.at("spec", "volumes")) {
      String name = volume.path("persistentVolumeClaim").path("claimName").asText("");
      if (volume.has("ephemeral")) {
        name = pod.name() + "-" + volume.path("name").asText();
      }
      if (!name.isEmpty()) {
        out.add(pod.namespace() + "/" + name);
      }
    }
    return out;
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject object = protectedObjects.get(name.namespace(), name.name()).orElse(null);
    if (object == null) {
      return DONE;
    }
    boolean has = object.finalizers().contains(finalizer);
    if (object.isDeleting() == has && (!has || !inUse(object))) {
      return has ? patch(object, false) : patch(object, true);
    }
    return DONE;
  }

  private boolean inUse(KubeObject object) {
    if (resource.equals(Resources.PERSISTENT_VOLUMES)) {
      return object.text("status", "phase").equals("Bound");
    }
    return pods.byIndex(CLAIMS_IN_USE, object.key().toString()).stream()
        .anyMatch(pod -> !Pods.isFinished(pod));
  }

  private Uni<Result> patch(KubeObject object, boolean add) {
    Patch patch =
        Patch.merge(node -> {
          ObjectNode metadata = node.putObject("metadata");
          metadata.put("resourceVersion", object.resourceVersion());
          ArrayNode finalizers = metadata.putArray("finalizers");
          object.finalizers().stream().filter(f -> !f.equals(finalizer)).forEach(finalizers::add);
          if (add) {
            finalizers.add(finalizer);
          }
        });
    return env.client()
        .patch(resource, object.namespace(), object.name(), patch)
        .replaceWith(Result.DONE)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
  }
}
