package dev.coracle.criruntime.internal.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layers and archives of a few kilobytes that become gigabytes. */
class UnpackLimitTest {

  private static final String DIFF_ID = "sha256:" + "0".repeat(64);
  private static final long MOST = 16 << 20;

  @TempDir Path dir;

  /** What writes a tar stream far longer than what is left of it by gzip. */
  private interface Content {
    void write(OutputStream out) throws IOException;
  }

  private static byte[] gzip(Content content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      content.write(zip);
    }
    return out.toByteArray();
  }

  /** Claims to hold a file of this size, of which only a beginning follows. */
  private static void header(OutputStream out, long size) throws IOException {
    ByteArrayOutputStream one = new ByteArrayOutputStream();
    try (TarWriter tar = new TarWriter(one)) {
      tar.file("zeros", 0644, size, zeros(size));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    out.write(one.toByteArray());
  }

  private static InputStream zeros(long size) {
    return new InputStream() {
      private long left = size;

      @Override
      public int read() {
        return left-- > 0 ? 0 : -1;
      }

      @Override
      public int read(byte[] buffer, int offset, int length) {
        if (left <= 0) {
          return -1;
        }
        int n = (int) Math.min(length, left);
        java.util.Arrays.fill(buffer, offset, offset + n, (byte) 0);
        left -= n;
        return n;
      }
    };
  }

  private void refused(byte[] layer) throws IOException {
    assertThat(layer.length).isLessThan(1 << 20);
    LayerStore store = new LayerStore(dir, LayerUnpacker.Form.PLAIN, MOST);
    assertThatThrownBy(() -> store.add(DIFF_ID, () -> new ByteArrayInputStream(layer)))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "layer %s: unpacks to more than %d bytes, the most that is allowed", DIFF_ID, MOST);
    try (var left = Files.list(store.directory())) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void aFileOfZerosIsRefused() throws IOException {
    refused(gzip(out -> header(out, 4 * MOST)));
  }

  @Test
  void manyFilesAreRefusedTogether() throws IOException {
    refused(
        gzip(out -> {
          for (int i = 0; i < 40; i++) {
            header(out, 1 << 20);
          }
        }));
  }

  @Test
  void emptyEntriesCountByTheirHeaders() throws IOException {
    refused(
        gzip(out -> {
          try (TarWriter tar = new TarWriter(out)) {
            for (int i = 0; i < MOST / 512; i++) {
              tar.directory("d", 0755);
            }
          }
        }));
  }

  /** Nothing of it is written, yet it has to be read to know the layer's digest. */
  @Test
  void whatFollowsTheEndCountsToo() throws IOException {
    refused(gzip(out -> zeros(4 * MOST).transferTo(out)));
  }

  @Test
  void anArchiveIsRefusedTheSameWay() throws IOException {
    Path archive = dir.resolve("image.tar.gz");
    Files.write(archive, gzip(out -> header(out, 4 * MOST)));
    Path into = Files.createDirectory(dir.resolve("into"));
    assertThatThrownBy(
            () -> ImageArchive.extract(archive, into, new UnpackLimit(MOST, "for the test")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("unpacks to more than " + MOST);
  }

  /** One file under a thousand names took a thousand times its room. */
  @Test
  void linksInAnArchiveAreNotCopies() throws IOException {
    Path archive = dir.resolve("image.tar");
    try (TarWriter tar = new TarWriter(Files.newOutputStream(archive))) {
      tar.file("a/layer.tar", 0644, new byte[4096]);
      tar.symlink("b/layer.tar", "../a/layer.tar");
      tar.hardLink("c/layer.tar", "a/layer.tar");
    }
    Path into = Files.createDirectory(dir.resolve("into"));
    ImageArchive.extract(archive, into, new UnpackLimit(MOST, "for the test"));
    for (String name : new String[] {"b", "c"}) {
      assertThat(Files.isSameFile(into.resolve("a/layer.tar"), into.resolve(name + "/layer.tar")))
          .isTrue();
    }
  }

  @Test
  void theLimitLeavesATenthOfWhatIsFree() throws IOException {
    long free = Files.getFileStore(dir).getUsableSpace();
    UnpackLimit limit = UnpackLimit.of(dir, Long.MAX_VALUE);
    assertThat(limit.bytes()).isBetween(free / 2, free - free / 20);
    assertThat(limit.exceeded()).hasMessageContaining("nine tenths of the space that is free in");
    assertThat(UnpackLimit.of(dir, 1000).bytes()).isEqualTo(1000);
  }
}
