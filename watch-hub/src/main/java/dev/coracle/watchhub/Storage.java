package dev.coracle.watchhub;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.Optional;
import java.util.function.Function;

/**
 * The store's contract, in etcd's model: keys with values under one ever-growing revision, the
 * history of the recent ones, leases, and a change feed. Two implementations, one contract suite.
 *
 * <ul>
 *   <li>A write is acknowledged when it is durable, never before.
 *   <li>Every write makes exactly one new revision; a transaction makes one for all its writes.
 *   <li>Reads without a revision are linearisable. Reads at a revision see exactly that revision.
 *   <li>Failures are {@link StorageException}s, which arrive in the Uni, never thrown.
 *   <li>No call blocks the caller. Items may arrive on any thread.
 * </ul>
 */
public interface Storage {

  /**
   * Opens the store; fails with {@link StorageException.Corrupt} or {@link
   * StorageException.Unavailable}.
   */
  Uni<Void> open();

  /** Flushes and closes; every call after it fails with {@link StorageException.Unavailable}. */
  Uni<Void> close();

  /** The revision of the latest acknowledged write. */
  Uni<Long> revision();

  /** The value of a key; at {@code revision}, or the latest when 0. */
  Uni<Optional<KeyValue>> get(String key, long revision);

  /**
   * The keys that begin with {@code prefix}, in order.
   *
   * @param after begin behind this key; empty to begin at the first
   * @param limit at most so many; 0 for all
   * @param revision 0 for the latest
   */
  Uni<Range> list(String prefix, String after, long limit, long revision);

  /**
   * Gives every key that begins with {@code prefix} to the reader, in order, and then the revision
   * at which they were read. For whoever takes everything: values are copied once, by the reader.
   * When it fails, what the reader was given does not count.
   *
   * @param revision 0 for the latest
   */
  default Uni<Long> scan(String prefix, long revision, StoredReader reader) {
    return new PagedScan(this, prefix, reader).from(revision);
  }

  /** Puts a key that must not exist; else {@link StorageException.KeyExists}. */
  Uni<KeyValue> create(String key, byte[] value, long lease);

  /**
   * Reads, lets {@code change} make the new value, and writes it if the key has not changed
   * meanwhile; else begins anew. When {@code change} gives the old value's own array, nothing is
   * written. A failed Uni ends it with that failure.
   *
   * @param change called with the current value (empty when there is none), once for every attempt
   */
  Uni<KeyValue> guaranteedUpdate(String key, Function<Optional<KeyValue>, Uni<byte[]>> change);

  /**
   * Deletes a key and gives its last value with the deletion's revision as modRevision.
   *
   * @param modRevision only when the key is at this revision, else {@link
   *     StorageException.Conflict}; 0 for whatever
   */
  Uni<KeyValue> delete(String key, long modRevision);

  Uni<Txn.Result> txn(Txn txn);

  /** A new lease that lives {@code ttlSeconds} after its last keep-alive; its keys die with it. */
  Uni<Long> grantLease(long ttlSeconds);

  /** Fails with {@link StorageException.KeyNotFound} when the lease has ended. */
  Uni<Void> keepLeaseAlive(long lease);

  Uni<Void> revokeLease(long lease);

  /** Forgets the history before {@code revision}; the current values stay. */
  Uni<Void> compact(long revision);

  /**
   * The changes below {@code prefix} from {@code fromRevision} on, inclusive; first those of the
   * history, then live ones, without gap or double. The first batch arrives at once, also if empty.
   * Ends with {@link StorageException.Compacted} when the beginning is gone. A subscriber that asks
   * too slowly gets bigger batches from the history, and ends with Compacted when it falls out of
   * it. Now and then, and soon after {@link #revision} was asked, comes a batch without changes
   * that tells how far the feed is when nothing below the prefix changed.
   *
   * @param fromRevision 0: from the next write on
   * @param previous whether the changes carry the values before, which costs reads
   */
  Multi<ChangeBatch> watch(String prefix, long fromRevision, boolean previous);

  default Multi<ChangeBatch> watch(String prefix, long fromRevision) {
    return watch(prefix, fromRevision, false);
  }

  /**
   * Whether the value of this key should be written anew by the next update, even by one that
   * changes nothing: a decorator's wish, when the value lies there in an older form.
   */
  default boolean wantsRewrite(String key) {
    return false;
  }
}
