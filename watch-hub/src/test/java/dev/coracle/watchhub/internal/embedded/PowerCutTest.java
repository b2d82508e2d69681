package dev.coracle.watchhub.internal.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.watchhub.KeyValue;
import dev.coracle.watchhub.StorageChange;
import dev.coracle.watchhub.StorageException;
import dev.coracle.watchhub.config.EmbeddedOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Writers on a disk whose power is cut at any moment, whose writes tear and whose syncs fail. After
 * every cut: what was acknowledged is there, every revision exists once, and none has two meanings.
 */
class PowerCutTest {

  private static final int CUTS = 4;

  @TempDir Path directory;

  static LongStream seeds() {
    return LongStream.range(0, Long.getLong("coracle.powercut.seeds", 6));
  }

  private static <T> T await(Uni<T> uni) {
    return uni.await().atMost(Duration.ofSeconds(20));
  }

  private Engine engine(Disk disk) {
    return engine(disk, 1_000_000);
  }

  private Engine engine(Disk disk, long history) {
    EmbeddedOptions options =
        EmbeddedOptions.defaults(directory)
            .withHistory(Duration.ofMinutes(5), history)
            .withSizes(1L << 30, 8 << 10);
    return new Engine(options, new SimpleMeterRegistry(), disk, System::nanoTime);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void nothingAcknowledgedIsLost(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    Map<Long, String> acknowledged = new ConcurrentHashMap<>();
    for (int cut = 0; cut < CUTS; cut++) {
      CrashDisk disk = new CrashDisk(random.split());
      Engine engine = engine(disk);
      await(engine.open());
      check(engine, acknowledged);
      disk.reason = random.nextBoolean() ? "No space left on device" : "Input/output error";
      disk.failOneOf = random.nextInt(3) == 0 ? 0 : 10 + random.nextInt(40);
      write(engine, random, acknowledged, cut, 20 + random.nextInt(200), disk);
      await(engine.close());
      disk.powerCut();
    }
    Engine engine = engine(Disk.real(false));
    await(engine.open());
    check(engine, acknowledged);
    await(engine.close());
  }

  /** The same with a history so short that base files replace log files all the time. */
  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void noValueIsLostWhileOldFilesAreReplaced(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(~seed);
    Map<Long, String> acknowledged = new ConcurrentHashMap<>();
    boolean replaced = false;
    for (int cut = 0; cut < CUTS; cut++) {
      CrashDisk disk = new CrashDisk(random.split());
      Engine engine = engine(disk, 30);
      await(engine.open());
      checkValues(engine, acknowledged);
      disk.failOneOf = random.nextInt(3) == 0 ? 0 : 20 + random.nextInt(60);
      write(engine, random, acknowledged, cut, 200 + random.nextInt(400), disk);
      await(engine.close());
      disk.powerCut();
      replaced |= hasBaseFile();
    }
    Engine engine = engine(Disk.real(false), 30);
    await(engine.open());
    checkValues(engine, acknowledged);
    await(engine.close());
    assertThat(replaced).as("a base file was written").isTrue();
  }

  private boolean hasBaseFile() throws java.io.IOException {
    try (java.util.stream.Stream<Path> files = Files.list(directory)) {
      return files.anyMatch(f -> f.getFileName().toString().matches("base-[0-9]+"));
    }
  }

  /** Every key has its latest acknowledged value, or a later one. */
  private static void checkValues(Engine engine, Map<Long, String> acknowledged) {
    Map<String, Long> latest = new ConcurrentHashMap<>();
    acknowledged.forEach(
        (r, text) -> latest.merge(text.substring(0, text.indexOf('=')), r, Math::max));
    latest.forEach((key, revision) -> {
      KeyValue kv = await(engine.get(key, 0)).orElseThrow();
      String text = key + "=" + new String(kv.value(), StandardCharsets.UTF_8);
      assertThat(kv.modRevision()).isGreaterThanOrEqualTo(revision);
      assertThat(text).isEqualTo(acknowledged.getOrDefault(kv.modRevision(), text));
      acknowledged.put(kv.modRevision(), text);
    });
  }

  private static void write(
      Engine engine,
      SplittableRandom random,
      Map<Long, String> acknowledged,
      int round,
      int writesUntilCut,
      CrashDisk disk)
      throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    java.util.concurrent.atomic.AtomicInteger left =
        new java.util.concurrent.atomic.AtomicInteger(writesUntilCut);
    for (int t = 0; t < 4; t++) {
      SplittableRandom mine = random.split();
      String name = round + "/" + t;
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < 400; i++) {
                  if (left.decrementAndGet() == 0) {
                    disk.powerOff();
                  }
                  if (!put(engine, mine, acknowledged, name + "/" + i)) {
                    return;
                  }
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    disk.powerOff();
  }

  /** False when the power is off. */
  private static boolean put(
      Engine engine, SplittableRandom random, Map<Long, String> acknowledged, String what) {
    String key = "/k" + random.nextInt(20);
    String value = what + "x".repeat(random.nextInt(300));
    try {
      KeyValue kv =
          await(
              engine.write(m -> {
                Mutation.Edit edit = m.edit();
                byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
                KeyValue written = edit.put(key, bytes, 0);
                edit.finish();
                return written;
              }));
      String before = acknowledged.put(kv.modRevision(), key + "=" + value);
      assertThat(before).as("revision %d was given twice", kv.modRevision()).isNull();
      return true;
    } catch (StorageException.NoSpace | StorageException.Unavailable e) {
      return !String.valueOf(e.getMessage()).contains("the power is off");
    }
  }

  private static void check(Engine engine, Map<Long, String> acknowledged) {
    long now = await(engine.revision());
    assertThat(acknowledged.keySet()).allMatch(r -> r <= now);
    Map<Long, String> found = new ConcurrentHashMap<>();
    for (StorageChange change : changes(engine, now)) {
      if (change instanceof StorageChange.Put put) {
        String text = put.key() + "=" + new String(put.current().value(), StandardCharsets.UTF_8);
        assertThat(found.put(put.revision(), text)).isNull();
      }
    }
    assertThat(found).containsAllEntriesOf(acknowledged);
    assertThat(found).hasSize((int) (now - 1));
    for (int i = 0; i < 20; i++) {
      Optional<KeyValue> kv = await(engine.get("/k" + i, 0));
      kv.ifPresent(v ->
          assertThat(found.get(v.modRevision()))
              .isEqualTo(v.key() + "=" + new String(v.value(), StandardCharsets.UTF_8)));
    }
    // What nobody was told of but survived counts as written from now on.
    acknowledged.putAll(found);
  }

  private static List<StorageChange> changes(Engine engine, long upTo) {
    List<StorageChange> all = new ArrayList<>();
    if (upTo > 1) {
      engine
          .watch("", 2, false)
          .select()
          .first(batch -> {
            all.addAll(batch.changes());
            return batch.revision() < upTo;
          })
          .collect()
          .asList()
          .await()
          .atMost(Duration.ofSeconds(20));
    }
    return all;
  }

  @org.junit.jupiter.api.Test
  void writesGoOnByThemselvesAfterSpaceIsFreed() throws Exception {
    CrashDisk disk = new CrashDisk(new SplittableRandom(1));
    Engine engine = engine(disk);
    await(engine.open());
    Map<Long, String> acknowledged = new ConcurrentHashMap<>();
    SplittableRandom random = new SplittableRandom(2);
    put(engine, random, acknowledged, "before");
    disk.reason = "No space left on device";
    disk.failOneOf = 1;
    for (int i = 0; i < 5; i++) {
      put(engine, random, acknowledged, "full" + i);
    }
    assertThat(acknowledged).hasSize(1);
    assertThat(await(engine.range("/", "", 0, 0)).items()).hasSize(1);
    disk.failOneOf = 0;
    put(engine, random, acknowledged, "after");
    assertThat(acknowledged).containsOnlyKeys(2L, 3L);
    await(engine.close());
    Engine again = engine(Disk.real(false));
    await(again.open());
    check(again, acknowledged);
    await(again.close());
    assertThat(Files.exists(directory)).isTrue();
  }
}
