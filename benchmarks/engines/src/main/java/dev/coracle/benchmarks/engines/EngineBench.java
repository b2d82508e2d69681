package dev.coracle.benchmarks.engines;

import dev.coracle.watchhub.EmbeddedStorage;
import dev.coracle.watchhub.Txn;
import dev.coracle.watchhub.config.EmbeddedOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * What the embedded storage could stand on, with the same group commit on top of each: durable puts
 * of 1 KiB over 20,000 keys, the first opening, a reopening with 100,000 values of 4.5 KB and a
 * read of all of them, the memory of the process then, and the size of the libraries. The engines
 * keep bare keys and values; Coracle's storage does all of etcd's model in the same run (revisions,
 * history, index).
 *
 * <p>Arguments: one contestant's name and a directory; a process each, so that memory and first
 * openings can be compared.
 */
public final class EngineBench {

  private static final long SECONDS = Long.getLong("seconds", 4);
  private static final int OBJECTS = Integer.getInteger("objects", 100_000);

  /** What is measured: puts that complete when durable. */
  private interface Contestant extends AutoCloseable {
    CompletableFuture<?> put(String key, byte[] value) throws Exception;

    long scan() throws Exception;

    @Override
    void close() throws Exception;
  }

  private EngineBench() {}

  public static void main(String[] arguments) throws Exception {
    String name = arguments[0];
    Path work = Files.createTempDirectory(Path.of(arguments[1]), "engine-");
    try {
      row(name, work);
    } finally {
      delete(work);
    }
    System.exit(0); // engines leave threads behind
  }

  private static void row(String name, Path work) throws Exception {
    long start = System.nanoTime();
    Contestant contestant = open(name, work);
    contestant.put("first", new byte[1]).get();
    double first = (System.nanoTime() - start) / 1e6;
    puts(contestant, 10);
    StringBuilder line = new StringBuilder("| ").append(name);
    for (int writers : new int[] {1, 10, 100}) {
      line.append(String.format(Locale.ROOT, " | %,.0f", puts(contestant, writers)));
    }
    fill(contestant);
    contestant.close();
    System.gc();
    start = System.nanoTime();
    contestant = open(name, work);
    double open = (System.nanoTime() - start) / 1e6;
    start = System.nanoTime();
    long found = contestant.scan();
    if (found < OBJECTS) {
      throw new IllegalStateException(name + " lost values: " + found);
    }
    double scan = (System.nanoTime() - start) / 1e6;
    line.append(
        String.format(
            Locale.ROOT,
            " | %.0f ms | %.0f + %.0f ms | %d MB, %d MB of it heap | %.1f MB |",
            first,
            open,
            scan,
            memory() >> 20,
            usedHeap() >> 20,
            libraries(name) / 1e6));
    contestant.close();
    System.out.println(line);
  }

  private static Contestant open(String name, Path work) throws Exception {
    return switch (name) {
      case "coracle" -> storage(work);
      case "mvstore" -> engine(new MvStoreEngine(work));
      case "lmdb" -> engine(new LmdbEngine(work));
      case "rocksdb" -> engine(new RocksEngine(work));
      default -> throw new IllegalArgumentException("unknown engine " + name);
    };
  }

  private static Contestant engine(Engine engine) {
    GroupCommit commit = new GroupCommit(engine);
    return new Contestant() {
      @Override
      public CompletableFuture<?> put(String key, byte[] value) throws InterruptedException {
        return commit.put(key.getBytes(StandardCharsets.UTF_8), value);
      }

      @Override
      public long scan() throws Exception {
        return engine.scan();
      }

      @Override
      public void close() throws Exception {
        commit.close();
        engine.close();
      }
    };
  }

  private static <T> T await(Uni<T> uni) {
    return uni.await().atMost(Duration.ofSeconds(120));
  }

  private static Contestant storage(Path work) {
    EmbeddedStorage storage =
        new EmbeddedStorage(
            EmbeddedOptions.defaults(work.resolve("store")), new SimpleMeterRegistry());
    await(storage.open());
    return new Contestant() {
      @Override
      public CompletableFuture<?> put(String key, byte[] value) {
        Txn txn = new Txn(List.of(), List.of(new Txn.Op.Put(key, value, 0)), List.of());
        return storage.txn(txn).subscribeAsCompletionStage();
      }

      @Override
      public long scan() {
        return await(storage.list("", "", 0, 0)).items().size();
      }

      @Override
      public void close() {
        await(storage.close());
      }
    };
  }

  private static double puts(Contestant contestant, int writers) throws InterruptedException {
    byte[] value = new byte[1024];
    new SplittableRandom(1).nextBytes(value);
    AtomicLong done = new AtomicLong();
    long start = System.nanoTime();
    long end = start + SECONDS * 1_000_000_000L;
    List<Thread> threads = new ArrayList<>();
    for (int w = 0; w < writers; w++) {
      SplittableRandom random = new SplittableRandom(w);
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                try {
                  while (System.nanoTime() < end) {
                    contestant.put("/bench/k" + random.nextInt(20_000), value).get();
                    done.incrementAndGet();
                  }
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return done.get() / ((System.nanoTime() - start) / 1e9);
  }

  private static void fill(Contestant contestant) throws Exception {
    byte[] value = new byte[4500];
    new SplittableRandom(2).nextBytes(value);
    Semaphore room = new Semaphore(256);
    for (int i = 0; i < OBJECTS; i++) {
      room.acquire();
      contestant
          .put("/registry/pods/ns" + i % 10 + "/pod-" + i, value)
          .whenComplete((_, _) -> room.release());
    }
    room.acquire(256);
  }

  private static long usedHeap() {
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  /**
   * What the process has for itself with all values open, heap and native: not what is mapped of
   * files, which the kernel may take back.
   */
  private static long memory() throws IOException {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(l -> l.startsWith("RssAnon:"))
        .mapToLong(l -> Long.parseLong(l.replaceAll("[^0-9]", "")) * 1024)
        .findFirst()
        .orElse(0);
  }

  /** What an engine adds to the class path. */
  private static long libraries(String name) throws IOException {
    String own =
        switch (name) {
          case "mvstore" -> "h2-mvstore.*";
          case "lmdb" -> "(lmdbjava|jnr|jffi|asm|a64asm|x86asm).*";
          case "rocksdb" -> "rocksdbjni.*";
          default -> "";
        };
    long bytes = 0;
    for (String path : System.getProperty("java.class.path").split(":")) {
      Path file = Path.of(path);
      if (Files.isRegularFile(file) && file.getFileName().toString().matches(own)) {
        bytes += Files.size(file);
      }
    }
    return bytes;
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
