package dev.coracle.watchhub.internal.embedded;

import dev.coracle.watchhub.ChangeBatch;
import dev.coracle.watchhub.KeyValue;
import dev.coracle.watchhub.Range;
import dev.coracle.watchhub.StorageException;
import dev.coracle.watchhub.StoredReader;
import dev.coracle.watchhub.config.EmbeddedOptions;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Puts index, writer, feed and files together, and reads. Safe for any number of threads. */
public final class Engine {

  private final EmbeddedOptions options;
  private final MeterRegistry registry;
  private final Disk disk;
  private final LongSupplier clock;

  private record Running(Index index, Writer writer, Feed feed, DirectoryLock lock) {}

  private volatile @Nullable Running running;

  public Engine(EmbeddedOptions options, MeterRegistry registry) {
    this(options, registry, Disk.real(options.durable()), System::nanoTime);
  }

  /**
   * @param clock nanoseconds, for leases and retention
   */
  Engine(EmbeddedOptions options, MeterRegistry registry, Disk disk, LongSupplier clock) {
    this.options = options;
    this.registry = registry;
    this.disk = disk;
    this.clock = clock;
  }

  public Uni<Void> open() {
    return onVirtualThread(() -> {
      openNow();
      return null;
    });
  }

  private synchronized void openNow() {
    if (running != null) {
      throw new StorageException.Unavailable("the storage is open already");
    }
    try {
      DirectoryLock lock = DirectoryLock.take(options.directory());
      try {
        Recovery recovered = Recovery.open(options, disk, clock.getAsLong());
        Feed feed = new Feed(recovered.index);
        StoreMetrics metrics = new StoreMetrics(registry);
        Writer writer = new Writer(options, disk, recovered, feed, metrics, clock);
        StoreMetrics.gauges(
            registry, recovered.index, options.maxBytes(), writer.files::bytes, writer::waiting);
        feed.start();
        writer.start();
        running = new Running(recovered.index, writer, feed, lock);
      } catch (IOException | RuntimeException e) {
        lock.close();
        throw e;
      }
    } catch (DirectoryLock.InUse e) {
      throw new StorageException.Unavailable(String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw new StorageException.Unavailable(
          "cannot open data directory " + options.directory() + ": " + e, e);
    }
  }

  public Uni<Void> close() {
    return onVirtualThread(() -> {
      closeNow();
      return null;
    });
  }

  private synchronized void closeNow() {
    Running r = running;
    if (r == null) {
      return;
    }
    running = null;
    r.writer.stop();
    r.feed.stop();
    try {
      r.lock.close();
    } catch (IOException e) {
      throw new StorageException.Unavailable("cannot give back the data directory", e);
    }
  }

  private Running use() {
    Running r = running;
    if (r == null) {
      throw new StorageException.Unavailable("the storage is not open");
    }
    return r;
  }

  public Uni<Long> revision() {
    return Uni.createFrom().item(() -> use().index.visible);
  }

  /** The oldest revision that can be read. */
  public long compacted() {
    return use().index.compacted;
  }

  public Uni<Optional<KeyValue>> get(String key, long revision) {
    return Uni.createFrom()
        .deferred(() -> {
          Index index = use().index;
          long at = index.readable(revision);
          KeyHistory history = index.keys.get(key);
          Version v = history == null ? null : history.at(at);
          if (history == null || v == null) {
            check(index, at);
            return Uni.createFrom().item(Optional.empty());
          }
          if (v.recent != null) {
            return Uni.createFrom().item(Optional.of(Values.read(history, v, index)));
          }
          return onVirtualThread(() -> Optional.of(Values.read(history, v, index)));
        });
  }

  public Uni<Range> list(String prefix, String after, long limit, long revision) {
    return onVirtualThread(() -> {
      Index index = use().index;
      while (true) {
        long at = index.readable(revision);
        try {
          Range range = listNow(index, prefix, after, limit, at);
          check(index, at);
          return range;
        } catch (StorageException.Compacted e) {
          if (revision != 0) {
            throw e;
          }
        }
      }
    });
  }

  /** As {@link dev.coracle.watchhub.Storage#scan}; every file is mapped once for all of it. */
  public Uni<Long> scan(String prefix, long revision, StoredReader reader) {
    return onVirtualThread(() -> {
      Index index = use().index;
      long at = index.readable(revision);
      try (BulkReader values = new BulkReader(index)) {
        for (KeyHistory history : index.below(prefix, "", true).values()) {
          Version v = history.at(at);
          if (v != null) {
            values.give(history, v, reader);
          }
        }
      }
      check(index, at);
      return at;
    });
  }

  private static Range listNow(Index index, String prefix, String after, long limit, long at) {
    return collect(index.below(prefix, after, after.isEmpty()), index, limit, at, false);
  }

  private static Range collect(
      Map<String, KeyHistory> rest, Index index, long limit, long at, boolean counted) {
    List<KeyValue> items = new ArrayList<>();
    boolean more = false;
    try (BulkReader reader = new BulkReader(index)) {
      for (KeyHistory history : rest.values()) {
        Version v = history.at(at);
        if (v == null) {
          continue;
        }
        if (limit > 0 && items.size() == limit) {
          more = true;
          break;
        }
        items.add(reader.read(history, v));
      }
    }
    long count = more ? -1 : items.size();
    if (more && counted) {
      count = 0;
      for (KeyHistory history : rest.values()) {
        count += history.at(at) == null ? 0 : 1;
      }
    }
    return new Range(items, at, more, count);
  }

  /**
   * The keys from {@code from} on and below {@code end} (empty: all behind), at a revision; for
   * etcd's ranges, which need not be prefixes.
   */
  public Uni<Range> range(String from, String end, long limit, long revision) {
    return onVirtualThread(() -> {
      Index index = use().index;
      while (true) {
        long at = index.readable(revision);
        try {
          Range range = collect(index.between(from, end), index, limit, at, true);
          check(index, at);
          return range;
        } catch (StorageException.Compacted e) {
          if (revision != 0) {
            throw e;
          }
        }
      }
    });
  }

  /** What was read is only right if its history was not forgotten meanwhile. */
  private static void check(Index index, long at) {
    if (at < index.compacted) {
      throw new StorageException.Compacted(index.compacted);
    }
  }

  /** Has the writer do something; answered when durable. */
  public <T> Uni<T> write(Change<T> change) {
    return Uni.createFrom()
        .emitter(emitter -> {
          Command<T> command =
              new Command<>(
                  change::apply,
                  new Command.Answer<>() {
                    @Override
                    public void done(T result) {
                      emitter.complete(result);
                    }

                    @Override
                    public void failed(StorageException why) {
                      emitter.fail(why);
                    }
                  });
          if (!use().writer.submit(command)) {
            throw new StorageException.Unavailable("too many writes are waiting");
          }
        });
  }

  /** What a caller has the writer do. */
  public interface Change<T> {
    T apply(Mutation mutation);
  }

  /** A new lease under this id, or under one of its choice for 0. */
  public Uni<Long> grantLease(long id, long ttlSeconds) {
    long chosen = id != 0 ? id : ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
    return write(m -> m.grant(chosen, ttlSeconds));
  }

  /** Gives the lease's time in seconds. */
  public Uni<Long> keepLeaseAlive(long id) {
    return write(m -> m.keepAlive(id));
  }

  public Uni<Void> revokeLease(long id) {
    return write(
            m -> {
              m.revoke(id);
              return id;
            })
        .replaceWithVoid();
  }

  public Uni<Void> compact(long revision) {
    return Uni.createFrom()
        .deferred(() -> {
          Writer writer = use().writer;
          return write(
                  m -> {
                    writer.compactNow(revision, m);
                    return revision;
                  })
              .replaceWithVoid();
        });
  }

  public Multi<ChangeBatch> watch(String prefix, long from, boolean previous) {
    return watchKeys(key -> key.startsWith(prefix), from, previous);
  }

  /** The changes of the keys that the filter lets through, as {@link #watch}. */
  public Multi<ChangeBatch> watchKeys(Predicate<String> filter, long from, boolean previous) {
    return Multi.createFrom()
        .deferred(() -> {
          Feed feed = use().feed;
          return Multi.createFrom()
              .publisher(subscriber -> feed.watch(subscriber, filter, from, previous));
        });
  }

  /** Bytes of the files, and of what is live in them. */
  public long[] sizes() {
    Running r = use();
    return new long[] {r.writer.files.bytes(), r.index.liveBytes};
  }

  private static <T> Uni<T> onVirtualThread(Supplier<@Nullable T> work) {
    return Uni.createFrom()
        .item(work)
        .runSubscriptionOn(task -> Thread.ofVirtual().name("coracle-store-read").start(task));
  }
}
