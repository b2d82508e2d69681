package dev.coracle.watchhub;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What concurrent clients did to one storage and what they were answered, and a checker for it.
 *
 * <p>Since every write is answered with its revision, the order in which the operations took effect
 * need not be searched for: it is the revisions' order, or there is none. The history is
 * linearisable when that order agrees with real time, every read saw the value of the latest write
 * at or before some moment between its question and its answer, and later reads never saw less.
 */
final class History {

  /**
   * @param revision of a write: the one it made; of a read: the one of the value, 0 for none
   * @param header of a read: the store's revision it was made at, 0 where that was not asked for
   */
  record Operation(boolean write, String key, String value, long revision, long start, long end) {}

  private final List<Operation> operations = new ArrayList<>();
  private final List<Operation> unknown = new ArrayList<>();
  private final AtomicLong clock = new AtomicLong();
  final AtomicBoolean stop = new AtomicBoolean();

  private static <T> T await(Uni<T> uni) {
    return uni.await().atMost(Duration.ofSeconds(60));
  }

  /** One client: random reads and compare-and-writes on a few keys until stopped or done. */
  void client(Storage storage, String prefix, long seed, int operationsToDo) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < operationsToDo && !stop.get(); i++) {
      String key = prefix + "k" + random.nextInt(3);
      if (random.nextBoolean()) {
        read(storage, key);
      } else {
        write(storage, key, seed + "-" + i);
      }
    }
  }

  private void read(Storage storage, String key) {
    long start = clock.incrementAndGet();
    try {
      KeyValue found = await(storage.get(key, 0)).orElse(null);
      long end = clock.incrementAndGet();
      add(
          found == null
              ? new Operation(false, key, "", 0, start, end)
              : new Operation(false, key, text(found), found.modRevision(), start, end));
    } catch (StorageException.Unavailable e) {
      return; // a read without an answer has told nobody anything
    }
  }

  private void write(Storage storage, String key, String value) {
    long start = clock.incrementAndGet();
    try {
      KeyValue kv =
          await(
              storage.guaranteedUpdate(
                  key, _ -> Uni.createFrom().item(value.getBytes(StandardCharsets.UTF_8))));
      add(new Operation(true, key, value, kv.modRevision(), start, clock.incrementAndGet()));
    } catch (StorageException.Unavailable e) {
      synchronized (this) {
        unknown.add(new Operation(true, key, value, 0, start, Long.MAX_VALUE));
      }
    }
  }

  private static String text(KeyValue kv) {
    return new String(kv.value(), StandardCharsets.UTF_8);
  }

  private synchronized void add(Operation operation) {
    operations.add(operation);
  }

  synchronized int size() {
    return operations.size();
  }

  synchronized void assertLinearisable() {
    Map<String, List<Operation>> byKey = new HashMap<>();
    for (Operation o : operations) {
      byKey.computeIfAbsent(o.key, _ -> new ArrayList<>()).add(o);
    }
    byKey.forEach(this::check);
  }

  private void check(String key, List<Operation> all) {
    Map<Long, Operation> writes = new HashMap<>();
    for (Operation o : all) {
      if (o.write) {
        Operation before = writes.put(o.revision, o);
        assertThat(before).as("revision %d of %s made twice", o.revision, key).isNull();
      }
    }
    // Writes without an answer that somebody read did happen: their revision is known by that.
    for (Operation o : all) {
      if (!o.write && o.revision > 0 && !writes.containsKey(o.revision)) {
        Operation lost =
            unknown.stream()
                .filter(u -> u.key.equals(key) && u.value.equals(o.value))
                .findFirst()
                .orElseThrow(() -> new AssertionError("nobody wrote what " + o + " read"));
        writes.put(
            o.revision, new Operation(true, key, o.value, o.revision, lost.start, Long.MAX_VALUE));
      }
    }
    for (Operation o : all) {
      if (!o.write && o.revision > 0) {
        assertThat(o.value).isEqualTo(writes.get(o.revision).value);
        assertThat(writes.get(o.revision).start).as("%s", o).isLessThan(o.end);
      }
    }
    // What had been answered before an operation began bounds it from below.
    List<Operation> byEnd = new ArrayList<>(all);
    byEnd.sort(Comparator.comparingLong(Operation::end));
    List<Operation> byStart = new ArrayList<>(all);
    byStart.sort(Comparator.comparingLong(Operation::start));
    long seen = 0;
    int next = 0;
    for (Operation o : byStart) {
      while (next < byEnd.size() && byEnd.get(next).end < o.start) {
        seen = Math.max(seen, byEnd.get(next++).revision);
      }
      if (o.write) {
        assertThat(o.revision)
            .as("%s began after revision %d was known", o, seen)
            .isGreaterThan(seen);
      } else {
        assertThat(o.revision)
            .as("%s began after revision %d was known", o, seen)
            .isGreaterThanOrEqualTo(seen);
      }
    }
  }
}
