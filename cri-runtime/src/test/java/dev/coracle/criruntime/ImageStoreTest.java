package dev.coracle.criruntime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.criruntime.config.ImageOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageStoreTest {
  @TempDir Path dir;
  private ImageStore store;

  @BeforeEach
  void open() throws IOException {
    store = ImageStore.open(dir.resolve("data"), false, ImageOptions.defaults());
  }

  private static ImageBuilder image(String name, String content) {
    return new ImageBuilder(name)
        .file("/app/run", content, 0755)
        .symlink("/bin/run", "/app/run")
        .entrypoint("/bin/run")
        .cmd("--serve")
        .env("MODE", "test")
        .label("who", "me")
        .user("1000")
        .stopSignal("SIGINT");
  }

  @Test
  void buildsListsAndRemoves() throws IOException {
    StoredImage built = image("demo:1", "hello").buildInto(store);
    assertThat(built.tags()).containsExactly("docker.io/library/demo:1");
    assertThat(built.config().entrypoint()).containsExactly("/bin/run");
    assertThat(built.config().cmd()).containsExactly("--serve");
    assertThat(built.config().env()).containsExactly("MODE=test");
    assertThat(built.config().labels()).containsEntry("who", "me");
    assertThat(built.config().stopSignal()).isEqualTo("SIGINT");
    assertThat(store.find("demo:1")).contains(built);
    assertThat(store.find(built.id())).contains(built);
    assertThat(store.find(built.id().substring(7, 27))).contains(built);
    assertThat(store.find("demo:2")).isEmpty();
    assertThat(store.find("NO:SUCH:THING")).isEmpty();
    assertThat(store.remove("demo:1")).isTrue();
    assertThat(store.remove("demo:1")).isFalse();
    assertThat(store.list()).isEmpty();
  }

  @Test
  void theSameInputIsTheSameImage() throws IOException {
    StoredImage a = image("a:1", "same").buildInto(store);
    StoredImage b = image("b:1", "same").buildInto(store);
    assertThat(b.id()).isEqualTo(a.id());
    assertThat(b.tags()).containsExactly("docker.io/library/a:1", "docker.io/library/b:1");
  }

  @Test
  void aNameMovesToTheNewImage() throws IOException {
    StoredImage old = image("a:1", "old").buildInto(store);
    StoredImage next = image("a:1", "new").buildInto(store);
    assertThat(store.find("a:1")).map(StoredImage::id).contains(next.id());
    assertThat(store.find(old.id())).get().extracting(StoredImage::tags).isEqualTo(List.of());
  }

  @Test
  void loadsWhatItWrote() throws IOException {
    Path archive = dir.resolve("image.tar");
    image("demo:1", "hello").writeArchive(archive);
    List<StoredImage> loaded = store.load(archive);
    assertThat(loaded).hasSize(1);
    assertThat(loaded.getFirst().tags()).containsExactly("docker.io/library/demo:1");
    assertThat(loaded.getFirst().digests())
        .singleElement()
        .asString()
        .startsWith("docker.io/library/demo@sha256:");
    StoredImage named = store.load(archive, "other:2");
    assertThat(named.tags()).contains("docker.io/library/other:2");
    store.remove(named.id());
    assertThat(store.load(archive, "demo:1").tags()).containsExactly("docker.io/library/demo:1");
  }

  @Test
  void twoStoresOfOneDirectorySeeEachOther() throws IOException {
    ImageStore other = ImageStore.open(dir.resolve("data"), false, ImageOptions.defaults());
    image("demo:1", "hello").buildInto(store);
    assertThat(other.find("demo:1")).isPresent();
    other.remove("demo:1");
    assertThat(store.find("demo:1")).isEmpty();
  }

  @Test
  void refusesDamagedArchives() throws IOException {
    Path archive = dir.resolve("image.tar");
    image("demo:1", "content-to-find").writeArchive(archive);
    byte[] bytes = Files.readAllBytes(archive);
    int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("content-to-find");
    bytes[at] ^= 1;
    Files.write(archive, bytes);
    assertThatThrownBy(() -> store.load(archive))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("digest mismatch");
    assertThat(store.list()).isEmpty();
    Path empty = Files.createDirectory(dir.resolve("empty"));
    assertThatThrownBy(() -> store.load(empty)).hasMessageContaining("OCI image layout");
  }
}
