package dev.coracle.controllers.internal.garbagecollector;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.client.Informer;
import dev.coracle.controllers.internal.Concurrent;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.ResourceCatalog;
import dev.coracle.controllers.internal.ResourceCatalog.Entry;
import dev.coracle.controllers.internal.garbagecollector.OwnerGraph.Node;
import io.micrometer.core.instrument.Counter;
import io.smallrye.mutiny.Uni;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Deletes what has lost all its owners, and carries out foreground and orphaning deletions
 * (Kubernetes docs, "Garbage Collection"). It follows every resource, custom ones too, and acts in
 * the turn in which an owner's deletion arrives. Before anything is deleted because an owner is
 * missing, the API is asked for that owner.
 */
public final class GarbageCollector extends LoopController {

  static final String FOREGROUND = "foregroundDeletion";
  static final String ORPHAN = "orphan";
  private static final int REMEMBERED_ABSENT = 500;

  private enum Owner {
    SOLID,
    ABSENT,
    WAITING
  }

  private final ResourceCatalog catalog;
  private final OwnerGraph graph = new OwnerGraph();

  /** Resources that could not be followed. */
  private final Counter syncErrors;

  /**
   * An owner as a dependent names it. Of two that name the same uid, one may be wrong: in another
   * namespace, or by another name.
   */
  private record Named(String uid, GroupResource resource, String namespace, String name) {
    static Named of(Node node) {
      return new Named(
          node.uid(),
          node.entry().resource().groupResource(),
          node.object().namespace(),
          node.object().name());
    }
  }

  /** Owners the API has said are not there; a uid never comes back. */
  private final Map<Named, Boolean> absent =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Named, Boolean> eldest) {
          return size() > REMEMBERED_ABSENT;
        }
      };

  public GarbageCollector(Environment env, ResourceCatalog catalog) {
    super("garbage-collector-controller", env);
    this.catalog = catalog;
    this.syncErrors =
        Counter.builder("garbagecollector_controller_resources_sync_error_total")
            .description("Number of garbage collector resources sync errors")
            .register(env.registry());
    catalog.collectable().forEach(this::follow);
    catalog.addListener(
        new ResourceCatalog.Listener() {
          @Override
          public void appeared(Entry entry) {
            if (entry.isCollectable()) {
              follow(entry);
              env.informer(entry.resource())
                  .start()
                  .subscribe()
                  .with(_ -> {}, _ -> syncErrors.increment());
            }
          }

          @Override
          public void disappeared(Entry entry) {
            env.informers()
                .release(entry.resource(), dev.coracle.client.InformerOptions.ALL)
                .subscribe()
                .with(_ -> {}, _ -> {});
            graph.nodes().stream()
                .filter(n -> n.entry().equals(entry))
                .map(Node::uid)
                .toList()
                .forEach(GarbageCollector.this::gone);
          }
        });
  }

  private void follow(Entry entry) {
    env.informer(entry.resource())
        .addHandler(
            new Informer.Handler() {
              @Override
              public void added(KubeObject object) {
                seen(new Node(entry, object));
              }

              @Override
              public void updated(KubeObject before, KubeObject now) {
                if (!before.uid().equals(now.uid())) {
                  gone(before.uid());
                }
                if (!before
                        .metadata()
                        .path("ownerReferences")
                        .equals(now.metadata().path("ownerReferences"))
                    || before.isDeleting() != now.isDeleting()
                    || !before.finalizers().equals(now.finalizers())) {
                  seen(new Node(entry, now));
                  wakeOwners(before); // One of them may wait for this one no longer.
                } else {
                  graph.put(new Node(entry, now));
                }
              }

              @Override
              public void deleted(KubeObject last) {
                gone(last.uid());
              }
            });
  }

  private void enqueue(Node node) {
    loop.enqueue(new NamespacedName("", node.uid()));
  }

  private void seen(Node node) {
    graph.put(node);
    if (node.object().isDeleting()) {
      if (node.hasFinalizer(ORPHAN) || node.hasFinalizer(FOREGROUND)) {
        enqueue(node);
        if (node.hasFinalizer(FOREGROUND)) {
          graph.dependents(node.uid()).forEach(this::enqueue);
        }
      }
    }
    for (OwnerReference owner : node.object().ownerReferences()) {
      Node known = graph.get(owner.uid());
      if (known == null || known.deletesDependents() || !isMeant(known, node, owner)) {
        enqueue(node);
      }
    }
  }

  /** Whether it is the one that the dependent names, and not only of the same uid. */
  private boolean isMeant(Node known, Node dependent, OwnerReference owner) {
    return named(dependent, owner).filter(Named.of(known)::equals).isPresent();
  }

  /** Empty where nobody knows the kind. */
  private Optional<Named> named(Node dependent, OwnerReference owner) {
    return catalog
        .kind(owner.apiVersion(), owner.kind())
        .map(entry ->
            new Named(
                owner.uid(),
                entry.resource().groupResource(),
                entry.namespaced() ? dependent.object().namespace() : "",
                owner.name()));
  }

  private void gone(String uid) {
    Node node = graph.get(uid);
    graph.remove(uid);
    graph.dependents(uid).forEach(this::enqueue);
    if (node != null) {
      absent.put(Named.of(node), true);
      wakeOwners(node.object());
    }
  }

  private void wakeOwners(KubeObject dependent) {
    for (OwnerReference owner : dependent.ownerReferences()) {
      Node known = graph.get(owner.uid());
      if (known != null && known.deletesDependents()) {
        enqueue(known);
      }
    }
  }

  @Override
  public Uni<Result> reconcile(NamespacedName key) {
    Node node = graph.get(key.name());
    if (node == null) {
      return DONE;
    }
    Uni<?> work;
    if (node.object().isDeleting()) {
      work =
          node.hasFinalizer(ORPHAN)
              ? orphan(node)
              : node.hasFinalizer(FOREGROUND) ? awaitDependents(node) : Uni.createFrom().voidItem();
    } else {
      work = collect(node);
    }
    return work.replaceWith(Result.DONE)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
  }

  /** Cuts the dependents off, then lets the owner go. */
  private Uni<?> orphan(Node owner) {
    Uni<Void> cut =
        Concurrent.forEach(
            List.copyOf(graph.dependents(owner.uid())),
            dependent ->
                dropOwners(dependent, Set.of(owner.uid()))
                    .replaceWithVoid()
                    .onFailure(StatusException::isNotFound)
                    .recoverWithNull());
    return cut.chain(() -> dropFinalizer(owner, ORPHAN));
  }

  private Uni<?> awaitDependents(Node owner) {
    boolean blocked =
        graph.dependents(owner.uid()).stream().anyMatch(d -> d.isBlocking(owner.uid()));
    return blocked ? Uni.createFrom().voidItem() : dropFinalizer(owner, FOREGROUND);
  }

  private Uni<?> collect(Node node) {
    List<OwnerReference> owners = node.object().ownerReferences();
    if (owners.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    List<Uni<Owner>> states = owners.stream().map(o -> state(node, o)).toList();
    return Uni.join().all(states).andFailFast().chain(found -> decide(node, owners, found));
  }

  private Uni<?> decide(Node node, List<OwnerReference> owners, List<Owner> states) {
    Set<String> lost =
        java.util.stream.IntStream.range(0, owners.size())
            .filter(i -> states.get(i) != Owner.SOLID)
            .mapToObj(i -> owners.get(i).uid())
            .collect(Collectors.toSet());
    if (states.contains(Owner.SOLID)) {
      return lost.isEmpty() ? Uni.createFrom().voidItem() : dropOwners(node, lost);
    }
    String policy =
        states.contains(Owner.WAITING) && !graph.dependents(node.uid()).isEmpty()
            ? "Foreground"
            : node.hasFinalizer(ORPHAN)
                ? "Orphan"
                : node.hasFinalizer(FOREGROUND) ? "Foreground" : "Background";
    KubeObject object = node.object();
    boolean circle =
        states.contains(Owner.WAITING)
            && graph.dependents(node.uid()).stream().anyMatch(Node::deletesDependents);
    Uni<String> version =
        circle
            ? unblock(node).map(KubeObject::resourceVersion)
            : Uni.createFrom().item(object.resourceVersion());
    // Only as it is known here: it may have lost its owners by now without being told yet.
    return version.chain(known ->
        env.client()
            .delete(
                node.entry().resource(),
                object.namespace(),
                object.name(),
                new DeleteOptions(-1, policy, object.uid(), known, false)));
  }

  /**
   * Lets go of the owners that wait for this one, which waits for them by way of its dependents.
   */
  private Uni<KubeObject> unblock(Node node) {
    Patch patch =
        Patch.merge(tree -> {
          ObjectNode metadata = tree.putObject("metadata");
          metadata.put("resourceVersion", node.object().resourceVersion());
          ArrayNode owners = metadata.putArray("ownerReferences");
          node.object()
              .at("metadata", "ownerReferences")
              .forEach(
                  o -> owners.add(((ObjectNode) o.deepCopy()).put("blockOwnerDeletion", false)));
        });
    return patch(node, patch);
  }

  private Uni<Owner> state(Node node, OwnerReference owner) {
    Node known = graph.get(owner.uid());
    Named named = named(node, owner).orElse(null);
    Entry entry = catalog.kind(owner.apiVersion(), owner.kind()).orElse(null);
    if (named == null || entry == null) {
      // A kind that nobody knows is no ground to delete anything.
      return Uni.createFrom().item(Owner.SOLID);
    }
    if (known != null && Named.of(known).equals(named)) {
      return Uni.createFrom().item(known.deletesDependents() ? Owner.WAITING : Owner.SOLID);
    }
    boolean elsewhere =
        known != null
            && known.entry().namespaced()
            && !known.object().namespace().equals(node.object().namespace());
    boolean inSomeNamespace = entry.namespaced() && !node.entry().namespaced();
    if (elsewhere || inSomeNamespace) {
      warnOfNamespace(node, owner);
    }
    if (inSomeNamespace) {
      return Uni.createFrom().item(Owner.SOLID);
    }
    if (absent.containsKey(named)) {
      return Uni.createFrom().item(Owner.ABSENT);
    }
    return env.client()
        .get(entry.resource(), named.namespace(), owner.name())
        .map(found -> {
          if (found.uid().equals(owner.uid())) {
            return Owner.SOLID;
          }
          absent.put(named, true);
          return Owner.ABSENT;
        })
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(() -> {
          absent.put(named, true);
          return Owner.ABSENT;
        });
  }

  private void warnOfNamespace(Node node, OwnerReference owner) {
    String namespace = node.object().namespace();
    events.warning(
        node.object(),
        "OwnerRefInvalidNamespace",
        "ownerRef ["
            + owner.apiVersion()
            + "/"
            + owner.kind()
            + ", namespace: "
            + namespace
            + ", name: "
            + owner.name()
            + ", uid: "
            + owner.uid()
            + "] does not exist in namespace \""
            + namespace
            + "\"");
  }

  private Uni<?> dropOwners(Node node, Set<String> owners) {
    Patch patch =
        Patch.merge(tree -> {
          ObjectNode metadata = tree.putObject("metadata");
          metadata.put("resourceVersion", node.object().resourceVersion());
          ArrayNode kept = metadata.putArray("ownerReferences");
          node.object()
              .at("metadata", "ownerReferences")
              .forEach(o -> {
                if (!owners.contains(o.path("uid").asText())) {
                  kept.add(o);
                }
              });
        });
    return patch(node, patch);
  }

  private Uni<?> dropFinalizer(Node node, String finalizer) {
    Patch patch =
        Patch.merge(tree -> {
          ObjectNode metadata = tree.putObject("metadata");
          metadata.put("resourceVersion", node.object().resourceVersion());
          ArrayNode kept = metadata.putArray("finalizers");
          node.object().finalizers().stream().filter(f -> !f.equals(finalizer)).forEach(kept::add);
        });
    return patch(node, patch);
  }

  private Uni<KubeObject> patch(Node node, Patch patch) {
    return env.client()
        .patch(node.entry().resource(), node.object().namespace(), node.object().name(), patch);
  }
}
