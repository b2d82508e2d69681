package dev.coracle.watchhub.internal.embedded;

import dev.coracle.watchhub.KeyValue;
import dev.coracle.watchhub.StorageException;
import dev.coracle.watchhub.Txn;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Applies changes to the index and to the frames of the group that is being collected, and can take
 * them back. The writer's alone.
 */
public final class Mutation {

  /** Values beyond this are refused, as etcd refuses them (its default is 1.5 MiB). */
  static final int MAX_VALUE = 8 << 20;

  private final Index index;
  private final Leases leases;
  private final FrameBuffer frames;
  private final List<Runnable> undo = new ArrayList<>();
  private long group;
  private @Nullable LogFile log;
  private long room;
  private long now;

  Mutation(Index index, Leases leases, FrameBuffer frames) {
    this.index = index;
    this.leases = leases;
    this.frames = frames;
  }

  /**
   * Begins a group.
   *
   * @param bytes how much puts may add; deletions are not counted
   */
  void begin(long newGroup, LogFile newLog, long bytes, long nanoTime) {
    group = newGroup;
    log = newLog;
    room = bytes;
    now = nanoTime;
    undo.clear();
  }

  int mark() {
    return undo.size();
  }

  /** Takes back all that was done since the mark. */
  void backTo(int mark) {
    while (undo.size() > mark) {
      undo.removeLast().run();
    }
  }

  boolean isEmpty() {
    return frames.isEmpty();
  }

  public Txn.Result txn(Txn txn) {
    boolean holds = true;
    for (Txn.Compare compare : txn.compares()) {
      holds = holds && holds(compare);
    }
    List<Optional<KeyValue>> reads = new ArrayList<>();
    Commit commit = new Commit();
    for (Txn.Op op : holds ? txn.then() : txn.otherwise()) {
      switch (op) {
        case Txn.Op.Get get -> reads.add(newest(get.key()));
        case Txn.Op.Put put -> commit.set(put.key(), put.value(), put.lease());
        case Txn.Op.Delete delete -> commit.delete(delete.key());
      }
    }
    commit.end();
    return new Txn.Result(index.newest, holds, reads);
  }

  private boolean holds(Txn.Compare compare) {
    KeyHistory history = index.keys.get(compare.key());
    Version v = history == null ? null : history.newest();
    long found =
        v == null
            ? 0
            : switch (compare.target()) {
              case CREATE_REVISION -> v.createRevision;
              case MOD_REVISION -> v.modRevision;
              case VERSION -> v.version;
              case LEASE -> v.lease;
            };
    return switch (compare.relation()) {
      case EQUAL -> found == compare.number();
      case NOT_EQUAL -> found != compare.number();
      case GREATER -> found > compare.number();
      case LESS -> found < compare.number();
    };
  }

  Optional<KeyValue> newest(String key) {
    KeyHistory history = index.keys.get(key);
    Version v = history == null ? null : history.newest();
    return history == null || v == null
        ? Optional.empty()
        : Optional.of(Values.read(history, v, index));
  }

  public KeyValue create(String key, byte[] value, long lease) {
    KeyHistory history = index.keys.get(key);
    if (history != null && history.newest() != null) {
      throw new StorageException.KeyExists(key);
    }
    Commit commit = new Commit();
    Version v = commit.set(key, value, lease);
    commit.end();
    return new KeyValue(key, value, v.createRevision, v.modRevision, v.version, lease);
  }

  public KeyValue delete(String key, long modRevision) {
    KeyValue last = newest(key).orElseThrow(() -> new StorageException.KeyNotFound(key));
    if (modRevision != 0 && last.modRevision() != modRevision) {
      throw new StorageException.Conflict(key);
    }
    Commit commit = new Commit();
    commit.delete(key);
    commit.end();
    return new KeyValue(
        key, last.value(), last.createRevision(), index.newest, last.version(), last.lease());
  }

  public Long grant(long id, long ttlSeconds) {
    if (leases.get(id) != null) {
      throw new StorageException.KeyExists("lease " + id);
    }
    frames.begin(group, Frame.Kind.LEASE);
    frames.putLong(id);
    frames.putLong(ttlSeconds);
    frames.end();
    leases.add(id, ttlSeconds, now);
    undo.add(() -> leases.remove(id));
    return id;
  }

  /** Begins a change of one revision, to be put together by the caller. */
  public Edit edit() {
    return new Commit();
  }

  /** A change in the making; all of it becomes one revision, or none when nothing was changed. */
  public interface Edit {

    /** The value as it is now, earlier changes of this edit included. */
    Optional<KeyValue> get(String key);

    /**
     * The keys from {@code from} on and below {@code end}.
     *
     * @param end empty: to the last key
     */
    List<KeyValue> range(String from, String end);

    KeyValue put(String key, byte[] value, long lease);

    /** Deletes a key that exists. */
    void remove(String key);

    /** Ends the edit and gives the store's revision after it. */
    long finish();
  }

  /** Seconds that a lease still has, and had at the beginning; empty when there is none. */
  public Optional<long[]> leaseTimes(long id) {
    Leases.Lease lease = leases.get(id);
    return lease == null
        ? Optional.empty()
        : Optional.of(
            new long[] {Math.max(0, (lease.deadline - now) / 1_000_000_000L), lease.ttlSeconds});
  }

  public List<String> leaseKeys(long id) {
    Leases.Lease lease = leases.get(id);
    return lease == null ? List.of() : lease.keys.stream().sorted().toList();
  }

  public List<Long> leaseIds() {
    return leases.all().stream().map(l -> l.id).sorted().toList();
  }

  /** When the group was begun, in nanoseconds of the storage's clock. */
  long now() {
    return now;
  }

  /** The store's newest revision. */
  public long revision() {
    return index.newest;
  }

  /** Renews a lease and gives its time in seconds; nothing of it is written down. */
  public Long keepAlive(long id) {
    Leases.Lease lease = leases.get(id);
    if (lease == null) {
      throw new StorageException.KeyNotFound("lease " + id);
    }
    leases.renew(lease, now);
    return lease.ttlSeconds;
  }

  /** Ends a lease and deletes its keys in one revision. */
  public void revoke(long id) {
    Leases.Lease lease = leases.get(id);
    if (lease == null) {
      throw new StorageException.KeyNotFound("lease " + id);
    }
    Commit commit = new Commit();
    for (String key : lease.keys.stream().sorted().toList()) {
      commit.delete(key);
    }
    commit.end();
    frames.begin(group, Frame.Kind.LEASE_END);
    frames.putLong(id);
    frames.end();
    leases.remove(id);
    undo.add(() -> leases.restore(lease));
  }

  /** Notes a compaction; the index forgets only when the note is durable. */
  void noteCompaction(long revision) {
    frames.begin(group, Frame.Kind.COMPACT);
    frames.putLong(revision);
    frames.end();
  }

  void noteEnd(long revision) {
    frames.begin(group, Frame.Kind.END);
    frames.putLong(revision);
    frames.end();
  }

  /** One revision in the making; a commit without changes leaves nothing behind. */
  private final class Commit implements Edit {
    private final long revision = index.newest + 1;
    private final int start = frames.position();
    private final List<KeyHistory> changed = new ArrayList<>(1);
    private int countAt;

    private void change(KeyHistory history, Version next) {
      Version before = history.newest();
      if (before != null && before.modRevision == revision) {
        throw new IllegalArgumentException("a transaction changes a key twice: " + history.key);
      }
      account(history, before, next);
      history.append(next);
      changed.add(history);
      undo.add(() -> {
        history.undo(revision);
        account(history, next.isDeletion() ? null : next, before);
        if (history.isEmpty()) {
          index.keys.remove(history.key, history);
        }
      });
    }

    private void account(KeyHistory history, @Nullable Version before, @Nullable Version next) {
      if (before != null) {
        index.liveKeys--;
        index.liveBytes -= before.length + history.key.length();
        leases.detach(before.lease, history.key);
      }
      if (next != null && !next.isDeletion()) {
        index.liveKeys++;
        index.liveBytes += next.length + history.key.length();
        leases.attach(next.lease, history.key);
      }
    }

    private void begin() {
      if (changed.isEmpty()) {
        undo.add(() -> {
          index.newest = revision - 1;
          frames.position(start);
        });
        frames.begin(group, Frame.Kind.COMMIT);
        frames.putLong(revision);
        countAt = frames.position();
        frames.putInt(0);
      }
    }

    @Override
    public Optional<KeyValue> get(String key) {
      return newest(key);
    }

    @Override
    public List<KeyValue> range(String from, String end) {
      List<KeyValue> found = new ArrayList<>();
      for (KeyHistory history : index.between(from, end).values()) {
        Version v = history.newest();
        if (v != null) {
          found.add(Values.read(history, v, index));
        }
      }
      return found;
    }

    @Override
    public KeyValue put(String key, byte[] value, long lease) {
      Version v = set(key, value, lease);
      return new KeyValue(key, value, v.createRevision, v.modRevision, v.version, lease);
    }

    @Override
    public void remove(String key) {
      delete(key);
    }

    @Override
    public long finish() {
      end();
      return index.newest;
    }

    Version set(String key, byte[] value, long lease) {
      if (value.length > MAX_VALUE) {
        throw new StorageException.TooLarge(key, value.length, MAX_VALUE);
      }
      if (frames.position() + value.length > room) {
        throw new StorageException.NoSpace("the storage has reached its size limit");
      }
      if (lease != 0 && leases.get(lease) == null) {
        throw new StorageException.KeyNotFound("lease " + lease);
      }
      begin();
      KeyHistory history = index.historyOf(key);
      Version before = history.newest();
      long create = before == null ? revision : before.createRevision;
      long version = before == null ? 1 : before.version + 1;
      frames.putByte(1);
      frames.putText(key);
      frames.putLong(create);
      frames.putLong(version);
      frames.putLong(lease);
      LogFile file = java.util.Objects.requireNonNull(log);
      long offset = file.end() + frames.putBytes(value);
      Version next = new Version(revision, create, version, lease, file.data, offset, value.length);
      next.recent = value;
      change(history, next);
      return next;
    }

    void delete(String key) {
      KeyHistory history = index.keys.get(key);
      if (history == null || history.newest() == null) {
        return;
      }
      begin();
      frames.putByte(2);
      frames.putText(key);
      change(history, Version.deletion(revision));
    }

    void end() {
      if (!changed.isEmpty()) {
        frames.putCount(countAt, changed.size());
        frames.end();
        index.newest = revision;
        index.noteRevision(revision, changed);
      }
    }
  }
}
