package dev.coracle.cridocker.internal.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection that Docker has given out of HTTP's hands: after the answer's head the bytes are the
 * container's own, in both directions, each of which can be ended alone. That is why this is a
 * plain channel: an HTTP client can't close one half. One thread may read while another writes;
 * both block and should be virtual.
 */
public final class Hijacked implements Closeable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Logger LOG = LoggerFactory.getLogger(Hijacked.class);
  private static final String END_OF_HEAD = "\r\n\r\n";
  private static final int MAX_HEAD = 64 * 1024;
  private static final int MAX_REFUSAL = 64 * 1024;

  private final SocketChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocate(32 * 1024).flip();
  private final InputStream input = new Input();

  private Hijacked(SocketChannel channel) {
    this.channel = channel;
  }

  /**
   * @param patience how long the engine may take for its answer
   * @throws EngineException the engine refused, in its own words, or gave no answer
   */
  static Hijacked open(Path socket, String uri, byte[] body, Duration patience) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    CompletableFuture<Void> answered = new CompletableFuture<>();
    answered
        .orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete((_, late) -> closeIf(late != null, channel));
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
      Hijacked connection = new Hijacked(channel);
      String head =
          "POST %s HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
              .formatted(uri, body.length);
      connection.write(ByteBuffer.wrap(head.getBytes(StandardCharsets.US_ASCII)));
      connection.write(ByteBuffer.wrap(body));
      connection.expectHandover();
      if (!answered.complete(null)) {
        throw new ClosedChannelException();
      }
      return connection;
    } catch (ClosedChannelException e) {
      throw new EngineException("the Docker daemon does not answer " + uri, e);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    } finally {
      answered.complete(null);
    }
  }

  private static void closeIf(boolean late, SocketChannel channel) {
    if (late) {
      try {
        channel.close();
      } catch (IOException e) {
        LOG.atDebug().setCause(e).log("connection was closed already");
      }
    }
  }

  private void expectHandover() throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf(END_OF_HEAD, head.length() - END_OF_HEAD.length()) < 0) {
      int b = input.read();
      if (b < 0 || head.length() > MAX_HEAD) {
        throw new EOFException("the Docker daemon gave no answer");
      }
      head.append((char) b);
    }
    String[] words = head.toString().split(" ", 3);
    int status = words.length > 1 && words[1].matches("\\d{3}") ? Integer.parseInt(words[1]) : 0;
    if (status != 101 && status != 200) {
      channel.shutdownOutput();
      byte[] said = input.readNBytes(MAX_REFUSAL);
      throw new EngineException(status, message(said));
    }
  }

  private static String message(byte[] said) {
    try {
      JsonNode json = JSON.readTree(said);
      return json.path("message").asText(new String(said, StandardCharsets.UTF_8).strip());
    } catch (IOException e) {
      return new String(said, StandardCharsets.UTF_8).strip();
    }
  }

  /** What the container writes. */
  public InputStream input() {
    return input;
  }

  /** Takes all of it. */
  public void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** The container's input ends; its output goes on. */
  public void endOfOutput() throws IOException {
    channel.shutdownOutput();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private final class Input extends InputStream {
    @Override
    public int read() throws IOException {
      return fill() ? buffer.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (!fill()) {
        return -1;
      }
      int count = Math.min(length, buffer.remaining());
      buffer.get(into, offset, count);
      return count;
    }

    private boolean fill() throws IOException {
      if (buffer.hasRemaining()) {
        return true;
      }
      buffer.clear();
      int count = channel.read(buffer);
      buffer.flip();
      return count > 0;
    }
  }
}
