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
 * The process that is killed: writes as fast as it can on eight threads and says what was
 * acknowledged, one {@code revision key value} a line, after it was.
 */
final class KilledWriter {

  private KilledWriter() {}

  public static void main(String[] arguments) {
    Storage storage =
        new EmbeddedStorage(
            EmbeddedOptions.defaults(Path.of(arguments[0]))
                .withHistory(Duration.ofMinutes(5), 1_000_000)
                .withSizes(1L << 30, 256 << 10),
            new SimpleMeterRegistry());
    storage.open().await().indefinitely();
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    out.println("ready");
    long seed = Long.parseLong(arguments[1]);
    for (int t = 0; t < 8; t++) {
      SplittableRandom random = new SplittableRandom(seed * 8 + t);
      Thread.ofPlatform().start(() -> write(storage, random, out));
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
      synchronized (out) {
        out.println(kv.modRevision() + " " + key + " " + value);
      }
    }
  }
}
