package dev.coracle.kubelet.internal.dbus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.fuzz.Fuzzer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What comes from the system's bus: messages, or an error that ends the connection. */
class DBusFuzz {

  @FuzzTest(maxDuration = "60s")
  void messages(byte[] input) {
    take(input);
  }

  /** As the connection does: as many messages as there are. */
  private static void take(byte[] input) {
    byte[] left = input;
    try {
      int length;
      while ((length = DBusMessage.length(left, left.length)) >= 0 && length <= left.length) {
        DBusMessage message = DBusMessage.decode(Arrays.copyOf(left, length)).message();
        assertThat(message.body().length).as("of %s", message).isLessThanOrEqualTo(length);
        again(message);
        read(message);
        left = Arrays.copyOfRange(left, length, left.length);
      }
    } catch (IOException e) {
      return;
    }
  }

  /** Our own form of it is the same message; the body is little endian in ours. */
  private static void again(DBusMessage message) throws IOException {
    if (message.signature().length() > 255) {
      return;
    }
    byte[] bytes = message.encode(message.serial());
    DBusMessage same = DBusMessage.decode(bytes).message();
    assertThat(same.member()).isEqualTo(message.member());
    assertThat(same.replySerial()).isEqualTo(message.replySerial());
    assertThat(same.body()).isEqualTo(message.body());
  }

  private static void read(DBusMessage message) {
    DBusReader in = message.read();
    try {
      while (in.hasMore()) {
        in.string();
        in.truth();
        in.int64();
        in.signature();
      }
    } catch (IOException e) {
      return;
    }
  }

  private static byte[] call() {
    return DBusMessage.call(
            "org.freedesktop.login1",
            "/org/freedesktop/login1",
            "org.freedesktop.login1.Manager",
            "Inhibit",
            "ss",
            new DBusWriter().string("shutdown").string("kubelet").bytes())
        .encode(7);
  }

  @Test
  void nearlyRightOnes() throws Exception {
    DBusMessage asked = DBusMessage.decode(call()).message();
    new Fuzzer()
        .seed(call())
        .seed(asked.answer("b", new DBusWriter().int32(1).bytes()).encode(8))
        .seed(asked.answer("", new byte[0]).encode(9))
        .words("\0\0\0\0", "\1o\0", "\5u\0", "B", "l")
        .run(DBusFuzz::take);
  }

  @Test
  void aMessageWhoseHeaderReachesIntoItsBodyIsNone() throws Exception {
    byte[] bytes = call();
    ByteBuffer lengths = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    lengths.putInt(12, lengths.getInt(12) - 8);
    lengths.putInt(4, lengths.getInt(4) + 8);
    assertThat(DBusMessage.length(bytes, bytes.length)).isEqualTo(bytes.length);
    assertThatThrownBy(() -> DBusMessage.decode(bytes))
        .isInstanceOf(IOException.class)
        .hasMessage("a D-Bus header that does not end where it says");
  }
}
