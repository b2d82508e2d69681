package dev.coracle.controllers.internal.volume;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.Patch;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import io.smallrye.mutiny.Uni;

/** Holds back the deletion of objects that are in use by a finalizer. */
abstract class ProtectionController extends LoopController {

  private final GroupVersionResource resource;
  private final String finalizer;
  private final Lister protectedObjects;

  ProtectionController(
      String name, Environment env, GroupVersionResource resource, String finalizer) {
    super(name, env);
    this.resource = resource;
    this.finalizer = finalizer;
    Informer informer = env.informer(resource);
    this.protectedObjects = informer.lister();
    loop.follow(informer);
  }

  /** Whoever overrides this enqueues objects of which the last use is over. */
  abstract boolean inUse(KubeObject object);

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
