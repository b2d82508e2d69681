package dev.coracle.criruntime.internal.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.criruntime.ImageReference;
import dev.coracle.criruntime.config.ImageOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Archives, manifests and configs of images from anywhere: taken in, or an {@code IOException};
 * whatever they say, nothing is written outside of their directory.
 */
class ArchivesFuzz {

  private static final byte[] LAYER = bytes("");
  private static final String CONFIG =
      "{\"architecture\":\"amd64\",\"config\":{\"Cmd\":[\"/run\"],\"Env\":[\"A=1\"],\"Labels\":{\"a\":\"b\"},"
          + "\"Volumes\":{\"/v\":{}},\"User\":\"1\"},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\""
          + Digest.of(LAYER)
          + "\"]}}";
  private static final String MANIFEST =
      "{\"schemaVersion\":2,\"config\":{\"digest\":\""
          + Digest.of(bytes(CONFIG))
          + "\",\"size\":10},\"layers\":[{\"digest\":\""
          + Digest.of(LAYER)
          + "\",\"size\":0}]}";
  private static final String SAVED =
      "[{\"Config\":\"config.json\",\"RepoTags\":[\"demo:1\"],\"Layers\":[\"a/layer.tar\"]}]";
  private static final String INDEX =
      "{\"schemaVersion\":2,\"manifests\":[{\"digest\":\""
          + Digest.of(bytes(MANIFEST))
          + "\",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"},"
          + "\"annotations\":{\"org.opencontainers.image.ref.name\":\"demo:1\"}}]}";

  @TempDir Path dir;
  private @Nullable Images opened;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String name(String digest) {
    return "blobs/sha256/" + Digest.hex(digest);
  }

  private static byte[] layout(byte[] index, byte[] manifest, byte[] config) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (TarWriter tar = new TarWriter(out)) {
      tar.file("index.json", 0644, index);
      tar.file(name(Digest.of(manifest)), 0644, manifest);
      tar.file(name(Digest.of(config)), 0644, config);
      tar.file(name(Digest.of(LAYER)), 0644, LAYER);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }

  private static byte[] saved(byte[] manifest, byte[] config) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (TarWriter tar = new TarWriter(out)) {
      tar.file("manifest.json", 0644, manifest);
      tar.file("config.json", 0644, config);
      tar.file("a/layer.tar", 0644, LAYER);
      tar.symlink("b/layer.tar", "../a/layer.tar");
      tar.hardLink("c/layer.tar", "a/layer.tar");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }

  /** Loads it, or says with what it does not. */
  private void load(Images images, byte[] archive) throws IOException {
    Path file = dir.resolve("archive.tar");
    Files.write(file, archive);
    try {
      images.load(file, List.of("given:1"));
    } catch (IOException e) {
      assertThat(e.getMessage()).isNotNull();
    }
  }

  private Images images() throws IOException {
    Images i = opened;
    if (i == null) {
      i =
          new Images(
              dir.resolve("inside/images"), LayerUnpacker.Form.PLAIN, ImageOptions.defaults());
      opened = i;
    }
    return i;
  }

  /**
   * By the first byte what is changed: the whole archive, or one of its documents. So that more
   * than the first header is reached, most inputs are not archives but changes of a right one.
   */
  @FuzzTest(maxDuration = "60s")
  void archives(byte[] input) throws IOException {
    if (input.length > 0) {
      byte[] rest = java.util.Arrays.copyOfRange(input, 1, input.length);
      load(
          images(),
          switch (input[0] & 7) {
            case 0 -> LayersFuzz.checked(rest);
            case 1 -> saved(rest, bytes(CONFIG));
            case 2 -> layout(rest, bytes(MANIFEST), bytes(CONFIG));
            case 3 -> saved(bytes(SAVED), rest);
            case 4 -> ArchiveChanges.of(saved(bytes(SAVED), bytes(CONFIG)), rest);
            case 5 -> ArchiveChanges.of(layout(bytes(INDEX), bytes(MANIFEST), bytes(CONFIG)), rest);
            case 6 -> withLayer(rest);
            default -> withLayer(ArchiveChanges.of(layer(), rest));
          });
    }
  }

  private static byte[] layer() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (TarWriter tar = new TarWriter(out)) {
      tar.directory("etc", 0755);
      tar.file("etc/conf", 0644, bytes("x"));
      tar.symlink("etc/link", "../etc/conf");
      tar.hardLink("etc/hard", "etc/conf");
      tar.file("etc/.wh.gone", 0644, new byte[0]);
      tar.file("a/" + "long-directory-name/".repeat(12) + "file", 0644, new byte[600]);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }

  private static byte[] gzip(byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(content);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }

  /** A layout whose documents are right for this layer, packed, so that it is unpacked. */
  private static byte[] withLayer(byte[] layer) {
    byte[] packed = gzip(layer);
    byte[] config = bytes(CONFIG.replace(Digest.of(LAYER), Digest.of(layer)));
    byte[] manifest =
        bytes(
            "{\"schemaVersion\":2,\"config\":{\"digest\":\""
                + Digest.of(config)
                + "\"},\"layers\":[{\"mediaType\":"
                + "\"application/vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\""
                + Digest.of(packed)
                + "\",\"size\":"
                + packed.length
                + "}]}");
    byte[] index = bytes(INDEX.replace(Digest.of(bytes(MANIFEST)), Digest.of(manifest)));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (TarWriter tar = new TarWriter(out)) {
      tar.file("index.json", 0644, index);
      tar.file(name(Digest.of(manifest)), 0644, manifest);
      tar.file(name(Digest.of(config)), 0644, config);
      tar.file(name(Digest.of(packed)), 0644, packed);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }

  /** Fields of headers and pieces of contents, changed one or a few at a time. */
  @Test
  void changedArchives() throws Exception {
    Images images = images();
    fuzz(
        changes(),
        input -> {
          load(images, ArchiveChanges.of(saved(bytes(SAVED), bytes(CONFIG)), input));
          byte[] layout = layout(bytes(INDEX), bytes(MANIFEST), bytes(CONFIG));
          load(images, ArchiveChanges.of(layout, input));
        });
  }

  @Test
  void changedLayersInRightArchives() throws Exception {
    Images images = images();
    load(images, withLayer(layer()));
    assertThat(images.find("demo:1").orElseThrow().layers()).hasSize(1);
    fuzz(changes(), input -> load(images, withLayer(ArchiveChanges.of(layer(), input))));
  }

  private static Fuzzer changes() {
    return new Fuzzer()
        .seed(new byte[] {0, 0, 'x', 0})
        .seed(new byte[] {1, 1, '7', '7', 0, 2, 4, '5', 0})
        .seed(new byte[] {2, 4, '2', 0, 2, 5, '/', 'e', 't', 'c', 0})
        .seed(new byte[] {3, 3, (byte) 0x80, 1, 0})
        .words("../", "/", "0", "5", "1", "x", "g", "L", "77777777777", "\0", ".wh.", "size=9\n");
  }

  private void fuzz(Fuzzer fuzzer, Fuzzer.Target target) throws Exception {
    fuzzer.percent(4).run(target);
    try (var outside = Files.list(dir)) {
      assertThat(outside.map(p -> p.getFileName().toString())).isSubsetOf("archive.tar", "inside");
    }
    try (var left = Files.list(dir.resolve("inside/images"))) {
      assertThat(left.map(p -> p.getFileName().toString())).noneMatch(n -> n.startsWith("tmp-"));
    }
  }

  @Test
  void wholeArchives() throws Exception {
    Images images = images();
    fuzz(
        new Fuzzer()
            .seed(layout(bytes(INDEX), bytes(MANIFEST), bytes(CONFIG)))
            .seed(saved(bytes(SAVED), bytes(CONFIG)))
            .words("index.json", "manifest.json", "../", "/", "\0", "layer.tar", "blobs", "ustar"),
        input -> load(images, LayersFuzz.checked(input)));
    assertThat(images.find("demo:1")).isPresent();
  }

  @Test
  void savedManifests() throws Exception {
    Images images = images();
    fuzz(
        new Fuzzer()
            .seeds(SAVED, "[]", "{}", "null", "[{\"Config\":\"a\"}]")
            .words("\"Layers\"", "\"../x\"", "\"/etc/passwd\"", "\"\\u0000\"", "[", "{", "1e999"),
        input -> load(images, saved(input, bytes(CONFIG))));
  }

  @Test
  void configs() throws Exception {
    Images images = images();
    fuzz(
        new Fuzzer()
            .seeds(CONFIG, "{}", "[]", "")
            .words("\"diff_ids\"", "sha256:", "null", "{\"a\":", "[[", "\"Volumes\":[1]"),
        input -> load(images, saved(bytes(SAVED), input)));
  }

  @Test
  void indexesAndManifests() throws Exception {
    Images images = images();
    fuzz(
        new Fuzzer()
            .seeds(INDEX, MANIFEST)
            .words("\"manifests\"", "\"platform\":{}", "sha256:", "null", "[", "{\"digest\":1}"),
        input -> {
          load(images, layout(input, bytes(MANIFEST), bytes(CONFIG)));
          String index = INDEX.replace(Digest.of(bytes(MANIFEST)), Digest.of(input));
          load(images, layout(bytes(index), input, bytes(CONFIG)));
        });
  }

  @Test
  void namesOfImages() throws InterruptedException {
    new Fuzzer()
        .seeds("nginx", "localhost:5000/a/b:tag", "x/y@" + Digest.of(LAYER), "[::1]:5000/a:b")
        .words(":", "/", "@", "sha256:", "a.", "-", "__")
        .run(input -> {
          String text = new String(input, StandardCharsets.UTF_8);
          try {
            ImageReference reference = ImageReference.parse(text);
            assertThat(ImageReference.parse(reference.toString()).name())
                .isEqualTo(reference.name());
          } catch (IllegalArgumentException e) {
            // said so
          }
        });
  }

  @Test
  void platformsOfIndexes() throws InterruptedException {
    new Fuzzer()
        .seeds(INDEX)
        .words("\"platform\"", "null", "[]", "{}")
        .run(input -> {
          try {
            Platform.here().choose(new ObjectMapper().readTree(input).path("manifests"));
          } catch (IOException e) {
            // said so
          }
        });
  }

  /** The stack of a thread ended in the pattern of repositories. */
  @Test
  void aNameOfAnyLengthIsRefused() throws InterruptedException {
    new Fuzzer()
        .seeds("nginx" + "-1".repeat(60_000), "a/".repeat(60_000) + "b")
        .percent(0)
        .run(input ->
            assertThatThrownBy(
                    () -> ImageReference.parse(new String(input, StandardCharsets.UTF_8)))
                .hasMessageContaining("must not be more than 255 characters"));
  }

  /** It was read whole, however long. */
  @Test
  void aDocumentOfAnyLengthIsNotRead() throws IOException {
    Images images = images();
    Path file = dir.resolve("archive.tar");
    byte[] large = new byte[ImageOptions.defaults().maxManifestBytes() + 1];
    Files.write(file, saved(bytes(SAVED), large));
    assertThatThrownBy(() -> images.load(file, List.of()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("config.json in the archive is larger than");
  }

  @Test
  void aNameThatIsNoneIsTheArchivesFault() throws IOException {
    Images images = images();
    Path file = dir.resolve("archive.tar");
    Files.write(file, saved(bytes(SAVED.replace("demo:1", "De:mo:1")), bytes(CONFIG)));
    assertThatThrownBy(() -> images.load(file, List.of()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the archive names an image wrongly");
  }
}
