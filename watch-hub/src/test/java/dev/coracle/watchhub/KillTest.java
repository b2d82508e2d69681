package dev.coracle.watchhub;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 at random moments, on the same directory again and again ({@code
 * -Dcoracle.kill.rounds=300} for many), while eight threads write and ten watchers watch. After
 * every kill: what the process said was acknowledged is there; what a watcher saw is there too, so
 * nobody was shown what was not durable; every revision is there once. In the next round every
 * watcher goes on behind the last revision it saw, and misses none and sees none twice.
 */
class KillTest {

  private static final int ROUNDS = Integer.getInteger("coracle.kill.rounds", 8);
  private static final int WATCHERS = 10;

  @TempDir Path directory;

  /** What was said since the last check. */
  private final Map<Long, String> acknowledged = new HashMap<>();

  private final Map<Long, Integer> seen = new HashMap<>();

  /** What every key must have at least, by revision and value. */
  private final Map<String, KeyValue> current = new HashMap<>();

  /** The last revision that each watcher saw. */
  private final long[] watched = new long[WATCHERS];

  private long checked = 1;
  private long writes;

  private static <T> T await(Uni<T> uni) {
    return uni.await().atMost(Duration.ofSeconds(60));
  }

  @Test
  void nothingAcknowledgedOrSeenIsLost() throws Exception {
    long seed = Long.getLong("coracle.kill.seed", System.nanoTime());
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    Arrays.fill(watched, 1);
    for (int round = 0; round < ROUNDS; round++) {
      runAndKill(random.nextLong(), 20 + random.nextInt(300));
      check();
    }
    assertThat(writes).isGreaterThanOrEqualTo(ROUNDS);
    assertThat(Arrays.stream(watched)).allMatch(revision -> revision > 1);
    System.out.println(writes + " acknowledged writes over " + ROUNDS + " kills");
  }

  private void runAndKill(long seed, int millis) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                KilledWriter.class.getName(),
                directory.toString(),
                Long.toString(seed)));
    for (long last : watched) {
      command.add(Long.toString(last + 1));
    }
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      Thread killer = null;
      String before = null;
      long writesBefore = writes;
      long[] watchedBefore = watched.clone();
      for (String line; (line = out.readLine()) != null; ) {
        if (before != null) {
          heard(before);
        }
        before = line; // the last line may be torn by the kill and does not count
        // However slow the machine is: something was written, and every watcher has seen some of
        // it.
        if (killer == null && writes > writesBefore && haveAllSeenMoreThan(watchedBefore)) {
          killer =
              Thread.ofVirtual()
                  .start(() -> {
                    java.util.concurrent.locks.LockSupport.parkNanos(millis * 1_000_000L);
                    // Not Process.destroyForcibly, which closes the stream we read from.
                    process.toHandle().destroyForcibly();
                  });
        }
      }
      assertThat(killer).as("the process ended before it was killed").isNotNull();
      killer.join();
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  private boolean haveAllSeenMoreThan(long[] before) {
    for (int i = 0; i < WATCHERS; i++) {
      if (watched[i] <= before[i]) {
        return false;
      }
    }
    return true;
  }

  private void heard(String line) {
    String[] parts = line.split(" ");
    switch (parts[0]) {
      case "ack" -> {
        writes++;
        acknowledged.put(Long.parseLong(parts[1]), parts[2] + "=" + parts[3]);
      }
      case "saw" -> {
        int watcher = Integer.parseInt(parts[1]);
        long revision = Long.parseLong(parts[2]);
        assertThat(revision).isEqualTo(watched[watcher] + 1);
        watched[watcher] = revision;
        Integer before = seen.put(revision, Integer.parseInt(parts[3]));
        assertThat(before == null || before.equals(Integer.parseInt(parts[3])))
            .as("two watchers saw the same revision %d", revision)
            .isTrue();
      }
      default -> throw new AssertionError(line);
    }
  }

  private void check() {
    Storage storage =
        new EmbeddedStorage(KilledWriter.options(directory), new SimpleMeterRegistry());
    await(storage.open());
    long now = await(storage.revision());
    if (now > checked) {
      checkChanges(storage, now);
    }
    assertThat(acknowledged.keySet()).allMatch(r -> r <= now);
    assertThat(seen.keySet()).allMatch(r -> r <= now);
    acknowledged.clear();
    seen.clear();
    current.forEach((key, kv) ->
        assertThat(await(storage.get(key, 0)).orElseThrow().modRevision())
            .isEqualTo(kv.modRevision()));
    checked = now;
    await(storage.close());
  }

  private void checkChanges(Storage storage, long now) {
    long[] last = {checked};
    storage
        .watch("/", checked + 1)
        .select()
        .first(batch -> {
          batch
              .changes()
              .forEach(change -> {
                assertThat(change.revision()).isEqualTo(last[0] + 1);
                last[0] = change.revision();
                checkChange(((StorageChange.Put) change).current());
              });
          return batch.revision() < now;
        })
        .collect()
        .asList()
        .await()
        .atMost(Duration.ofSeconds(60));
    assertThat(last[0]).isEqualTo(now);
  }

  private void checkChange(KeyValue kv) {
    current.put(kv.key(), kv);
    long revision = kv.modRevision();
    String said = acknowledged.get(revision);
    if (said != null) {
      assertThat(said).isEqualTo(kv.key() + "=" + new String(kv.value(), StandardCharsets.UTF_8));
    }
    Integer hash = seen.get(revision);
    if (hash != null) {
      assertThat(hash).isEqualTo(KilledWriter.hash(kv.key(), kv.value()));
    }
  }
}
