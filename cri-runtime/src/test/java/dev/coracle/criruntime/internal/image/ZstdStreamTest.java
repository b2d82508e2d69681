package dev.coracle.criruntime.internal.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.airlift.compress.zstd.ZstdOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layers in Zstandard frames (RFC 8878), as registries keep many of them. */
class ZstdStreamTest {
  /** Eight bytes of a skippable frame's content, as zstd:chunked has them behind its layer. */
  private static final byte[] SKIPPED = HexFormat.of().parseHex("502a4d18080000000123456789abcdef");

  @TempDir Path dir;

  static byte[] zstd(byte[] plain) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZstdOutputStream zip = new ZstdOutputStream(out)) {
      zip.write(plain);
    }
    return out.toByteArray();
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  private static byte[] plain(byte[] compressed) throws IOException {
    return new ZstdStream(new ByteArrayInputStream(compressed)).readAllBytes();
  }

  private static byte[] text() {
    return "coracle ".repeat(50_000).getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] noise() {
    byte[] noise = new byte[300_000];
    new Random(1).nextBytes(noise);
    return noise;
  }

  @Test
  void framesAreReadOneAfterTheOther() throws IOException {
    assertThat(plain(zstd(text()))).isEqualTo(text());
    byte[] two = joined(zstd(noise()), zstd(new byte[200_000]), zstd(text()));
    assertThat(plain(two)).isEqualTo(joined(noise(), new byte[200_000], text()));
    assertThat(plain(zstd(new byte[0]))).isEmpty();
  }

  @Test
  void skippableFramesAreSkipped() throws IOException {
    byte[] around = joined(SKIPPED, zstd(text()), SKIPPED, SKIPPED, zstd(noise()), SKIPPED);
    assertThat(ZstdFrames.begins(around)).isTrue();
    assertThat(plain(around)).isEqualTo(joined(text(), noise()));
  }

  /** Frames of the zstd program, which writes checksums and the length. */
  @Test
  void framesWithAChecksumAreHeldToIt() throws IOException {
    byte[] frame = HexFormat.of().parseHex("28b52ffd2407390000636f7261636c658caf3bc1");
    assertThat(plain(frame)).asString(StandardCharsets.US_ASCII).isEqualTo("coracle");
    byte[] run = HexFormat.of().parseHex("28b52ffd64e80245000008780100e42b2004e100b79c");
    assertThat(plain(joined(frame, run)))
        .asString(StandardCharsets.US_ASCII)
        .isEqualTo("coracle" + "x".repeat(1000));
    frame[frame.length - 1] ^= 1;
    assertThatThrownBy(() -> plain(frame))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("not a zstd stream");
  }

  /** The decoder would make room for it all at once. */
  @Test
  void aSegmentOfAnyLengthIsRefused() {
    for (String length : new String[] {"0000000001000000", "ffffffffffffffff"}) {
      byte[] frame = HexFormat.of().parseHex("28b52ffde0" + length + "390000636f7261636c65");
      assertThatThrownBy(() -> plain(frame)).hasMessageContaining("of one segment is longer");
    }
  }

  @Test
  void whatIsCutOffIsRefused() throws IOException {
    byte[] whole = joined(zstd("a layer".getBytes(StandardCharsets.US_ASCII)), SKIPPED);
    int frame = whole.length - SKIPPED.length;
    for (int length = 1; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      if (length == frame) {
        assertThat(plain(cut)).hasSize(7);
      } else {
        assertThatThrownBy(() -> plain(cut))
            .as("of %d bytes", length)
            .isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void aLayerIsUnpacked() throws IOException {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    try (TarWriter writer = new TarWriter(tar)) {
      writer.directory("etc", 0755);
      writer.file("etc/name", 0644, "coracle".getBytes(StandardCharsets.US_ASCII));
    }
    byte[] layer = tar.toByteArray();
    String diffId = Digest.of(layer);
    LayerStore store = new LayerStore(dir, LayerUnpacker.Form.PLAIN, 1 << 20);
    byte[] compressed = joined(zstd(layer), SKIPPED);
    store.add(diffId, () -> new ByteArrayInputStream(compressed));
    assertThat(Files.readString(store.path(diffId).resolve("etc/name"))).isEqualTo("coracle");
    assertThat(store.size(diffId).bytes()).isEqualTo(7);
    assertThat(store.size(diffId).files()).hasValue(2);
  }
}
