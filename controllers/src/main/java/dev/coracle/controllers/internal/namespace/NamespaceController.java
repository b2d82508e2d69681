package dev.coracle.controllers.internal.namespace;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import dev.coracle.controllers.internal.status.Conditions;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Empties a namespace that is being deleted, pods first, and lets it go when nothing is left. It is
 * woken by the disappearance of whatever remained, so nothing polls; a slow second look covers
 * resources that cannot be watched.
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

  /** What is left: how many of each resource, and how many hold on by which finalizer. */
  private record Remains(
      Map<String, Integer> resources, Map<String, Integer> finalizers, List<String> failures) {
    boolean isEmpty() {
      return resources.isEmpty() && failures.isEmpty();
    }
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject namespace = namespaces.get("", name.name()).orElse(null);
    if (namespace == null || !namespace.isDeleting() || !holds(namespace)) {
      return DONE;
    }
    Remains remains = new Remains(new TreeMap<>(), new TreeMap<>(), new ArrayList<>());
    return empty(namespace.name(), List.of(podsEntry()), remains)
        .chain(() ->
            remains.isEmpty()
                ? empty(namespace.name(), catalog.namespaced(), remains)
                : Uni.createFrom().voidItem())
        .chain(() -> remains.isEmpty() ? finish(namespace) : report(namespace, remains))
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
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
        .recoverWithNull();
  }

  private static boolean isNotServed(Throwable failure) {
    return StatusException.isNotFound(failure)
        || StatusException.is(failure, StatusReason.METHOD_NOT_ALLOWED)
        || StatusException.is(failure, StatusReason.NOT_IMPLEMENTED);
  }

  private Uni<Void> delete(Entry entry, KubeObject object, Remains remains) {
    if (object.isDeleting()) {
      remain(entry, object, remains);
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
            remain(entry, answer, remains);
          }
        })
        .replaceWithVoid()
        .onFailure()
        .recoverWithUni(failure -> {
          if (!StatusException.isNotFound(failure)) {
            remains.failures().add(String.valueOf(failure.getMessage()));
            remain(entry, object, remains);
          }
          return Uni.createFrom().voidItem();
        });
  }

  private static void remain(Entry entry, KubeObject object, Remains remains) {
    // The dot stands there for the core group, too.
    String name = entry.resource().resource() + "." + entry.resource().group();
    remains.resources().merge(name, 1, Integer::sum);
    object.finalizers().forEach(f -> remains.finalizers().merge(f, 1, Integer::sum));
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
    Instant now = env.now();
    KubeObject reported =
        namespace.with(node -> {
          ObjectNode status = node.withObjectProperty("status");
          status.put("phase", "Terminating");
          good(
              status,
              "NamespaceDeletionDiscoveryFailure",
              "ResourcesDiscovered",
              "All resources successfully discovered",
              now);
          good(
              status,
              "NamespaceDeletionGroupVersionParsingFailure",
              "ParsedGroupVersions",
              "All legacy kube types successfully parsed",
              now);
          if (remains.failures().isEmpty()) {
            good(
                status,
                "NamespaceDeletionContentFailure",
                "ContentDeleted",
                "All content successfully deleted, may be waiting on finalization",
                now);
          } else {
            Conditions.set(
                status,
                "NamespaceDeletionContentFailure",
                "True",
                "ContentDeletionFailed",
                "Failed to delete all resource types, "
                    + remains.failures().size()
                    + " remaining: "
                    + String.join(", ", remains.failures()),
                now);
          }
          Conditions.set(
              status,
              "NamespaceContentRemaining",
              "True",
              "SomeResourcesRemain",
              "Some resources are remaining: "
                  + listed(remains.resources(), " has ", " resource instances"),
              now);
          if (remains.finalizers().isEmpty()) {
            good(
                status,
                "NamespaceFinalizersRemaining",
                "ContentHasNoFinalizers",
                "All content-preserving finalizers finished",
                now);
          } else {
            Conditions.set(
                status,
                "NamespaceFinalizersRemaining",
                "True",
                "SomeFinalizersRemain",
                "Some content in the namespace has finalizers remaining: "
                    + listed(remains.finalizers(), " in ", " resource instances"),
                now);
          }
        });
    Result again = Result.requeueAfter(SECOND_LOOK);
    return reported.equals(namespace)
        ? Uni.createFrom().item(again)
        : env.client()
            .updateStatus(Resources.NAMESPACES, reported)
            .replaceWith(again)
            .onFailure(StatusException::isConflict)
            .recoverWithItem(again);
  }

  private static void good(
      ObjectNode status, String type, String reason, String message, Instant now) {
    Conditions.set(status, type, "False", reason, message, now);
  }

  private static String listed(Map<String, Integer> counts, String middle, String end) {
    return counts.entrySet().stream()
        .map(e -> e.getKey() + middle + e.getValue() + end)
        .collect(java.util.stream.Collectors.joining(", "));
  }
}
