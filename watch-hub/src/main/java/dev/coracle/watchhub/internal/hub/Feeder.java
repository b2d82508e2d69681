package dev.coracle.watchhub.internal.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.watchhub.ChangeBatch;
import dev.coracle.watchhub.KeyValue;
import dev.coracle.watchhub.Storage;
import dev.coracle.watchhub.StorageChange;
import dev.coracle.watchhub.StorageException;
import dev.coracle.watchhub.StoredReader;
import dev.coracle.watchhub.config.HubOptions;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.MultiSubscriber;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the caches in step with the storage: lists everything once at an old revision, then follows
 * the changes from there, so that right after a restart the history already reaches back. When the
 * storage has forgotten where we were, everything is listed anew and all watchers get 410; when it
 * is away, the feed is taken up again from the last revision, with growing pauses.
 *
 * <p>The caches are changed by whichever thread delivers the feed, one batch at a time.
 */
final class Feeder {

  private static final Logger LOG = LoggerFactory.getLogger(Feeder.class);

  /** How far back the first list goes, where the storage still knows it. */
  private static final long REACH_BACK = 8192;

  private static final long MAX_PAUSE_MILLIS = 5000;

  private final Vertx vertx;
  private final Storage storage;
  private final Caches caches;
  private final Freshness freshness;
  private final Handed handed;
  private final HubMetrics metrics;
  private final LongSupplier clock;
  private final String root;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private long target = Long.MAX_VALUE;
  private long last;
  private long pause = 50;
  private volatile boolean stopped;
  private volatile String trouble = "the watch cache is not loaded yet";
  private volatile Flow.@Nullable Subscription subscription;

  Feeder(
      Vertx vertx,
      Storage storage,
      HubOptions options,
      Caches caches,
      Freshness freshness,
      Handed handed,
      HubMetrics metrics,
      LongSupplier clock) {
    this.vertx = vertx;
    this.storage = storage;
    this.caches = caches;
    this.freshness = freshness;
    this.handed = handed;
    this.metrics = metrics;
    this.clock = clock;
    this.root = options.prefix() + "/";
  }

  /** Completes when the caches hold what the storage held when this was called. */
  CompletableFuture<Void> start() {
    load(true);
    return ready;
  }

  void stop() {
    stopped = true;
    Flow.Subscription s = subscription;
    if (s != null) {
      s.cancel();
    }
    ready.completeExceptionally(new StorageException.Unavailable("the watch hub was stopped"));
  }

  /** Empty when the feed runs. */
  String trouble() {
    return trouble;
  }

  private void load(boolean first) {
    storage
        .revision()
        .chain(now -> listAt(first ? Math.max(1, now - REACH_BACK) : now, now))
        .subscribe()
        .with(loaded -> loaded(loaded, first), failure -> loadFailed(failure, first));
  }

  /** What a list found, by folder and in the order of the keys. */
  private record Loaded(Map<String, List<StoredObject>> byFolder, long revision, long target) {}

  private Uni<Loaded> listAt(long revision, long target) {
    return scan(revision, target)
        .onFailure(StorageException.Compacted.class)
        .recoverWithUni(e -> scan(Math.max(compacted(e), revision), target))
        .onFailure(StorageException.Compacted.class)
        .recoverWithUni(_ -> scan(0, target));
  }

  private Uni<Loaded> scan(long revision, long target) {
    return Uni.createFrom()
        .deferred(() -> {
          Map<String, List<StoredObject>> found = new HashMap<>();
          return storage
              .scan(root, revision, (key, modified, value) -> take(found, key, modified, value))
              .map(at -> new Loaded(found, at, target));
        });
  }

  private void take(
      Map<String, List<StoredObject>> found,
      String storageKey,
      long modified,
      StoredReader.Value value) {
    String path = storageKey.substring(root.length());
    String folder = StorageKeys.folderOf(path);
    if (folder.isEmpty()) {
      return;
    }
    String key = path.substring(folder.length());
    StoredObject object = decode(storageKey, () -> StoredObject.of(key, modified, value));
    if (object != null) {
      found.computeIfAbsent(folder, _ -> new ArrayList<>()).add(object);
    }
  }

  private static long compacted(Throwable failure) {
    return failure instanceof StorageException.Compacted c ? c.compactRevision() : 0;
  }

  private void loadFailed(Throwable failure, boolean first) {
    if (stopped) {
      return;
    }
    if (failure instanceof StorageException.Corrupt) {
      ready.completeExceptionally(failure);
      return;
    }
    trouble = "cannot load from the storage: " + failure.getMessage();
    LOG.atWarn().setCause(failure).log("cannot load the watch cache; trying again");
    later(() -> load(first));
  }

  private void later(Runnable task) {
    vertx.setTimer(
        pause,
        _ -> {
          if (!stopped) {
            task.run();
          }
        });
    pause = Math.min(pause * 2, MAX_PAUSE_MILLIS);
  }

  private void loaded(Loaded loaded, boolean first) {
    long revision = loaded.revision();
    caches.reset(loaded.byFolder(), revision);
    metrics.reset();
    last = revision;
    target = loaded.target();
    trouble = "";
    if (!first) {
      freshness.reached(revision);
      caches.catchUp();
    }
    reached(revision);
    follow();
  }

  private void follow() {
    storage
        .watch(root, last + 1, false)
        .subscribe()
        .withSubscriber(
            new MultiSubscriber<ChangeBatch>() {
              @Override
              public void onSubscribe(Flow.Subscription s) {
                subscription = s;
                if (stopped) {
                  s.cancel();
                } else {
                  s.request(1);
                }
              }

              @Override
              public void onItem(ChangeBatch batch) {
                Flow.Subscription s = Objects.requireNonNull(subscription);
                try {
                  apply(batch);
                } catch (RuntimeException e) {
                  s.cancel();
                  broken(e);
                  return;
                }
                pause = 50;
                s.request(1);
              }

              @Override
              public void onFailure(Throwable failure) {
                lost(failure);
              }

              @Override
              public void onCompletion() {
                lost(new StorageException.Unavailable("the storage ended the watch"));
              }
            });
  }

  /** A change could not be taken in: what the caches hold is not known any more. */
  private void broken(RuntimeException bug) {
    trouble = "a change could not be taken in: " + bug;
    LOG.atError()
        .addKeyValue("revision", last)
        .setCause(bug)
        .log("the watch hub met a bug; loading anew");
    later(() -> load(false));
  }

  private void lost(Throwable failure) {
    if (stopped) {
      return;
    }
    trouble = "the storage's feed is interrupted: " + failure.getMessage();
    if (failure instanceof StorageException.Compacted) {
      LOG.atWarn()
          .addKeyValue("revision", last)
          .log("the storage has forgotten where the watch hub was; loading anew");
      load(false);
    } else {
      LOG.atWarn().setCause(failure).log("the storage's feed was interrupted");
      later(this::follow);
    }
  }

  private @Nullable StoredObject decode(String key, KeyValue kv) {
    return decode(kv.key(), () -> StoredObject.of(key, kv.modRevision(), kv.value()));
  }

  private static @Nullable StoredObject decode(String storageKey, Supplier<StoredObject> object) {
    try {
      return object.get();
    } catch (IllegalArgumentException e) {
      LOG.atWarn()
          .addKeyValue("key", storageKey)
          .log("a value in the storage is not a JSON object and is left out");
      return null;
    }
  }

  private void apply(ChangeBatch batch) {
    trouble = "";
    long now = clock.getAsLong();
    Map<ResourceCache, List<HubEvent>> byResource = LinkedHashMap.newLinkedHashMap(1);
    for (StorageChange change : batch.changes()) {
      String path = change.key().substring(root.length());
      String folder = StorageKeys.folderOf(path);
      if (folder.isEmpty()) {
        continue;
      }
      ResourceCache cache = caches.of(folder);
      String key = path.substring(folder.length());
      StoredObject object =
          switch (change) {
            case StorageChange.Put put -> decode(key, put.current());
            case StorageChange.Delete _ -> null;
          };
      ObjectNode written =
          change instanceof StorageChange.Put put ? handed.of(put.current().value()) : null;
      HubEvent event = cache.apply(key, change.revision(), object, written, now);
      if (event != null) {
        byResource.computeIfAbsent(cache, _ -> new ArrayList<>(1)).add(event);
      }
    }
    last = Math.max(last, batch.revision());
    // Readers first: what they wait for is in the caches.
    freshness.reached(last);
    byResource.forEach(caches::publish);
    reached(last);
  }

  private void reached(long revision) {
    if (revision >= target && !ready.isDone()) {
      freshness.reached(revision);
      ready.complete(null);
    }
  }
}
