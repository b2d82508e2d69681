package dev.coracle.cridocker.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.fuzz.Fuzzer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What Docker sends of a container's output: frames, or an {@code IOException}. */
class FramesFuzz {

  private static final int MOST = 4096;

  @FuzzTest(maxDuration = "30s")
  void output(byte[] input) {
    read(input);
  }

  private static byte[] frame(int stream, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) stream, 0, 0, 0, 0, 0, 0, (byte) bytes.length});
    out.writeBytes(bytes);
    return out.toByteArray();
  }

  @Test
  void frames() throws InterruptedException {
    ByteArrayOutputStream both = new ByteArrayOutputStream();
    both.writeBytes(frame(1, "one"));
    both.writeBytes(frame(2, "two"));
    both.writeBytes(frame(1, ""));
    new Fuzzer()
        .seed(both.toByteArray())
        .seed(new byte[] {1, 0, 0, 0, 0x7f, -1, -1, -1, 'a'})
        .words("\0\0\0\0", "\1\0\0\0\0\0\0\1", "\2", "\3")
        .run(FramesFuzz::read);
  }

  /** Piece by piece and frame by frame it is the same. */
  private static void read(byte[] input) {
    ByteArrayOutputStream pieces = new ByteArrayOutputStream();
    try {
      Frames frames = new Frames(new ByteArrayInputStream(input), false);
      for (Frames.Frame f = frames.next(); f != null; f = frames.next()) {
        pieces.writeBytes(f.bytes());
      }
    } catch (IOException e) {
      assertThat(e.getMessage()).isNotNull();
    }
    ByteArrayOutputStream wholes = new ByteArrayOutputStream();
    try {
      Frames frames = new Frames(new ByteArrayInputStream(input), false);
      for (Frames.Frame f = frames.whole(MOST); f != null; f = frames.whole(MOST)) {
        assertThat(f.bytes().length).isLessThanOrEqualTo(MOST);
        wholes.writeBytes(f.bytes());
      }
    } catch (IOException e) {
      assertThat(e.getMessage()).isNotNull();
    }
    assertThat(pieces.size()).isGreaterThanOrEqualTo(wholes.size());
    assertThat(Arrays.copyOf(pieces.toByteArray(), wholes.size())).isEqualTo(wholes.toByteArray());
  }

  /** They were taken for output. */
  @Test
  void aStreamThatIsNoneIsNoFrame() {
    for (int stream : new int[] {3, 0x7f, 0x80, 0xff}) {
      Frames frames = new Frames(new ByteArrayInputStream(frame(stream, "x")), false);
      assertThatThrownBy(frames::next)
          .isInstanceOf(IOException.class)
          .hasMessage("Docker's output is not in frames");
    }
  }
}
