package dev.coracle.watchhub;

import dev.coracle.watchhub.config.EmbeddedOptions;
import dev.coracle.watchhub.internal.embedded.Engine;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.Optional;
import java.util.function.Function;

/**
 * The storage inside the process: one directory, an append-only log and an index in memory (ADR
 * 0010). Values are on disk; a key costs about 300 bytes of memory. Two threads of its own (writer
 * and feed), both asleep when nobody writes; reads that need the disk run on virtual threads.
 */
public final class EmbeddedStorage implements Storage {

  private final Engine engine;

  public EmbeddedStorage(EmbeddedOptions options, MeterRegistry metrics) {
    this.engine = new Engine(options, metrics);
  }

  /** The engine behind it, for this module's own snapshots and tests. */
  Engine engine() {
    return engine;
  }

  @Override
  public Uni<Void> open() {
    return engine.open();
  }

  @Override
  public Uni<Void> close() {
    return engine.close();
  }

  @Override
  public Uni<Long> revision() {
    return engine.revision();
  }

  @Override
  public Uni<Optional<KeyValue>> get(String key, long revision) {
    return engine.get(key, revision);
  }

  @Override
  public Uni<Range> list(String prefix, String after, long limit, long revision) {
    return engine.list(prefix, after, limit, revision);
  }

  @Override
  public Uni<Long> scan(String prefix, long revision, StoredReader reader) {
    return engine.scan(prefix, revision, reader);
  }

  @Override
  public Uni<KeyValue> create(String key, byte[] value, long lease) {
    return engine.write(m -> m.create(key, value, lease));
  }

  @Override
  public Uni<KeyValue> guaranteedUpdate(
      String key, Function<Optional<KeyValue>, Uni<byte[]>> change) {
    return GuaranteedUpdate.run(this, key, change);
  }

  @Override
  public Uni<KeyValue> delete(String key, long modRevision) {
    return engine.write(m -> m.delete(key, modRevision));
  }

  @Override
  public Uni<Txn.Result> txn(Txn txn) {
    return engine.write(m -> m.txn(txn));
  }

  @Override
  public Uni<Long> grantLease(long ttlSeconds) {
    return engine.grantLease(0, ttlSeconds);
  }

  @Override
  public Uni<Void> keepLeaseAlive(long lease) {
    return engine.keepLeaseAlive(lease).replaceWithVoid();
  }

  @Override
  public Uni<Void> revokeLease(long lease) {
    return engine.revokeLease(lease);
  }

  @Override
  public Uni<Void> compact(long revision) {
    return engine.compact(revision);
  }

  @Override
  public Multi<ChangeBatch> watch(String prefix, long fromRevision, boolean previous) {
    return engine.watch(prefix, fromRevision, previous);
  }
}
