package dev.coracle.apiserver.internal.encryption;

import dev.coracle.apiserver.HealthCheck;
import dev.coracle.watchhub.ChangeBatch;
import dev.coracle.watchhub.KeyValue;
import dev.coracle.watchhub.Range;
import dev.coracle.watchhub.Storage;
import dev.coracle.watchhub.StorageChange;
import dev.coracle.watchhub.StorageException;
import dev.coracle.watchhub.Txn;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Encrypts values on their way into another storage and decrypts them on their way out. Remembers
 * which keys hold a value of an older provider or key, so that the next update writes them anew.
 * Once the configuration is another one, that may be any value that was not looked at since. Each
 * operation is done by one configuration, though another one comes meanwhile.
 */
public final class EncryptedStorage implements Storage {

  private final Storage storage;
  private final EncryptionSource source;
  private final Set<String> outdated = ConcurrentHashMap.newKeySet();

  /** What was looked at since the configuration changed; null before that. */
  private volatile @Nullable Set<String> looked;

  public EncryptedStorage(Storage storage, EncryptionSource source) {
    this.storage = storage;
    this.source = source;
    source.whenReloaded(() -> looked = ConcurrentHashMap.newKeySet());
  }

  EncryptedStorage(Storage storage, EncryptionConfig config) {
    this(storage, EncryptionSource.fixed(config));
  }

  /** Whether what keys come from is well. */
  public List<HealthCheck> checks() {
    return source.checks();
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public boolean wantsRewrite(String key) {
    Set<String> since = looked;
    return outdated.contains(key)
        || since != null && !since.contains(key) && source.now().names(key);
  }

  private void look(EncryptionConfig config, String key) {
    Set<String> since = looked;
    if (since != null && config.names(key)) {
      since.add(key);
    }
  }

  private void forget(String key) {
    outdated.remove(key);
    Set<String> since = looked;
    if (since != null) {
      since.remove(key);
    }
  }

  private byte[] seal(String key, byte[] plain) {
    EncryptionConfig config = source.now();
    outdated.remove(key);
    look(config, key);
    return config.of(key).seal(key, plain);
  }

  private byte[] open(EncryptionConfig config, String key, byte[] stored) {
    Providers providers = config.of(key);
    look(config, key);
    if (providers.outdated(stored)) {
      outdated.add(key);
    } else if (!outdated.isEmpty()) {
      outdated.remove(key);
    }
    try {
      return providers.open(key, stored);
    } catch (IllegalStateException e) {
      throw new StorageException.Corrupt(String.valueOf(e.getMessage()));
    }
  }

  private KeyValue open(EncryptionConfig config, KeyValue kv) {
    byte[] plain = open(config, kv.key(), kv.value());
    return plain == kv.value() ? kv : with(kv, plain);
  }

  private static KeyValue with(KeyValue kv, byte[] value) {
    return new KeyValue(
        kv.key(), value, kv.createRevision(), kv.modRevision(), kv.version(), kv.lease());
  }

  /** Waits until all of them can be opened, most often not at all. */
  private static Uni<Void> prepared(EncryptionConfig config, List<KeyValue> items) {
    Uni<Void> all = null;
    for (KeyValue kv : items) {
      Optional<Uni<Void>> work = config.of(kv.key()).prepare(kv.value());
      if (work.isPresent()) {
        Uni<Void> before = all;
        // Asked again in its turn: the one before may have done it.
        Uni<Void> mine =
            Uni.createFrom()
                .deferred(() ->
                    config
                        .of(kv.key())
                        .prepare(kv.value())
                        .orElseGet(() -> Uni.createFrom().voidItem()));
        all = before == null ? mine : before.chain(() -> mine);
      }
    }
    return all == null ? Uni.createFrom().voidItem() : all;
  }

  @Override
  public Uni<Void> open() {
    return source.start().chain(storage::open);
  }

  @Override
  public Uni<Void> close() {
    return storage.close().eventually(source::stop);
  }

  @Override
  public Uni<Long> revision() {
    return storage.revision();
  }

  @Override
  public Uni<Optional<KeyValue>> get(String key, long revision) {
    return storage
        .get(key, revision)
        .chain(found -> {
          EncryptionConfig config = source.now();
          return prepared(config, found.stream().toList())
              .map(_ -> found.map(kv -> open(config, kv)));
        });
  }

  @Override
  public Uni<Range> list(String prefix, String after, long limit, long revision) {
    return storage
        .list(prefix, after, limit, revision)
        .chain(range -> {
          EncryptionConfig config = source.now();
          return prepared(config, range.items())
              .chain(() -> superseded(config, range.items()))
              .map(gone ->
                  new Range(
                      range.items().stream()
                          .filter(kv -> !gone.contains(kv))
                          .map(kv -> open(config, kv))
                          .toList(),
                      range.revision(),
                      range.more(),
                      range.count()));
        });
  }

  @Override
  public Uni<KeyValue> create(String key, byte[] value, long lease) {
    return Uni.createFrom()
        .deferred(() -> storage.create(key, seal(key, value), lease).map(kv -> with(kv, value)));
  }

  @Override
  public Uni<KeyValue> guaranteedUpdate(
      String key, Function<Optional<KeyValue>, Uni<byte[]>> change) {
    return storage.guaranteedUpdate(key, found -> changed(key, found, change)).chain(this::opened);
  }

  private Uni<KeyValue> opened(KeyValue kv) {
    EncryptionConfig config = source.now();
    return prepared(config, List.of(kv)).map(_ -> open(config, kv));
  }

  private Uni<byte[]> changed(
      String key, Optional<KeyValue> found, Function<Optional<KeyValue>, Uni<byte[]>> change) {
    EncryptionConfig config = source.now();
    return prepared(config, found.stream().toList())
        .chain(() -> {
          Optional<KeyValue> opened = found.map(kv -> open(config, kv));
          return change
              .apply(opened)
              .map(value ->
                  opened.isPresent() && opened.get().value() == value && !wantsRewrite(key)
                      ? found.get().value()
                      : seal(key, value));
        });
  }

  @Override
  public Uni<KeyValue> delete(String key, long modRevision) {
    return storage.delete(key, modRevision).chain(this::opened).invoke(_ -> forget(key));
  }

  @Override
  public Uni<Txn.Result> txn(Txn txn) {
    return Uni.createFrom()
        .deferred(
            () -> storage.txn(new Txn(txn.compares(), sealed(txn.then()), sealed(txn.otherwise()))))
        .chain(result -> {
          List<KeyValue> read = result.reads().stream().flatMap(Optional::stream).toList();
          EncryptionConfig config = source.now();
          return prepared(config, read)
              .map(_ ->
                  new Txn.Result(
                      result.revision(),
                      result.succeeded(),
                      result.reads().stream().map(o -> o.map(kv -> open(config, kv))).toList()));
        });
  }

  private List<Txn.Op> sealed(List<Txn.Op> ops) {
    List<Txn.Op> out = new ArrayList<>(ops.size());
    for (Txn.Op op : ops) {
      out.add(
          op instanceof Txn.Op.Put(String key, byte[] value, long lease)
              ? new Txn.Op.Put(key, seal(key, value), lease)
              : op);
    }
    return out;
  }

  @Override
  public Uni<Long> grantLease(long ttlSeconds) {
    return storage.grantLease(ttlSeconds);
  }

  @Override
  public Uni<Void> keepLeaseAlive(long lease) {
    return storage.keepLeaseAlive(lease);
  }

  @Override
  public Uni<Void> revokeLease(long lease) {
    return storage.revokeLease(lease);
  }

  @Override
  public Uni<Void> compact(long revision) {
    return storage.compact(revision);
  }

  @Override
  public Multi<ChangeBatch> watch(String prefix, long fromRevision, boolean previous) {
    return storage
        .watch(prefix, fromRevision, previous)
        .onItem()
        .transformToUniAndConcatenate(this::opened);
  }

  private Uni<ChangeBatch> opened(ChangeBatch batch) {
    List<KeyValue> values = new ArrayList<>();
    for (StorageChange change : batch.changes()) {
      switch (change) {
        case StorageChange.Put(KeyValue current, KeyValue before) -> {
          values.add(current);
          if (before != null) {
            values.add(before);
          }
        }
        case StorageChange.Delete(String _, long _, KeyValue before) -> {
          if (before != null) {
            values.add(before);
          }
        }
      }
    }
    if (values.isEmpty()) {
      return Uni.createFrom().item(batch);
    }
    EncryptionConfig config = source.now();
    return prepared(config, values)
        .chain(() -> superseded(config, values))
        .map(gone -> {
          List<StorageChange> out = new ArrayList<>(batch.changes().size());
          for (StorageChange change : batch.changes()) {
            if (!(change instanceof StorageChange.Put put && gone.contains(put.current()))) {
              out.add(opened(config, change, gone));
            }
          }
          return new ChangeBatch(batch.revision(), out);
        });
  }

  private StorageChange opened(EncryptionConfig config, StorageChange change, Set<KeyValue> gone) {
    return switch (change) {
      case StorageChange.Put(KeyValue current, KeyValue before) -> {
        KeyValue old = openOld(config, before, gone);
        yield new StorageChange.Put(open(config, current), old);
      }
      case StorageChange.Delete(String key, long revision, KeyValue before) -> {
        KeyValue old = openOld(config, before, gone);
        forget(key);
        yield new StorageChange.Delete(key, revision, old);
      }
    };
  }

  private @Nullable KeyValue openOld(
      EncryptionConfig config, @Nullable KeyValue before, Set<KeyValue> gone) {
    return before == null || gone.contains(before) ? null : open(config, before);
  }

  /**
   * Those of the values that nobody can open any more and that later ones have replaced: once a key
   * is rotated out, the store's recent history still holds what it wrote. A value that is current
   * stays, and fails when it is opened.
   */
  private Uni<Set<KeyValue>> superseded(EncryptionConfig config, List<KeyValue> values) {
    Set<KeyValue> gone = Collections.newSetFromMap(new IdentityHashMap<>());
    Uni<Void> all = Uni.createFrom().voidItem();
    for (KeyValue kv : values) {
      if (!config.of(kv.key()).owns(kv.value())) {
        all =
            all.chain(() -> storage.get(kv.key(), 0))
                .invoke(now -> {
                  if (now.isEmpty() || now.get().modRevision() != kv.modRevision()) {
                    gone.add(kv);
                  }
                })
                .replaceWithVoid();
      }
    }
    return all.map(_ -> gone);
  }
}
