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
  private final ListMeters meters;

  Pages(Storage storage, Caches caches, Freshness freshness, StorageKeys keys, ListMeters meters) {
    this.storage = storage;
    this.caches = caches;
    this.freshness = freshness;
    this.keys = keys;
    this.meters = meters;
  }

  /** What is listed. */
  private record Listing(
      GroupResource resource, ResourceCache cache, Filter filter, ListOptions options) {}

  Uni<KubeList> list(GroupResource resource, String namespace, ListOptions options) {
    ResourceCache cache = caches.of(resource);
    Listing listing =
        new Listing(
            resource,
            cache,
            Filter.of(namespace, options.labels(), options.fields(), cache),
            options);
    if (!options.continueToken().isEmpty()) {
      ContinueToken token = ContinueToken.decode(options.continueToken());
      if (!options.resourceVersion().isEmpty() && !options.resourceVersion().equals("0")) {
        throw StatusException.badRequest(
            "specifying resource version is not allowed when using continue");
      }
      return token.revision() < 0
          ? consistent(resource).chain(_ -> latest(listing, token.start()))
          : at(listing, token.start(), token.revision());
    }
    String version = options.resourceVersion();
    long revision = version.isEmpty() ? 0 : Failures.revision(version);
    if (options.resourceVersionMatch().equals("Exact")) {
      if (revision == 0) {
        throw StatusException.badRequest(
            "resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\" or unset");
      }
      return freshness.atLeast(revision).chain(_ -> at(listing, "", revision));
    }
    // Who was told of a write that a list of any version does not show would be surprised.
    Uni<Long> fresh =
        version.isEmpty()
            ? consistent(resource)
            : freshness.atLeast(Math.max(revision, cache.answered()));
    return fresh.chain(_ -> latest(listing, ""));
  }

  /** No list of a client's: not counted as one. */
  Uni<List<KubeObject>> known(GroupResource resource, String namespace) {
    ResourceCache cache = caches.of(resource);
    return freshness.atLeast(cache.answered()).map(_ -> cache.state().in(namespace));
  }

  private Uni<Long> consistent(GroupResource resource) {
    long since = System.nanoTime();
    return freshness
        .consistent()
        .onItemOrFailure()
        .invoke(
            (_, failure) -> meters.waited(resource, System.nanoTime() - since, failure == null));
  }

  private Uni<KubeList> latest(Listing listing, String start) {
    ResourceCache cache = listing.cache;
    return scanning(
        cache.state(),
        listing.filter,
        () -> {
          cache.index(listing.filter);
          // The revision first: the state read after it holds everything up to it.
          long seen = freshness.revision();
          ResourceState state = cache.state();
          return page(listing, state, Math.max(seen, state.revision()), start);
        });
  }

  private Uni<KubeList> at(Listing listing, String start, long revision) {
    ResourceState state = listing.cache.ring().stateAt(revision);
    if (state != null && revision <= freshness.revision()) {
      return scanning(state, listing.filter, () -> page(listing, state, revision, start));
    }
    return fromStorage(listing, start, revision, new ArrayList<>());
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

  private KubeList page(Listing listing, ResourceState state, long revision, String start) {
    Filter filter = listing.filter;
    long limit = listing.options.limit();
    List<KubeObject> items = new ArrayList<>();
    String token = "";
    long remaining = -1;
    String lastKey = "";
    ResourceState.Selection found = state.select(filter, start, listing.cache);
    while (found.hasNext()) {
      if (limit > 0 && items.size() == limit) {
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
    meters.fromCache(listing.resource, found.index(), found.fetched(), items.size());
    return new KubeList(Long.toString(revision), token, remaining, items);
  }

  private Uni<KubeList> fromStorage(
      Listing listing, String start, long revision, List<KubeObject> items) {
    Filter filter = listing.filter;
    long limit = listing.options.limit();
    String root = keys.root() + listing.cache.folder;
    // A token's start is the last key with a NUL behind it, which sorts right behind the key.
    String after = start.isEmpty() ? "" : root + start.substring(0, start.length() - 1);
    long chunk = limit > 0 ? Math.max(limit - items.size() + 1, 100) : 0;
    int before = items.size();
    return storage
        .list(root + filter.namespacePrefix(), after, chunk, revision)
        .onFailure(StorageException.Compacted.class)
        .transform(_ -> tooOld(start))
        .chain(range -> {
          String last = start;
          long evaluated = 0;
          for (KeyValue kv : range.items()) {
            String key = kv.key().substring(root.length());
            StoredObject object = StoredObject.of(key, kv.modRevision(), kv.value());
            evaluated++;
            if (filter.matches(object, listing.cache)) {
              if (limit > 0 && items.size() == limit) {
                String token = new ContinueToken(revision, last).encode();
                count(listing, range.items().size(), evaluated, items.size() - before);
                return Uni.createFrom()
                    .item(new KubeList(Long.toString(revision), token, -1, items));
              }
              items.add(object.object);
            }
            last = key + '\0';
          }
          count(listing, range.items().size(), evaluated, items.size() - before);
          return range.more()
              ? fromStorage(listing, last, revision, items)
              : Uni.createFrom().item(KubeList.of(Long.toString(revision), items));
        });
  }

  private void count(Listing listing, long fetched, long evaluated, long returned) {
    meters.fromStorage(listing.resource, fetched, evaluated, returned);
  }

  private static StatusException tooOld(String start) {
    if (start.isEmpty()) {
      return StatusException.expired("The resourceVersion for the provided list is too old.");
    }
    Status status = Status.failure(StatusReason.EXPIRED, TOO_OLD_PAGE);
    return new StatusException(status.withContinue(new ContinueToken(-1, start).encode()));
  }
}
