package dev.coracle.criruntime.internal.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.criruntime.StoredImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The list of images on disk, and what registries say of images: read, or left out. */
class ImageRecordsFuzz {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String CONFIG =
      """
      {"architecture":"amd64","os":"linux","config":{"Env":["A=1"],"Cmd":["sh"],"User":"1:2",\
      "Volumes":{"/v":{}},"Labels":{"a":"b"},"StopSignal":"SIGINT"},\
      "rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}\
      """
          .formatted("a".repeat(64));
  private static final String INDEX =
      """
      {"schemaVersion":2,"manifests":[{"digest":"sha256:%s","size":7,"platform":{"os":"linux",\
      "architecture":"amd64"}},{"digest":"sha256:x","platform":{"os":"linux","variant":"v8"}}]}\
      """
          .formatted("b".repeat(64));

  @TempDir Path directory;

  @FuzzTest(maxDuration = "60s")
  void documents(byte[] input) throws IOException {
    said(input);
    index(input);
  }

  private static String list(String id) {
    return """
    {"images":[{"id":"%s","size":7,"tags":["a:1"],"digests":["a@%s"],"layers":["%s"]},\
    {"id":"%s"}]}\
    """
        .formatted(id, id, id, "sha256:" + "c".repeat(64));
  }

  @Test
  void whatRegistriesSay() throws InterruptedException {
    new Fuzzer()
        .seeds(CONFIG, INDEX, "{}", "[]", "null", "")
        .words("\"config\":", "\"platform\":", "\"digest\":", "{", "[", "null", "\"../..\"")
        .run(ImageRecordsFuzz::said);
  }

  @Test
  void lists() throws InterruptedException, IOException {
    new Fuzzer()
        .seeds(list(blobs().write(CONFIG.getBytes(StandardCharsets.UTF_8))), "", "null", "[]")
        .words("\"images\":", "\"id\":", "{", "[", "null", "sha256:", "../../")
        .percent(30)
        .run(this::index);
  }

  private BlobStore blobs() throws IOException {
    return new BlobStore(directory.resolve("blobs"));
  }

  private static void said(byte[] input) {
    try {
      JsonNode document = JSON.readTree(input);
      ImageConfigs.parse(document);
      ImageConfigs.diffIds(document);
      Platform.here().choose(document.path("manifests"));
    } catch (IOException e) {
      assertThat(e.getMessage()).isNotNull();
    }
  }

  private void index(byte[] input) throws IOException {
    Files.write(directory.resolve("index.json"), input);
    new ImageIndex(directory, blobs())
        .list()
        .forEach(image -> assertThat(image.layers()).allSatisfy(Digest::check));
  }

  /** None of the images was there any more, and none could be pulled. */
  @Test
  void aDamagedImageIsLeftOutAndTheOthersAreThere() throws IOException {
    String id = blobs().write(CONFIG.getBytes(StandardCharsets.UTF_8));
    Files.writeString(directory.resolve("index.json"), list(id));
    List<StoredImage> found = new ImageIndex(directory, blobs()).list();
    assertThat(found).extracting(StoredImage::id).containsExactly(id);
    // The second is taken for UTF-32.
    for (byte[] bytes : new byte[][] {new byte[100], {0, 0, '}', 0}}) {
      Files.write(directory.resolve("index.json"), bytes);
      assertThat(new ImageIndex(directory, blobs()).list()).isEmpty();
    }
    ImageIndex damaged = new ImageIndex(directory, blobs());
    assertThat(damaged.list()).isEmpty();
    damaged.update(images -> images.put(id, found.getFirst()));
    assertThat(new ImageIndex(directory, blobs()).list()).isEqualTo(found);
  }
}
