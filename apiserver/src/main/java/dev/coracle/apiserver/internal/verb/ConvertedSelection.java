package dev.coracle.apiserver.internal.verb;

import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.apiserver.internal.registry.ResourceType;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Lists and watches of a custom resource by fields that its stored form may not have: objects are
 * converted to the version that is asked for, and then selected. A page may so have fewer objects
 * than its limit, which clients have to reckon with anyway.
 *
 * <p>What an object was before a change is not known here, so a watch remembers the names of those
 * that were selected last: as many as there are, and no more.
 */
final class ConvertedSelection {

  private static final Set<String> KEYS = Set.of("metadata.name", "metadata.namespace");

  private final ResourceStore store;
  private final ResourceType type;
  private final String namespace;
  private final FieldSelector converted;
  private final FieldSelector stored;

  ConvertedSelection(
      ResourceStore store, ResourceType type, String namespace, FieldSelector fields) {
    this.store = store;
    this.type = type;
    this.namespace = namespace;
    this.converted = fields;
    this.stored =
        new FieldSelector(
            fields.requirements().stream().filter(r -> KEYS.contains(r.field())).toList());
  }

  static boolean isNeeded(ResourceType type, FieldSelector fields) {
    return !type.selectsAsStored()
        && fields.requirements().stream().anyMatch(r -> !KEYS.contains(r.field()));
  }

  Uni<KubeList> list(ListOptions options) {
    return store
        .list(type.stored(), namespace, options.withFields(stored))
        .chain(list ->
            type.presented(list.items())
                .map(items ->
                    new KubeList(
                        list.resourceVersion(),
                        list.continueToken(),
                        -1,
                        items.stream().filter(converted::matches).toList())));
  }

  Multi<WatchEvent> watch(WatchOptions options) {
    WatchOptions inStore =
        new WatchOptions(
            options.labels(),
            stored,
            options.resourceVersion(),
            options.resourceVersionMatch(),
            options.allowBookmarks(),
            options.sendInitialEvents(),
            options.timeoutSeconds());
    return selectedAtStart(options)
        .onItem()
        .transformToMulti(selected ->
            store
                .watch(type.stored(), namespace, inStore)
                .onItem()
                .transformToUniAndConcatenate(e -> event(selected, e)))
        .onFailure(StatusException.class)
        .recoverWithItem(f -> new WatchEvent.Failed(((StatusException) f).status()));
  }

  /** The keys of the objects that are selected where the watch begins. */
  private Uni<Set<String>> selectedAtStart(WatchOptions options) {
    String from = options.resourceVersion();
    if (options.sendInitialEvents() || from.isEmpty() || from.equals("0")) {
      return Uni.createFrom().item(new HashSet<>());
    }
    return list(new ListOptions(options.labels(), converted, from, "Exact", 0, ""))
        .map(list ->
            list.items().stream()
                .map(ConvertedSelection::key)
                .collect(Collectors.toCollection(HashSet::new)));
  }

  private static String key(KubeObject object) {
    return object.namespace() + "/" + object.name();
  }

  private Uni<WatchEvent> event(Set<String> selected, WatchEvent event) {
    return switch (event) {
      case WatchEvent.Added(KubeObject o) -> changed(selected, o);
      case WatchEvent.Modified(KubeObject o) -> changed(selected, o);
      case WatchEvent.Deleted(KubeObject o) ->
          selected.remove(key(o)) ? type.presented(o).map(WatchEvent.Deleted::new) : nothing();
      case WatchEvent.Bookmark b -> Uni.createFrom().item(b);
      case WatchEvent.Failed f -> Uni.createFrom().item(f);
    };
  }

  private Uni<WatchEvent> changed(Set<String> selected, KubeObject object) {
    return type.presented(List.of(object))
        .chain(list -> {
          KubeObject o = list.getFirst();
          if (converted.matches(o)) {
            return Uni.createFrom()
                .item(selected.add(key(o)) ? new WatchEvent.Added(o) : new WatchEvent.Modified(o));
          }
          return selected.remove(key(o))
              ? Uni.createFrom().item(new WatchEvent.Deleted(o))
              : nothing();
        });
  }

  private static Uni<WatchEvent> nothing() {
    return Uni.createFrom().nullItem();
  }
}
