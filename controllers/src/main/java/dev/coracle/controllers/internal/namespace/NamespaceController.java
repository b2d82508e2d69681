package dev.coracle.controllers.internal.namespace;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Concurrent;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.ResourceCatalog;
import dev.coracle.controllers.internal.ResourceCatalog.Entry;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Empties a namespace that is being deleted, pods first, and lets it go when nothing is left. It is
 * woken by the disappearance of whatever remained, so nothing polls; a slow second look covers
 * resources that cannot be watched, and those of other API servers. While one of these cannot tell
 * what it has, the namespace stays.
 */
public final class NamespaceController extends LoopController {

  private static final Duration SECOND_LOOK = Duration.ofSeconds(5);
  private static final int RESOURCES_AT_ONCE = 4;
  private static final String FINALIZER = "kubernetes";

  private final Lister namespaces;
  private final ResourceCatalog catalog;

  public NamespaceController(Environment env, ResourceCatalog catalog) {
    super("namespace-controller", env);
    this.catalog = catalog;
    Informer informer = env.informer(Resources.NAMESPACES);
    this.namespaces = informer.lister();
    loop.follow(informer);
    catalog.collectable().forEach(this::follow);
    catalog.addListener(
        new ResourceCatalog.Listener() {
          @Override
          public void appeared(Entry entry) {
            follow(entry);
          }

          @Override
          public void disappeared(Entry entry) {}
        });
  }

  private void follow(Entry entry) {
    if (!entry.namespaced() || !entry.isCollectable()) {
      return;
    }
    env.informer(entry.resource())
        .addHandler(
            new Informer.Handler() {
              @Override
              public void deleted(KubeObject last) {
                if (namespaces
                    .get("", last.namespace())
                    .filter(KubeObject::isDeleting)
                    .isPresent()) {
                  enqueue("", last.namespace());
                }
              }
            });
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject namespace = namespaces.get("", name.name()).orElse(null);
    if (namespace == null || !namespace.isDeleting() || !holds(namespace)) {
      return DONE;
    }
    Remains remains = new Remains();
    return AggregatedResources.discover(env.client())
        .chain(found ->
            empty(namespace.name(), found, remains)
                .onItemOrFailure()
                .transformToUni((_, failure) -> {
                  if (failure != null) {
                    return report(namespace, remains)
                        .chain(() -> Uni.createFrom().failure(failure));
                  }
                  return remains.isEmpty() ? finish(namespace) : report(namespace, remains);
                }))
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
  }

  private Uni<Void> empty(String namespace, AggregatedResources.Found others, Remains remains) {
    if (!others.failures().isEmpty()) {
      remains.undiscovered(others.failure());
    }
    List<Entry> rest = new ArrayList<>(catalog.namespaced());
    rest.addAll(others.entries());
    return empty(namespace, List.of(podsEntry()), remains)
        .chain(() ->
            remains.hasContent() ? Uni.createFrom().voidItem() : empty(namespace, rest, remains));
  }

  private Entry podsEntry() {
    return catalog.kind("v1", "Pod").orElseThrow();
  }

  private static boolean holds(KubeObject namespace) {
    for (JsonNode finalizer : namespace.at("spec", "finalizers")) {
      if (finalizer.asText().equals(FINALIZER)) {
        return true;
      }
    }
    return false;
  }

  private Uni<Void> empty(String namespace, Collection<Entry> entries, Remains remains) {
    return Concurrent.forEach(
        entries, RESOURCES_AT_ONCE, entry -> empty(namespace, entry, remains));
  }

  private Uni<Void> empty(String namespace, Entry entry, Remains remains) {
    return env.client()
        .list(entry.resource(), namespace, ListOptions.ALL)
        .chain(list -> Concurrent.forEach(list.items(), object -> delete(entry, object, remains)))
        .onFailure(NamespaceController::isNotServed)
        .recoverWithNull()
        .onFailure()
        .invoke(remains::failed);
  }

  private static boolean isNotServed(Throwable failure) {
    return StatusException.isNotFound(failure)
        || StatusException.is(failure, StatusReason.METHOD_NOT_ALLOWED)
        || StatusException.is(failure, StatusReason.NOT_IMPLEMENTED);
  }

  private Uni<Void> delete(Entry entry, KubeObject object, Remains remains) {
    if (object.isDeleting()) {
      remains.add(entry.resource(), object);
      return Uni.createFrom().voidItem();
    }
    return env.client()
        .delete(
            entry.resource(),
            object.namespace(),
            object.name(),
            DeleteOptions.background().ifUid(object.uid()))
        .invoke(answer -> {
          if (answer.isDeleting()) {
            remains.add(entry.resource(), answer);
          }
        })
        .replaceWithVoid()
        .onFailure()
        .recoverWithUni(failure -> {
          if (!StatusException.isNotFound(failure)) {
            remains.failed(failure);
            remains.add(entry.resource(), object);
          }
          return Uni.createFrom().voidItem();
        });
  }

  private Uni<Result> finish(KubeObject namespace) {
    KubeObject released =
        namespace.with(node -> {
          ArrayNode kept = node.withObjectProperty("spec").putArray("finalizers");
          namespace
              .at("spec", "finalizers")
              .forEach(f -> {
                if (!f.asText().equals(FINALIZER)) {
                  kept.add(f);
                }
              });
        });
    return env.client()
        .update(Resources.NAMESPACES, released, "finalize", WriteOptions.NONE)
        .replaceWith(Result.DONE);
  }

  private Uni<Result> report(KubeObject namespace, Remains remains) {
    KubeObject reported =
        namespace.with(node -> remains.describe(node.withObjectProperty("status"), env.now()));
    Result again = Result.requeueAfter(SECOND_LOOK);
    return reported.equals(namespace)
        ? Uni.createFrom().item(again)
        : env.client()
            .updateStatus(Resources.NAMESPACES, reported)
            .replaceWith(again)
            .onFailure(StatusException::isConflict)
            .recoverWithItem(again);
  }
}
