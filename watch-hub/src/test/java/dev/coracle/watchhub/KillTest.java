package dev.coracle.watchhub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.watchhub.config.EmbeddedOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 at random moments, on the same directory again and again ({@code
 * -Dcoracle.kill.rounds=300} for many). What the process said was acknowledged is there, and a
 * watch from the first revision sees every revision once and in order.
 */
class KillTest {

  private static final int ROUNDS = Integer.getInteger("coracle.kill.rounds", 8);

  @TempDir Path directory;

  private static <T> T await(Uni<T> uni) {
    return uni.await().atMost(Duration.ofSeconds(20));
  }

  @Test
  void nothingAcknowledgedIsLost() throws Exception {
    long seed = Long.getLong("coracle.kill.seed", System.nanoTime());
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    Map<Long, String> acknowledged = new HashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      runAndKill(random.nextLong(), 20 + random.nextInt(300), acknowledged);
      check(acknowledged);
    }
    assertThat(acknowledged.size()).isGreaterThan(ROUNDS);
    System.out.println(acknowledged.size() + " writes over " + ROUNDS + " kills");
  }

  private void runAndKill(long seed, int millis, Map<Long, String> acknowledged) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                KilledWriter.class.getName(),
                directory.toString(),
                Long.toString(seed))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line; (line = out.readLine()) != null && !line.equals("ready"); ) {
        assertThat(line).isNotNull();
      }
      Thread killer =
          Thread.ofVirtual()
              .start(() -> {
                java.util.concurrent.locks.LockSupport.parkNanos(millis * 1_000_000L);
                // Not Process.destroyForcibly, which closes the stream we read from.
                process.toHandle().destroyForcibly();
              });
      for (String line; (line = out.readLine()) != null; ) {
        String[] parts = line.split(" ");
        if (parts.length == 3) { // the last line may be torn
          acknowledged.put(Long.parseLong(parts[0]), parts[1] + "=" + parts[2]);
        }
      }
      killer.join();
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  private void check(Map<Long, String> acknowledged) {
    Storage storage =
        new EmbeddedStorage(
            EmbeddedOptions.defaults(directory)
                .withHistory(Duration.ofMinutes(5), 1_000_000)
                .withSizes(1L << 30, 256 << 10),
            new SimpleMeterRegistry());
    await(storage.open());
    long now = await(storage.revision());
    Map<Long, String> found = new HashMap<>();
    long[] last = {1};
    storage
        .watch("/", 2)
        .select()
        .first(batch -> {
          for (StorageChange change : batch.changes()) {
            assertThat(change.revision()).isEqualTo(last[0] + 1);
            last[0] = change.revision();
            KeyValue kv = ((StorageChange.Put) change).current();
            found.put(
                kv.modRevision(), kv.key() + "=" + new String(kv.value(), StandardCharsets.UTF_8));
          }
          return batch.revision() < now;
        })
        .collect()
        .asList()
        .await()
        .atMost(Duration.ofSeconds(60));
    assertThat(last[0]).isEqualTo(now);
    // A line that was torn by the kill may have lost its end, so values are compared by beginning.
    acknowledged.forEach((r, text) -> assertThat(found.get(r)).startsWith(text));
    await(storage.close());
  }
}
