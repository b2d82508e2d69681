package dev.coracle.watchhub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.watchhub.config.EmbeddedOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is really full: a tmpfs of 8 MiB. */
class FullDiskTest {

  private static final Duration WAIT = Duration.ofSeconds(20);

  @TempDir Path directory;
  private Path disk;
  private boolean mounted;

  @BeforeEach
  void mount() throws Exception {
    disk = Files.createDirectory(directory.resolve("disk"));
    Assumptions.assumeTrue(
        "root".equals(System.getProperty("user.name")), "mounting a tmpfs needs root");
    mounted = run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk.toString()) == 0;
    Assumptions.assumeTrue(mounted, "a tmpfs cannot be mounted here");
  }

  @AfterEach
  void unmount() throws Exception {
    if (mounted) {
      assertThat(run("umount", disk.toString())).isZero();
    }
  }

  private static int run(String... command) throws Exception {
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }

  private static <T> T await(Uni<T> uni) {
    return uni.await().atMost(WAIT);
  }

  private Storage open() {
    Storage storage =
        new EmbeddedStorage(
            EmbeddedOptions.defaults(disk.resolve("store")).withSizes(1L << 30, 256 << 10),
            new SimpleMeterRegistry());
    await(storage.open());
    return storage;
  }

  private static KeyValue put(Storage storage, String key, int size) {
    byte[] value = ("x".repeat(size) + key).getBytes(StandardCharsets.UTF_8);
    return await(storage.guaranteedUpdate(key, _ -> Uni.createFrom().item(value)));
  }

  @Test
  void readsGoOnAndWritesComeBackWhenSpaceIsFreed() throws Exception {
    Path ballast = disk.resolve("ballast");
    Files.write(ballast, new byte[3 << 20]);
    Storage storage = open();
    List<KeyValue> acknowledged = new ArrayList<>();
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 1000; i++) {
                acknowledged.add(put(storage, "/k" + i, 20_000));
              }
            })
        .isInstanceOf(StorageException.NoSpace.class)
        .hasMessageContaining("disk is full");
    assertThat(acknowledged).hasSizeGreaterThan(50);
    try (WatchRecorder watch = new WatchRecorder(storage.watch("/", 2))) {
      watch.awaitChanges(acknowledged.size());
      assertThat(await(storage.list("/", "", 0, 0)).items()).hasSize(acknowledged.size());
      assertThatThrownBy(() -> put(storage, "/no", 20_000))
          .isInstanceOf(StorageException.NoSpace.class);
      assertThat(await(storage.get("/no", 0))).isEmpty();

      Files.delete(ballast);

      Awaitility.await()
          .atMost(WAIT)
          .ignoreExceptionsInstanceOf(StorageException.NoSpace.class)
          .until(() -> acknowledged.add(put(storage, "/again", 20_000)));
      acknowledged.add(put(storage, "/more", 20_000));
      watch.awaitChanges(acknowledged.size());
      assertThat(watch.failure()).isNull();
    }
    await(storage.close());

    Storage reopened = open();
    List<KeyValue> found = await(reopened.list("/", "", 0, 0)).items();
    assertThat(found).hasSameSizeAs(acknowledged);
    assertThat(await(reopened.revision())).isEqualTo(acknowledged.size() + 1L);
    await(reopened.close());
  }

  @Test
  void aStoreOpensForReadingAlsoWhereNothingCanBeWritten() throws Exception {
    Storage storage = open();
    KeyValue kept = put(storage, "/kept", 1000);
    await(storage.close());
    Path ballast = disk.resolve("ballast");
    try (var out = Files.newOutputStream(ballast)) {
      byte[] zeros = new byte[64 << 10];
      assertThatThrownBy(
              () -> {
                while (true) {
                  out.write(zeros);
                }
              })
          .hasMessageContaining("No space left");
    }
    Storage again = open();
    assertThat(await(again.get("/kept", 0)).orElseThrow().modRevision())
        .isEqualTo(kept.modRevision());
    assertThatThrownBy(() -> put(again, "/no", 2_000_000))
        .isInstanceOf(StorageException.NoSpace.class);
    Files.delete(ballast);
    Awaitility.await()
        .atMost(WAIT)
        .ignoreExceptionsInstanceOf(StorageException.NoSpace.class)
        .until(() -> put(again, "/yes", 1000).version() == 1);
    await(again.close());
  }
}
