package dev.coracle.watchhub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.watchhub.config.EmbeddedOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotsTest {

  @TempDir Path directory;

  private static <T> T await(Uni<T> uni) {
    return uni.await().atMost(Duration.ofSeconds(10));
  }

  private static Storage open(Path data) {
    Storage storage =
        new EmbeddedStorage(
            EmbeddedOptions.defaults(data).withDurable(false), new SimpleMeterRegistry());
    await(storage.open());
    return storage;
  }

  private static void fill(Storage storage, int from, int to) {
    for (int i = from; i < to; i++) {
      byte[] value = ("value-" + i).getBytes(StandardCharsets.UTF_8);
      await(storage.create("/registry/pods/default/p" + i, value, 0));
    }
  }

  @Test
  void savesARunningStoreAndRestoresIt() {
    Storage storage = open(directory.resolve("data"));
    fill(storage, 0, 100);
    long lease = await(storage.grantLease(1000));
    await(storage.create("/leased", new byte[0], lease));
    long revision = await(storage.revision());
    SnapshotStatus saved =
        Snapshots.save(directory.resolve("data"), directory.resolve("snap"), false);
    assertThat(saved.revision()).isEqualTo(revision);
    assertThat(saved.keys()).isEqualTo(101);
    assertThat(saved.leases()).isEqualTo(1);
    fill(storage, 100, 110);
    await(storage.close());
    assertThat(Snapshots.status(directory.resolve("snap"))).isEqualTo(saved);

    SnapshotStatus restored =
        Snapshots.restore(directory.resolve("snap"), directory.resolve("again"));
    assertThat(restored.hash()).isEqualTo(saved.hash());
    Storage again = open(directory.resolve("again"));
    assertThat(await(again.list("/registry/", "", 0, 0)).items()).hasSize(100);
    assertThat(await(again.revision())).isEqualTo(revision + 1_000_000);
    try (WatchRecorder watch = new WatchRecorder(again.watch("/", revision + 5))) {
      watch.awaitFailure();
      assertThat(watch.failure()).isInstanceOf(StorageException.Compacted.class);
    }
    await(again.revokeLease(lease));
    assertThat(await(again.get("/leased", 0))).isEmpty();
    await(again.close());
  }

  @Test
  void allFilesAreTheirOwnersAlone() throws Exception {
    Path data = restored();
    Storage storage = open(data);
    fill(storage, 100, 101);
    await(storage.close());
    for (Path file : List.of(directory.resolve("snap"), file(data, "base-"), file(data, "log-"))) {
      assertThat(Files.getPosixFilePermissions(file))
          .as("%s", file)
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }
  }

  @Test
  void damagedSnapshotsAreRecognised() throws Exception {
    Storage storage = open(directory.resolve("data"));
    fill(storage, 0, 50);
    await(storage.close());
    Path snap = directory.resolve("snap");
    Snapshots.save(directory.resolve("data"), snap, false);
    long size = Files.size(snap);
    for (long at : new long[] {3, 100, size / 2, size - 60, size - 3}) {
      Path copy = Files.copy(snap, directory.resolve("copy-" + at));
      try (RandomAccessFile file = new RandomAccessFile(copy.toFile(), "rw")) {
        file.seek(at);
        int old = file.read();
        file.seek(at);
        file.write(old ^ 1);
      }
      assertThatThrownBy(() -> Snapshots.status(copy))
          .as("byte %d", at)
          .isInstanceOf(StorageException.Corrupt.class);
    }
    assertThatThrownBy(() -> Snapshots.restore(snap, directory.resolve("data")))
        .hasMessageContaining("not empty");
  }

  @Test
  void salvagesWhatLiesBeforeTheDamage() throws Exception {
    Path data = directory.resolve("data");
    Storage storage = open(data);
    fill(storage, 0, 50);
    await(storage.close());
    Path log;
    try (Stream<Path> files = Files.list(data)) {
      log = files.filter(p -> p.getFileName().toString().startsWith("log-")).findFirst().get();
    }
    try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "rw")) {
      file.seek(file.length() / 2);
      file.write(new byte[] {1, 2, 3});
    }
    assertThatThrownBy(() -> Snapshots.save(data, directory.resolve("a"), false))
        .isInstanceOf(StorageException.Corrupt.class);
    SnapshotStatus saved = Snapshots.save(data, directory.resolve("b"), true);
    assertThat(saved.damage()).contains("is damaged at byte");
    assertThat(saved.keys()).isBetween(20L, 30L);
  }

  /** A data directory whose values all lie in a base file. */
  private Path restored() throws Exception {
    Storage storage = open(directory.resolve("data"));
    fill(storage, 0, 50);
    await(storage.close());
    Snapshots.save(directory.resolve("data"), directory.resolve("snap"), false);
    Path data = directory.resolve("again");
    Snapshots.restore(directory.resolve("snap"), data);
    return data;
  }

  private static Path file(Path data, String prefix) throws Exception {
    try (Stream<Path> files = Files.list(data)) {
      return files.filter(p -> p.getFileName().toString().startsWith(prefix)).findFirst().get();
    }
  }

  private static void flip(Path path, long at) throws Exception {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.seek(at);
      int old = file.read();
      file.seek(at);
      file.write(old ^ 1);
    }
  }

  @Test
  void aDamagedValueIsFoundAtTheOpeningAndAllOthersAreSalvaged() throws Exception {
    Path data = restored();
    flip(file(data, "base-"), 24 + 3); // in the first value
    Storage damaged =
        new EmbeddedStorage(EmbeddedOptions.defaults(data), new SimpleMeterRegistry());
    assertThatThrownBy(() -> await(damaged.open()))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("the value of /registry/pods/default/p0 has another checksum")
        .hasMessageContaining("snapshot save --salvage");
    SnapshotStatus saved = Snapshots.save(data, directory.resolve("rest"), true);
    assertThat(saved.keys()).isEqualTo(49);
    assertThat(saved.damage()).contains("1 values").contains("/registry/pods/default/p0");
    Snapshots.restore(directory.resolve("rest"), directory.resolve("third"));
    Storage third = open(directory.resolve("third"));
    assertThat(await(third.list("/registry/", "", 0, 0)).items()).hasSize(49);
    await(third.close());
  }

  @Test
  void aMissingLogFileIsNamedAndWhatLiesBeforeItIsSalvaged() throws Exception {
    Path data = directory.resolve("data");
    Storage storage =
        new EmbeddedStorage(
            EmbeddedOptions.defaults(data).withSizes(1 << 30, 4096), new SimpleMeterRegistry());
    await(storage.open());
    fill(storage, 0, 300);
    await(storage.close());
    Files.delete(data.resolve("log-0000000000000002"));
    assertThatThrownBy(() -> open(data))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("are gone")
        .hasMessageContaining("snapshot restore");
    SnapshotStatus saved = Snapshots.save(data, directory.resolve("rest"), true);
    assertThat(saved.keys()).isBetween(10L, 150L);
    assertThat(saved.damage()).contains("are gone");
  }
}
