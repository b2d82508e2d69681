package dev.coracle.apiserver.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** {@code GZIPInputStream} checks what the stream says of its length and its checksum. */
class GzipPartsTest {

  private final Random random = new Random(7);

  private static byte[] unpacked(Piece piece) throws IOException {
    return new GZIPInputStream(new ByteArrayInputStream(piece.toArray())).readAllBytes();
  }

  private byte[] text(int length, boolean compressible) {
    byte[] out = new byte[length];
    for (int i = 0; i < length; i++) {
      out[i] = (byte) (compressible ? "{\"name\":\"a\"}".charAt(i % 12) : random.nextInt());
    }
    return out;
  }

  @Test
  void partsOfAllSizesAreOneStream() throws IOException {
    for (int round = 0; round < 200; round++) {
      GzipParts parts = new GzipParts();
      Piece piece = new Piece(16);
      ByteArrayOutputStream plain = new ByteArrayOutputStream();
      parts.begin(piece);
      for (int i = random.nextInt(12); i > 0; i--) {
        byte[] text = text(random.nextInt(1 << random.nextInt(17)), random.nextBoolean());
        plain.write(text);
        parts.put(piece, parts.part(text));
      }
      parts.end(piece);
      assertThat(unpacked(piece)).isEqualTo(plain.toByteArray());
    }
  }

  /** As items of a list, of which each is compressed for the first list alone. */
  @Test
  void aPartMayBePutIntoSeveralStreamsAtAnyPlace() throws IOException {
    GzipParts maker = new GzipParts();
    List<byte[]> texts = new ArrayList<>();
    List<byte[]> made = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      texts.add(("item " + i + "x".repeat(i * 37)).getBytes(StandardCharsets.UTF_8));
      made.add(maker.part(texts.getLast()));
    }
    for (int step : new int[] {1, 3, 7}) {
      GzipParts parts = new GzipParts();
      Piece piece = new Piece(16);
      ByteArrayOutputStream plain = new ByteArrayOutputStream();
      parts.begin(piece);
      for (int i = 0; i < texts.size(); i++) {
        int at = i * step % texts.size();
        plain.write(texts.get(at));
        parts.put(piece, made.get(at));
      }
      parts.end(piece);
      assertThat(unpacked(piece)).isEqualTo(plain.toByteArray());
    }
  }

  @Test
  void aStreamMayBeEmpty() throws IOException {
    GzipParts parts = new GzipParts();
    Piece piece = new Piece(16);
    parts.begin(piece);
    parts.put(piece, parts.part(new byte[0]));
    parts.end(piece);
    assertThat(unpacked(piece)).isEmpty();
  }
}
