package dev.coracle.watchhub.internal.hub;

import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.watchhub.KeyValue;
import dev.coracle.watchhub.Storage;
import dev.coracle.watchhub.StorageException;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Lists, page by page. Every page of a list is read at the revision of the first: from the cache's
 * history while it reaches back that far, then from the storage's, then it is 410 with a token that
 * goes on inconsistently, as upstream has it.
 */
final class Pages {

  /** Bigger scans than this leave the caller's thread. */
  private static final int BIG = 2000;

  private static final String TOO_OLD_PAGE =
      "The provided continue parameter is too old to display a consistent list result. You can"
          + " start a new list without the continue parameter, or use the continue token in this"
          + " response to retrieve the remainder of the results. Continuing with the provided token"
          + " results in an inconsistent list - objects that were created, modified, or deleted"
          + " between the time the first chunk was returned and now may show up in the list.";

  private final Storage storage;
  private final Caches caches;
  private final Freshness freshness;
  private final StorageKeys keys;

  Pages(Storage storage, Caches caches, Freshness freshness, StorageKeys keys) {
    this.storage = storage;
    this.caches = caches;
    this.freshness = freshness;
    this.keys = keys;
  }

  Uni<KubeList> list(GroupResource resource, String namespace, ListOptions options) {
    ResourceCache cache = caches.of(resource);
    Filter filter = Filter.of(namespace, options.labels(), options.fields(), cache);
    if (!options.continueToken().isEmpty()) {
      ContinueToken token = ContinueToken.decode(options.continueToken());
      if (!options.resourceVersion().isEmpty() && !options.resourceVersion().equals("0")) {
        throw StatusException.badRequest(
            "specifying resource version is not allowed when using continue");
      }
      return token.revision() < 0
          ? freshness.consistent().chain(_ -> latest(cache, filter, options, token.start()))
          : at(cache, filter, options, token.start(), token.revision());
    }
    String version = options.resourceVersion();
    long revision = version.isEmpty() ? 0 : Failures.revision(version);
    if (options.resourceVersionMatch().equals("Exact")) {
      if (revision == 0) {
        throw StatusException.badRequest(
            "resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\" or unset");
      }
      return freshness.atLeast(revision).chain(_ -> at(cache, filter, options, "", revision));
    }
    Uni<Long> fresh = version.isEmpty() ? freshness.consistent() : freshness.atLeast(revision);
    return fresh.chain(_ -> latest(cache, filter, options, ""));
  }

  private Uni<KubeList> latest(
      ResourceCache cache, Filter filter, ListOptions options, String start) {
    return scanning(
        cache.state(),
        filter,
        () -> {
          cache.index(filter);
          // The revision first: the state read after it holds everything up to it.
          long seen = freshness.revision();
          ResourceState state = cache.state();
          return page(cache, state, Math.max(seen, state.revision()), filter, options, start);
        });
  }

  private Uni<KubeList> at(
      ResourceCache cache, Filter filter, ListOptions options, String start, long revision) {
    ResourceState state = cache.ring().stateAt(revision);
    if (state != null && revision <= freshness.revision()) {
      return scanning(state, filter, () -> page(cache, state, revision, filter, options, start));
    }
    return fromStorage(cache, filter, options, start, revision, new ArrayList<>());
  }

  /** Big scans run on a virtual thread, and come back to the caller's context. */
  private static Uni<KubeList> scanning(
      ResourceState state, Filter filter, java.util.function.Supplier<KubeList> scan) {
    boolean parses = !filter.labels().isEverything() || !filter.fields().isEmpty();
    if (!parses || state.objects().size() <= BIG) {
      return Uni.createFrom().item(scan);
    }
    return Freshness.onCaller(
        Uni.createFrom()
            .item(scan)
            .runSubscriptionOn(task -> Thread.ofVirtual().name("coracle-list").start(task)));
  }

  private static KubeList page(
      ResourceCache cache,
      ResourceState state,
      long revision,
      Filter filter,
      ListOptions options,
      String start) {
    List<KubeObject> items = new ArrayList<>();
    String token = "";
    long remaining = -1;
    String lastKey = "";
    Iterator<StoredObject> found = state.select(filter, start, cache);
    while (found.hasNext()) {
      if (options.limit() > 0 && items.size() == options.limit()) {
        token = ContinueToken.after(lastKey, revision).encode();
        if (!filter.selects()) {
          remaining = state.count(filter.namespacePrefix(), lastKey + '\0');
        }
        break;
      }
      StoredObject object = found.next();
      items.add(object.object);
      lastKey = object.key;
    }
    return new KubeList(Long.toString(revision), token, remaining, items);
  }

  private Uni<KubeList> fromStorage(
      ResourceCache cache,
      Filter filter,
      ListOptions options,
      String start,
      long revision,
      List<KubeObject> items) {
    String root = keys.root() + cache.folder;
    // A token's start is the last key with a NUL behind it, which sorts right behind the key.
    String after = start.isEmpty() ? "" : root + start.substring(0, start.length() - 1);
    long chunk = options.limit() > 0 ? Math.max(options.limit() - items.size() + 1, 100) : 0;
    return storage
        .list(root + filter.namespacePrefix(), after, chunk, revision)
        .onFailure(StorageException.Compacted.class)
        .transform(_ -> tooOld(start))
        .chain(range -> {
          String last = start;
          for (KeyValue kv : range.items()) {
            String key = kv.key().substring(root.length());
            StoredObject object = StoredObject.of(key, kv.modRevision(), kv.value());
            if (filter.matches(object, cache)) {
              if (options.limit() > 0 && items.size() == options.limit()) {
                String token = new ContinueToken(revision, last).encode();
                return Uni.createFrom()
                    .item(new KubeList(Long.toString(revision), token, -1, items));
              }
              items.add(object.object);
            }
            last = key + '\0';
          }
          return range.more()
              ? fromStorage(cache, filter, options, last, revision, items)
              : Uni.createFrom().item(KubeList.of(Long.toString(revision), items));
        });
  }

  private static StatusException tooOld(String start) {
    if (start.isEmpty()) {
      return StatusException.expired("The resourceVersion for the provided list is too old.");
    }
    Status status = Status.failure(StatusReason.EXPIRED, TOO_OLD_PAGE);
    return new StatusException(status.withContinue(new ContinueToken(-1, start).encode()));
  }
}
