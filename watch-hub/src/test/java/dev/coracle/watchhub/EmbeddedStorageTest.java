package dev.coracle.watchhub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.watchhub.config.EmbeddedOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on the embedded storage, and what only files can do. */
class EmbeddedStorageTest extends StorageContract {

  @TempDir Path directory;

  @Override
  protected Storage newStorage() {
    return open(EmbeddedOptions.defaults(directory));
  }

  private static Storage open(EmbeddedOptions options) {
    return new EmbeddedStorage(options, new SimpleMeterRegistry());
  }

  private void reopen(EmbeddedOptions options) {
    await(storage.close());
    storage = open(options);
    await(storage.open());
  }

  private List<Path> files(String prefix) throws Exception {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(p -> p.getFileName().toString().startsWith(prefix)).sorted().toList();
    }
  }

  @Test
  void isThereAgainAfterAReopening() {
    long first = put("a", "1").modRevision();
    put("b", "1");
    put("a", "2");
    await(storage.delete(key("b"), 0));
    long lease = await(storage.grantLease(100));
    await(storage.create(key("leased"), bytes("x"), lease));
    long now = await(storage.revision());

    reopen(EmbeddedOptions.defaults(directory));

    assertThat(await(storage.revision())).isEqualTo(now);
    KeyValue a = get("a").orElseThrow();
    assertThat(text(a)).isEqualTo("2");
    assertThat(a.version()).isEqualTo(2);
    assertThat(a.createRevision()).isEqualTo(first);
    assertThat(get("b")).isEmpty();
    assertThat(text(await(storage.get(key("a"), first)).orElseThrow())).isEqualTo("1");
    try (WatchRecorder watch = new WatchRecorder(storage.watch(prefix(), first))) {
      watch.awaitChanges(5);
    }
    await(storage.revokeLease(lease));
    assertThat(get("leased")).isEmpty();
    assertThat(put("c", "1").modRevision()).isEqualTo(now + 2);
  }

  @Test
  void oldFilesAreReplacedByABaseFile() throws Exception {
    EmbeddedOptions small =
        EmbeddedOptions.defaults(directory)
            .withHistory(Duration.ofMinutes(5), 100)
            .withSizes(1 << 30, 64 << 10)
            .withDurable(false);
    reopen(small);
    String value = "v".repeat(1000);
    for (int i = 0; i < 2000; i++) {
      put("k" + i % 50, value + i);
    }
    Awaitility.await()
        .atMost(WAIT)
        .until(() -> {
          put("poke", "x");
          return !files("base-").isEmpty() && files("log-").size() < 8;
        });
    long now = await(storage.revision());
    reopen(small);
    assertThat(await(storage.revision())).isEqualTo(now);
    for (int i = 1950; i < 2000; i++) {
      assertThat(text(get("k" + i % 50).orElseThrow())).isEqualTo(value + i);
    }
    assertThatThrownBy(() -> await(storage.get(key("k1"), 10)))
        .isInstanceOf(StorageException.Compacted.class);
    for (int i = 0; i < 2000; i++) {
      put("k" + i % 50, value + i);
    }
    reopen(small);
    assertThat(text(get("k7").orElseThrow())).isEqualTo(value + 1957);
  }

  @Test
  void historyEndsByTime() {
    reopen(EmbeddedOptions.defaults(directory).withHistory(Duration.ofMillis(200), 1_000_000));
    long first = put("a", "1").modRevision();
    put("a", "2");
    Awaitility.await()
        .atMost(WAIT)
        .untilAsserted(() ->
            assertThatThrownBy(() -> await(storage.get(key("a"), first)))
                .isInstanceOf(StorageException.Compacted.class));
    assertThat(text(get("a").orElseThrow())).isEqualTo("2");
  }

  @Test
  void oneDirectoryBelongsToOne() {
    assertThatThrownBy(() -> await(newStorage().open()))
        .isInstanceOf(StorageException.Unavailable.class)
        .hasMessageContaining("is in use by process " + ProcessHandle.current().pid());
    put("still", "works");
  }

  @Test
  void aTornTailIsCutOff() throws Exception {
    put("a", "1");
    await(storage.close());
    Path log = files("log-").getLast();
    try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "rw")) {
      file.seek(file.length());
      file.write(new byte[] {(byte) 0xC0, (byte) 0xAC, 0x1E, 0x01, 0, 0, 0, 50, 1, 2, 3});
    }
    storage = newStorage();
    await(storage.open());
    assertThat(text(get("a").orElseThrow())).isEqualTo("1");
    put("b", "2");
    reopen(EmbeddedOptions.defaults(directory));
    assertThat(text(get("b").orElseThrow())).isEqualTo("2");
  }

  @Test
  void damageInTheMiddleIsRefused() throws Exception {
    for (int i = 0; i < 20; i++) {
      put("a" + i, "value-" + i);
    }
    await(storage.close());
    Path log = files("log-").getLast();
    try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "rw")) {
      file.seek(file.length() / 2);
      int old = file.read();
      file.seek(file.length() / 2);
      file.write(old ^ 0xFF);
    }
    Storage damaged = newStorage();
    assertThatThrownBy(() -> await(damaged.open()))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("is damaged at byte");
  }

  @Test
  void foreignAndNewerDirectoriesAreRefused(@TempDir Path other) throws Exception {
    Files.createDirectories(other.resolve("member/wal"));
    Storage foreign = open(EmbeddedOptions.defaults(other));
    assertThatThrownBy(() -> await(foreign.open()))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("not a Coracle data directory");
    await(storage.close());
    Files.writeString(directory.resolve("FORMAT"), "coracle-store 99\n");
    Storage newer = newStorage();
    assertThatThrownBy(() -> await(newer.open()))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("newer");
  }

  @Test
  void theHardCapRefusesPutsAndTakesDeletes() {
    reopen(
        EmbeddedOptions.defaults(directory)
            .withHistory(Duration.ofMinutes(5), 10)
            .withSizes(4 << 20, 64 << 10));
    String value = "v".repeat(50_000);
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 200; i++) {
                put("k" + i, value);
              }
            })
        .isInstanceOf(StorageException.NoSpace.class);
    assertThat(get("k1")).isPresent();
    for (int i = 0; i < 40; i++) {
      await(storage.delete(key("k" + i), 0));
    }
    Awaitility.await()
        .atMost(WAIT)
        .ignoreExceptions()
        .until(() -> put("again", value).version() == 1);
  }

  @Test
  void reopensWhileOldFilesAreBeingReplaced() throws Exception {
    EmbeddedOptions small =
        EmbeddedOptions.defaults(directory)
            .withHistory(Duration.ofMinutes(5), 20)
            .withSizes(1 << 30, 4 << 10)
            .withDurable(false);
    reopen(small);
    for (int round = 0; round < 30; round++) {
      for (int i = 0; i < 60; i++) {
        put("k" + i % 10, round + "-" + i + "x".repeat(300));
      }
      reopen(small);
      for (int i = 50; i < 60; i++) {
        assertThat(text(get("k" + i % 10).orElseThrow())).startsWith(round + "-" + i + "x");
      }
    }
    await(storage.close());
    assertThat(files("base-")).hasSizeLessThanOrEqualTo(2);
  }

  @Test
  void closedStoragesSaySo() {
    await(storage.close());
    assertThatThrownBy(() -> get("a")).isInstanceOf(StorageException.Unavailable.class);
    assertThatThrownBy(() -> put("a", "1")).isInstanceOf(StorageException.Unavailable.class);
    await(storage.close());
    Uni<Void> open = storage.open();
    await(open);
    put("a", "1");
  }
}
