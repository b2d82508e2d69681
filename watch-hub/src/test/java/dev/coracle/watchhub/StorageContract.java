package dev.coracle.watchhub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Storage} must do. It stands here and not in the testkit, because the testkit is
 * built after the launcher; it is published with this module's test jar. Keys lie below {@link
 * #prefix()}, which is fresh for every test, so one server can serve all of them.
 */
public abstract class StorageContract {

  /** Long enough for eight writers of one key on a machine that has other things to do. */
  protected static final Duration WAIT = Duration.ofSeconds(60);

  private static final AtomicInteger COUNTER = new AtomicInteger();

  protected Storage storage;
  private String prefix = "";

  /** A storage that is not open yet. */
  protected abstract Storage newStorage() throws Exception;

  /** Whether leases of a second or two really end so soon (etcd has a minimum). */
  protected Duration shortestLease() {
    return Duration.ofSeconds(1);
  }

  @BeforeEach
  void openStorage() throws Exception {
    prefix = "/contract/" + System.nanoTime() + "-" + COUNTER.incrementAndGet() + "/";
    storage = newStorage();
    await(storage.open());
  }

  @AfterEach
  void closeStorage() throws Exception {
    if (storage != null) {
      await(storage.close());
    }
  }

  protected final String prefix() {
    return prefix;
  }

  protected final String key(String name) {
    return prefix + name;
  }

  protected static <T> T await(Uni<T> uni) {
    return uni.await().atMost(WAIT);
  }

  protected static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  protected static String text(KeyValue kv) {
    return new String(kv.value(), StandardCharsets.UTF_8);
  }

  protected final KeyValue put(String name, String value) {
    return await(storage.guaranteedUpdate(key(name), _ -> Uni.createFrom().item(bytes(value))));
  }

  protected final Optional<KeyValue> get(String name) {
    return await(storage.get(key(name), 0));
  }

  private List<String> scan(String below, long revision) {
    List<String> found = new ArrayList<>();
    long at =
        await(
            storage.scan(
                key(below),
                revision,
                (key, modified, value) -> {
                  byte[] bytes = new byte[value.length() + 2];
                  value.copyTo(bytes, 1);
                  found.add(key.substring(prefix.length()) + "@" + modified + "=" + show(bytes));
                }));
    assertThat(at).isGreaterThanOrEqualTo(revision);
    return found;
  }

  private static String show(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8).replace('\0', '|');
  }

  private static String shown(String name, KeyValue kv) {
    return name + "@" + kv.modRevision() + "=|" + text(kv) + "|";
  }

  @Test
  void aScanGivesEveryKeyBelowAPrefixAtARevision() {
    KeyValue a = put("p/a", "1");
    KeyValue b = put("p/b", "");
    put("q/c", "other");
    KeyValue later = put("p/a", "2, longer");
    await(storage.delete(key("p/b"), 0));
    assertThat(scan("p/", 0)).containsExactly(shown("p/a", later));
    assertThat(scan("p/", b.modRevision())).containsExactly(shown("p/a", a), shown("p/b", b));
    assertThat(scan("nothing/", 0)).isEmpty();
    assertThatThrownBy(() -> scan("p/", later.modRevision() + 1000))
        .isInstanceOf(StorageException.FutureRevision.class);
    await(storage.compact(later.modRevision()));
    assertThatThrownBy(() -> scan("p/", b.modRevision()))
        .isInstanceOf(StorageException.Compacted.class);
  }

  @Test
  void aScanGoesOnBeyondOnePage() {
    int keys = 10_001;
    for (int from = 0; from < keys; from += 100) {
      List<Txn.Op> puts = new ArrayList<>();
      for (int i = from; i < Math.min(keys, from + 100); i++) {
        puts.add(new Txn.Op.Put(key(String.format("n/%05d", i)), bytes("v" + i), 0));
      }
      await(storage.txn(new Txn(List.of(), puts, List.of())));
    }
    List<String> found = scan("n/", 0);
    assertThat(found).hasSize(keys).isSorted();
    assertThat(found.getLast()).startsWith("n/10000@").endsWith("=|v10000|");
  }

  @Test
  void createsAndReads() {
    KeyValue made = await(storage.create(key("a"), bytes("1"), 0));
    assertThat(made.version()).isEqualTo(1);
    assertThat(made.createRevision()).isEqualTo(made.modRevision());
    KeyValue found = get("a").orElseThrow();
    assertThat(found.key()).isEqualTo(key("a"));
    assertThat(text(found)).isEqualTo("1");
    assertThat(found.modRevision()).isEqualTo(made.modRevision());
    assertThat(await(storage.revision())).isGreaterThanOrEqualTo(made.modRevision());
  }

  @Test
  void refusesToCreateTwice() {
    await(storage.create(key("a"), bytes("1"), 0));
    assertThatThrownBy(() -> await(storage.create(key("a"), bytes("2"), 0)))
        .isInstanceOf(StorageException.KeyExists.class);
    assertThat(text(get("a").orElseThrow())).isEqualTo("1");
  }

  @Test
  void everyWriteIsOneRevisionMore() {
    long first = put("a", "1").modRevision();
    long second = put("b", "1").modRevision();
    KeyValue third = put("a", "2");
    assertThat(second).isEqualTo(first + 1);
    assertThat(third.modRevision()).isEqualTo(first + 2);
    assertThat(third.createRevision()).isEqualTo(first);
    assertThat(third.version()).isEqualTo(2);
  }

  @Test
  void readsOldRevisions() {
    long first = put("a", "1").modRevision();
    put("a", "2");
    await(storage.delete(key("a"), 0));
    assertThat(text(await(storage.get(key("a"), first)).orElseThrow())).isEqualTo("1");
    assertThat(text(await(storage.get(key("a"), first + 1)).orElseThrow())).isEqualTo("2");
    assertThat(await(storage.get(key("a"), first + 2))).isEmpty();
    assertThat(get("a")).isEmpty();
  }

  @Test
  void refusesFutureRevisions() {
    long now = put("a", "1").modRevision();
    assertThatThrownBy(() -> await(storage.get(key("a"), now + 1000)))
        .isInstanceOf(StorageException.FutureRevision.class);
  }

  @Test
  void aKeyThatComesBackBeginsAnew() {
    put("a", "1");
    put("a", "2");
    await(storage.delete(key("a"), 0));
    KeyValue again = put("a", "3");
    assertThat(again.version()).isEqualTo(1);
    assertThat(again.createRevision()).isEqualTo(again.modRevision());
  }

  @Test
  void listsInOrderPageByPage() {
    for (String name : List.of("c", "a", "e", "b", "d")) {
      put(name, name);
    }
    Range first = await(storage.list(prefix, "", 2, 0));
    assertThat(first.items()).extracting(StorageContract::text).containsExactly("a", "b");
    assertThat(first.more()).isTrue();
    assertThat(first.count()).isIn(-1L, 5L);
    put("aa", "late");
    Range second = await(storage.list(prefix, key("b"), 2, first.revision()));
    assertThat(second.items()).extracting(StorageContract::text).containsExactly("c", "d");
    Range third = await(storage.list(prefix, key("d"), 2, first.revision()));
    assertThat(third.items()).extracting(StorageContract::text).containsExactly("e");
    assertThat(third.more()).isFalse();
    assertThat(third.revision()).isEqualTo(first.revision());
    Range now = await(storage.list(prefix, "", 0, 0));
    assertThat(now.items()).hasSize(6);
  }

  @Test
  void prefixesAreNotMixedUp() {
    put("a/1", "in");
    put("a0", "out");
    put("a", "out");
    Range range = await(storage.list(key("a/"), "", 0, 0));
    assertThat(range.items()).extracting(StorageContract::text).containsExactly("in");
  }

  @Test
  void deletesOnlyWhatWasMeant() {
    KeyValue made = put("a", "1");
    KeyValue changed = put("a", "2");
    assertThatThrownBy(() -> await(storage.delete(key("a"), made.modRevision())))
        .isInstanceOf(StorageException.Conflict.class);
    KeyValue last = await(storage.delete(key("a"), changed.modRevision()));
    assertThat(text(last)).isEqualTo("2");
    assertThat(last.modRevision()).isEqualTo(changed.modRevision() + 1);
    assertThatThrownBy(() -> await(storage.delete(key("a"), 0)))
        .isInstanceOf(StorageException.KeyNotFound.class);
  }

  @Test
  void updatesAgainWhenAnotherWriteCameBetween() {
    put("n", "0");
    AtomicInteger calls = new AtomicInteger();
    KeyValue result =
        await(
            storage.guaranteedUpdate(
                key("n"),
                found -> {
                  if (calls.incrementAndGet() == 1) {
                    return storage
                        .guaranteedUpdate(key("n"), _ -> Uni.createFrom().item(bytes("10")))
                        .map(_ -> bytes("wrong"));
                  }
                  int n = Integer.parseInt(text(found.orElseThrow()));
                  return Uni.createFrom().item(bytes("" + (n + 1)));
                }));
    assertThat(calls).hasValue(2);
    assertThat(text(result)).isEqualTo("11");
    assertThat(text(get("n").orElseThrow())).isEqualTo("11");
  }

  @Test
  void anUpdateToTheSameArrayWritesNothing() {
    KeyValue made = put("a", "1");
    KeyValue same =
        await(
            storage.guaranteedUpdate(
                key("a"), found -> Uni.createFrom().item(found.orElseThrow().value())));
    assertThat(same.modRevision()).isEqualTo(made.modRevision());
  }

  @Test
  void transactionsAreOneRevision() {
    KeyValue a = put("a", "1");
    Txn.Compare unchanged =
        new Txn.Compare(key("a"), Txn.Target.MOD_REVISION, Txn.Relation.EQUAL, a.modRevision());
    Txn.Compare absent = new Txn.Compare(key("b"), Txn.Target.VERSION, Txn.Relation.EQUAL, 0);
    Txn txn =
        new Txn(
            List.of(unchanged, absent),
            List.of(
                new Txn.Op.Put(key("b"), bytes("2"), 0),
                new Txn.Op.Delete(key("a")),
                new Txn.Op.Get(key("b"))),
            List.of(new Txn.Op.Get(key("a")), new Txn.Op.Get(key("c"))));
    Txn.Result done = await(storage.txn(txn));
    assertThat(done.succeeded()).isTrue();
    assertThat(done.revision()).isEqualTo(a.modRevision() + 1);
    assertThat(text(done.reads().getFirst().orElseThrow())).isEqualTo("2");
    assertThat(get("a")).isEmpty();
    assertThat(get("b").orElseThrow().modRevision()).isEqualTo(done.revision());
    Txn.Result other = await(storage.txn(txn));
    assertThat(other.succeeded()).isFalse();
    assertThat(other.revision()).isEqualTo(done.revision());
    assertThat(other.reads()).containsExactly(Optional.empty(), Optional.empty());
  }

  @Test
  void watchesFromHistoryIntoLive() {
    long start = put("a", "1").modRevision();
    put("b", "1");
    try (WatchRecorder watch = new WatchRecorder(storage.watch(prefix, start))) {
      watch.awaitChanges(2);
      put("a", "2");
      await(storage.delete(key("b"), 0));
      watch.awaitChanges(4);
      assertThat(watch.summary(prefix))
          .containsExactly("put a=1 @0", "put b=1 @1", "put a=2 @2", "delete b @3");
    }
  }

  @Test
  void aWatchFromTheFutureWaits() {
    long now = put("a", "1").modRevision();
    try (WatchRecorder watch = new WatchRecorder(storage.watch(prefix, now + 2))) {
      watch.awaitBatches(1);
      put("a", "2");
      put("a", "3");
      watch.awaitChanges(1);
      assertThat(watch.summary(prefix)).containsExactly("put a=3 @0");
    }
  }

  @Test
  void aWatchSeesOnlyItsPrefix() {
    try (WatchRecorder watch = new WatchRecorder(storage.watch(key("in/"), 0))) {
      watch.awaitBatches(1);
      put("out", "1");
      put("in/x", "2");
      watch.awaitChanges(1);
      assertThat(watch.summary(prefix)).containsExactly("put in/x=2 @0");
    }
  }

  @Test
  void aWatchCanCarryWhatWasBefore() {
    long start = put("a", "1").modRevision();
    put("a", "2");
    await(storage.delete(key("a"), 0));
    try (WatchRecorder watch = new WatchRecorder(storage.watch(prefix, start, true))) {
      watch.awaitChanges(3);
      assertThat(watch.previous()).containsExactly("-", "1", "2");
    }
  }

  @Test
  void aTransactionIsNeverSplitOverBatches() {
    try (WatchRecorder watch = new WatchRecorder(storage.watch(prefix, 0))) {
      watch.awaitBatches(1);
      for (int i = 0; i < 20; i++) {
        await(
            storage.txn(
                new Txn(
                    List.of(),
                    List.of(
                        new Txn.Op.Put(key("x"), bytes("" + i), 0),
                        new Txn.Op.Put(key("y"), bytes("" + i), 0)),
                    List.of())));
      }
      watch.awaitChanges(40);
      watch.assertWholeRevisions();
    }
  }

  @Test
  void demandIsRespected() {
    long start = put("a", "0").modRevision();
    try (WatchRecorder watch = new WatchRecorder(storage.watch(prefix, start), 1)) {
      watch.awaitBatches(1);
      for (int i = 1; i <= 10; i++) {
        put("a", "" + i);
      }
      assertThat(watch.batches()).isEqualTo(1);
      watch.request(100);
      watch.awaitChanges(11);
      assertThat(watch.summary(prefix)).first().isEqualTo("put a=0 @0");
      assertThat(watch.summary(prefix)).last().isEqualTo("put a=10 @10");
    }
  }

  @Test
  void compactionForgetsHistoryAndKeepsValues() {
    long first = put("a", "1").modRevision();
    put("b", "1");
    long now = put("a", "2").modRevision();
    await(storage.compact(now));
    assertThat(text(get("a").orElseThrow())).isEqualTo("2");
    assertThat(text(get("b").orElseThrow())).isEqualTo("1");
    assertThatThrownBy(() -> await(storage.get(key("a"), first)))
        .isInstanceOf(StorageException.Compacted.class);
    assertThatThrownBy(() -> await(storage.list(prefix, "", 0, first)))
        .isInstanceOf(StorageException.Compacted.class);
    assertThat(await(storage.list(prefix, "", 0, now)).items()).hasSize(2);
    try (WatchRecorder watch = new WatchRecorder(storage.watch(prefix, first))) {
      watch.awaitFailure();
      assertThat(watch.failure()).isInstanceOf(StorageException.Compacted.class);
    }
    assertThatThrownBy(() -> await(storage.compact(first)))
        .isInstanceOf(StorageException.Compacted.class);
    assertThatThrownBy(() -> await(storage.compact(now + 1000)))
        .isInstanceOf(StorageException.FutureRevision.class);
  }

  @Test
  void leasesEndWithTheirKeys() {
    long lease = await(storage.grantLease(shortestLease().toSeconds()));
    KeyValue made = await(storage.create(key("a"), bytes("1"), lease));
    assertThat(made.lease()).isEqualTo(lease);
    assertThat(get("a").orElseThrow().lease()).isEqualTo(lease);
    put("b", "1");
    try (WatchRecorder watch = new WatchRecorder(storage.watch(prefix, made.modRevision()))) {
      watch.awaitChanges(3);
      assertThat(watch.summary(prefix)).last().asString().startsWith("delete a");
    }
    assertThat(get("a")).isEmpty();
    assertThat(get("b")).isPresent();
    assertThatThrownBy(() -> await(storage.keepLeaseAlive(lease)))
        .isInstanceOf(StorageException.KeyNotFound.class);
  }

  @Test
  void leasesAreKeptAliveAndRevoked() {
    long lease = await(storage.grantLease(100));
    await(storage.create(key("a"), bytes("1"), lease));
    await(storage.create(key("b"), bytes("1"), lease));
    await(storage.keepLeaseAlive(lease));
    long before = await(storage.revision());
    await(storage.revokeLease(lease));
    assertThat(get("a")).isEmpty();
    assertThat(get("b")).isEmpty();
    assertThat(await(storage.revision())).isEqualTo(before + 1);
    assertThatThrownBy(() -> await(storage.revokeLease(lease)))
        .isInstanceOf(StorageException.KeyNotFound.class);
    assertThatThrownBy(() -> await(storage.create(key("c"), bytes("1"), lease)))
        .isInstanceOf(StorageException.KeyNotFound.class);
  }

  @Test
  void concurrentUpdatesLoseNothing() throws Exception {
    put("n", "0");
    List<Thread> threads = new java.util.ArrayList<>();
    for (int t = 0; t < 8; t++) {
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                for (int i = 0; i < 25; i++) {
                  await(
                      storage.guaranteedUpdate(
                          key("n"),
                          found -> {
                            int n = Integer.parseInt(text(found.orElseThrow()));
                            return Uni.createFrom().item(bytes("" + (n + 1)));
                          }));
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(text(get("n").orElseThrow())).isEqualTo("200");
  }

  @Test
  void writesAreSeenByReadsThatBeginAfterThem() {
    for (int i = 0; i < 100; i++) {
      put("a", "" + i);
      assertThat(text(get("a").orElseThrow())).isEqualTo("" + i);
    }
  }

  @Test
  void emptyAndLargeValues() {
    put("empty", "");
    assertThat(get("empty").orElseThrow().value()).isEmpty();
    String large = "x".repeat(1_000_000);
    put("large", large);
    assertThat(get("large").orElseThrow().value()).hasSize(1_000_000);
  }

  @Test
  void revisionQuestionsBringTheFeedUpToDate() {
    try (WatchRecorder watch = new WatchRecorder(storage.watch(key("quiet/"), 0))) {
      watch.awaitBatches(1);
      long now = put("loud", "1").modRevision();
      Awaitility.await()
          .atMost(WAIT)
          .until(() -> {
            await(storage.revision());
            return watch.revision() >= now;
          });
    }
  }
}
