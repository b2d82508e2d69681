package dev.coracle.criruntime.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * Writes a container's output as the kubelet reads it: {@code time stream tag text}, one line each,
 * with tag P where the text goes on in the next line of that stream and F where it is whole.
 *
 * <p>A line longer than 16 KiB is split into P parts. What has no line end yet is kept until {@link
 * #flushPartial}. Every {@link #write} leaves as one write to the file. Not thread-safe.
 */
public final class CriLogWriter implements Closeable {
  public static final int MAX_LINE = 16 * 1024;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSSSS'Z'").withZone(ZoneOffset.UTC);

  /** One stream's unfinished line. */
  public static final class Stream {
    private final byte[] name;
    private final byte[] pending = new byte[MAX_LINE];
    private int length;

    public Stream(String name) {
      this.name = name.getBytes(StandardCharsets.US_ASCII);
    }

    public boolean hasPartial() {
      return length > 0;
    }
  }

  private final Path file;
  private final Clock clock;
  private FileChannel channel;
  private ByteBuffer out = ByteBuffer.allocate(64 * 1024);

  public CriLogWriter(Path file, Clock clock) throws IOException {
    this.file = file;
    this.clock = clock;
    this.channel = open(file);
  }

  private static FileChannel open(Path file) throws IOException {
    Path parent = file.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    return FileChannel.open(
        file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
  }

  /** Goes on in a new file of the same name, after the old one was moved away. */
  public void reopen() throws IOException {
    FileChannel next = open(file);
    channel.close();
    channel = next;
  }

  /** Takes all that is in the chunk. */
  public void write(Stream stream, ByteBuffer chunk) throws IOException {
    byte[] time = now();
    while (chunk.hasRemaining()) {
      byte b = chunk.get();
      if (b == '\n') {
        line(stream, time, (byte) 'F');
      } else {
        if (stream.length == MAX_LINE) {
          line(stream, time, (byte) 'P');
        }
        stream.pending[stream.length++] = b;
      }
    }
    flush();
  }

  /** Writes an unfinished line as a P part; also at the end of all, as containerd does. */
  public void flushPartial(Stream stream) throws IOException {
    if (stream.hasPartial()) {
      line(stream, now(), (byte) 'P');
      flush();
    }
  }

  /**
   * Writes one line, or one part of one, whose time is known.
   *
   * @param text at most {@link #MAX_LINE} bytes, without the line's end
   * @param whole whether the line ends with it
   */
  public void write(Stream stream, Instant time, ByteBuffer text, boolean whole)
      throws IOException {
    stream.length = text.remaining();
    text.get(stream.pending, 0, stream.length);
    line(stream, bytes(time), (byte) (whole ? 'F' : 'P'));
    flush();
  }

  private byte[] now() {
    return bytes(Instant.now(clock));
  }

  private static byte[] bytes(Instant time) {
    return TIME.format(time).getBytes(StandardCharsets.US_ASCII);
  }

  private void line(Stream stream, byte[] time, byte tag) {
    int size = time.length + stream.name.length + stream.length + 6;
    if (out.remaining() < size) {
      ByteBuffer larger = ByteBuffer.allocate(Math.max(out.capacity() * 2, out.position() + size));
      out.flip();
      larger.put(out);
      out = larger;
    }
    out.put(time).put((byte) ' ').put(stream.name).put((byte) ' ').put(tag).put((byte) ' ');
    out.put(stream.pending, 0, stream.length).put((byte) '\n');
    stream.length = 0;
  }

  private void flush() throws IOException {
    out.flip();
    try {
      while (out.hasRemaining()) {
        int written = channel.write(out);
        if (written <= 0) {
          throw new IOException("log file takes no more");
        }
      }
    } finally {
      out.clear();
      if (out.capacity() > 1 << 20) {
        out = ByteBuffer.allocate(64 * 1024);
      }
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
