package dev.coracle.watchhub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.watchhub.config.EmbeddedOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random operations, reopenings and compactions, beside a model that keeps every revision whole.
 */
class StorageModelTest {

  @TempDir Path directory;

  static LongStream seeds() {
    return LongStream.range(0, Long.getLong("coracle.model.seeds", 12));
  }

  private static <T> T await(Uni<T> uni) {
    return uni.await().atMost(Duration.ofSeconds(10));
  }

  private Storage open() {
    Storage storage =
        new EmbeddedStorage(
            EmbeddedOptions.defaults(directory)
                .withHistory(Duration.ofMinutes(5), 300)
                .withSizes(1L << 30, 16 << 10)
                .withDurable(false),
            new SimpleMeterRegistry());
    await(storage.open());
    return storage;
  }

  private static String show(KeyValue kv) {
    return kv.key()
        + "="
        + new String(kv.value(), StandardCharsets.UTF_8)
        + "@"
        + kv.createRevision()
        + "/"
        + kv.modRevision()
        + "/"
        + kv.version();
  }

  /** Every revision's whole content; a naive model is one that cannot be wrong. */
  private final NavigableMap<Long, NavigableMap<String, KeyValue>> model = new TreeMap<>();

  private final List<String> changes = new ArrayList<>();

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void behavesAsTheModel(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Storage storage = open();
    model.put(1L, new TreeMap<>());
    for (int step = 0; step < 1500; step++) {
      int what = random.nextInt(100);
      String key = "/k/" + random.nextInt(40);
      if (what < 55) {
        put(storage, key, "v" + step + "-".repeat(random.nextInt(200)));
      } else if (what < 70) {
        delete(storage, key);
      } else if (what < 97) {
        compare(storage, random);
      } else if (what < 99) {
        long now = model.lastKey();
        long to = Math.max(1, now - random.nextInt(50));
        try {
          await(storage.compact(to));
        } catch (StorageException.Compacted e) {
          assertThat(to).isLessThanOrEqualTo(e.compactRevision());
        }
      } else {
        await(storage.close());
        storage = open();
      }
    }
    compare(storage, random);
    await(storage.close());
  }

  private void put(Storage storage, String key, String value) {
    KeyValue written =
        await(
            storage.guaranteedUpdate(
                key, _ -> Uni.createFrom().item(value.getBytes(StandardCharsets.UTF_8))));
    NavigableMap<String, KeyValue> next = new TreeMap<>(model.lastEntry().getValue());
    KeyValue before = next.get(key);
    long revision = model.lastKey() + 1;
    KeyValue expected =
        new KeyValue(
            key,
            value.getBytes(StandardCharsets.UTF_8),
            before == null ? revision : before.createRevision(),
            revision,
            before == null ? 1 : before.version() + 1,
            0);
    assertThat(show(written)).isEqualTo(show(expected));
    next.put(key, expected);
    model.put(revision, next);
    changes.add(revision + " put " + show(expected));
  }

  private void delete(Storage storage, String key) {
    NavigableMap<String, KeyValue> next = new TreeMap<>(model.lastEntry().getValue());
    KeyValue before = next.remove(key);
    try {
      KeyValue gone = await(storage.delete(key, before == null ? 0 : before.modRevision()));
      assertThat(before).isNotNull();
      long revision = model.lastKey() + 1;
      assertThat(gone.modRevision()).isEqualTo(revision);
      model.put(revision, next);
      changes.add(revision + " delete " + key);
    } catch (StorageException.KeyNotFound e) {
      assertThat(before).isNull();
    }
  }

  private void compare(Storage storage, SplittableRandom random) {
    long now = model.lastKey();
    long revision = Math.max(1, now - random.nextInt(200));
    try {
      Map<String, KeyValue> expected =
          java.util.Objects.requireNonNull(model.floorEntry(revision)).getValue();
      Range range = await(storage.list("/k/", "", 0, revision));
      assertThat(range.items().stream().map(StorageModelTest::show))
          .containsExactlyElementsOf(
              expected.values().stream().map(StorageModelTest::show).toList());
      String key = "/k/" + random.nextInt(40);
      KeyValue one = expected.get(key);
      assertThat(await(storage.get(key, revision)).map(StorageModelTest::show).orElse("-"))
          .isEqualTo(one == null ? "-" : show(one));
      if (revision < now) {
        assertThat(watched(storage, revision + 1, now))
            .containsExactlyElementsOf(
                changes.stream()
                    .filter(c -> Long.parseLong(c.substring(0, c.indexOf(' '))) > revision)
                    .toList());
      }
    } catch (StorageException.Compacted e) {
      assertThat(revision).isLessThan(now);
    }
  }

  private static List<String> watched(Storage storage, long from, long to) {
    List<String> all = new ArrayList<>();
    storage
        .watch("/k/", from)
        .select()
        .first(batch -> {
          for (StorageChange change : batch.changes()) {
            all.add(
                switch (change) {
                  case StorageChange.Put p -> p.revision() + " put " + show(p.current());
                  case StorageChange.Delete d -> d.revision() + " delete " + d.key();
                });
          }
          return batch.revision() < to;
        })
        .collect()
        .asList()
        .await()
        .atMost(Duration.ofSeconds(10));
    return all;
  }
}
