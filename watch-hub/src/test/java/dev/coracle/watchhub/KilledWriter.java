package dev.coracle.watchhub;

import dev.coracle.watchhub.config.EmbeddedOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * The process that is killed. Writes as fast as it can on eight threads and says what was
 * acknowledged, after it was: {@code ack REVISION KEY VALUE}. Its watchers go on from the revisions
 * they are given and say what they saw: {@code saw WATCHER REVISION HASH}, or {@code gap WATCHER
 * EXPECTED GOT} if ever a revision is left out, doubled or out of order.
 */
final class KilledWriter {

  private KilledWriter() {}

  static EmbeddedOptions options(Path directory) {
    return EmbeddedOptions.defaults(directory)
        .withHistory(Duration.ofMinutes(5), 20_000)
        .withSizes(1L << 30, 256 << 10);
  }

  static int hash(String key, byte[] value) {
    return (key + "=" + new String(value, StandardCharsets.UTF_8)).hashCode();
  }

  /**
   * @param arguments the directory, a seed, and the revision from which each watcher goes on
   */
  public static void main(String[] arguments) {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.setOut(System.err); // what is logged is none of the test's business
    Storage storage =
        new EmbeddedStorage(options(Path.of(arguments[0])), new SimpleMeterRegistry());
    storage.open().await().indefinitely();
    for (int i = 2; i < arguments.length; i++) {
      watch(storage, i - 2, Long.parseLong(arguments[i]), out);
    }
    long seed = Long.parseLong(arguments[1]);
    for (int t = 0; t < 8; t++) {
      SplittableRandom random = new SplittableRandom(seed * 8 + t);
      Thread.ofPlatform().start(() -> write(storage, random, out));
    }
  }

  private static void watch(Storage storage, int watcher, long from, PrintStream out) {
    long[] next = {from};
    storage
        .watch("/", from)
        .subscribe()
        .with(
            batch -> {
              StringBuilder seen = new StringBuilder();
              for (StorageChange change : batch.changes()) {
                if (change.revision() != next[0]) {
                  say(out, "gap " + watcher + " " + next[0] + " " + change.revision());
                }
                next[0] = change.revision() + 1;
                KeyValue kv = ((StorageChange.Put) change).current();
                int hash = hash(kv.key(), kv.value());
                seen.append("saw ").append(watcher).append(' ').append(kv.modRevision());
                seen.append(' ').append(hash).append('\n');
              }
              if (!seen.isEmpty()) {
                say(out, seen.substring(0, seen.length() - 1));
              }
            },
            failure -> say(out, "gap " + watcher + " " + next[0] + " " + failure.getMessage()));
  }

  private static void say(PrintStream out, String line) {
    synchronized (out) {
      out.println(line);
    }
  }

  private static void write(Storage storage, SplittableRandom random, PrintStream out) {
    while (true) {
      String key = "/k" + random.nextInt(50);
      String value = Long.toHexString(random.nextLong()) + "x".repeat(random.nextInt(500));
      KeyValue kv =
          storage
              .guaranteedUpdate(
                  key, _ -> Uni.createFrom().item(value.getBytes(StandardCharsets.UTF_8)))
              .await()
              .indefinitely();
      say(out, "ack " + kv.modRevision() + " " + key + " " + value);
    }
  }
}
