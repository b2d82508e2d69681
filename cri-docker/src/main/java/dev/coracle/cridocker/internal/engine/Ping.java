package dev.coracle.cridocker.internal.engine;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Tells a Docker daemon from a server of CRI by a question that both understand enough to answer:
 * HTTP/1.1's {@code GET /_ping}, to which only Docker says its version.
 */
public final class Ping {
  private static final Duration PATIENCE = Duration.ofSeconds(3);
  private static final byte[] QUESTION =
      "GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n"
          .getBytes(StandardCharsets.US_ASCII);

  private Ping() {}

  /** Blocks until there is an answer, for three seconds at most. */
  public static boolean answers(Path socket) {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        Selector selector = Selector.open()) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      ByteBuffer question = ByteBuffer.wrap(QUESTION);
      while (question.hasRemaining()) {
        channel.write(question);
      }
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ);
      return read(channel, selector).toString().contains("\r\nApi-Version:");
    } catch (IOException e) {
      return false;
    }
  }

  private static StringBuilder read(SocketChannel channel, Selector selector) throws IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    StringBuilder head = new StringBuilder();
    ByteBuffer buffer = ByteBuffer.allocate(4096);
    while (head.indexOf("\r\n\r\n") < 0) {
      long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
      if (left <= 0 || selector.select(left) == 0) {
        return head;
      }
      selector.selectedKeys().clear();
      if (channel.read(buffer.clear()) < 0) {
        return head;
      }
      head.append(StandardCharsets.ISO_8859_1.decode(buffer.flip()));
      if (head.length() > 64 * 1024) {
        return head;
      }
    }
    return head;
  }
}
