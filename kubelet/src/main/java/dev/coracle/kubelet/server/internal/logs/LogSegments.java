package dev.coracle.kubelet.server.internal.logs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * The files of one container's log, oldest first: rotated ones ({@code 0.log.20260101-120000},
 * gzipped or not) and the one being written ({@code 0.log}). Blocking file access; for virtual
 * threads.
 */
final class LogSegments {
  private LogSegments() {}

  /** Rotated siblings of {@code current}, oldest first. */
  static List<Path> rotated(Path current) throws IOException {
    Path directory = current.toAbsolutePath().getParent();
    String prefix = current.getFileName() + ".";
    List<Path> found = new ArrayList<>();
    if (directory == null) {
      return found;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        // A ".tmp" is a compression under way; its source is still there.
        if (name.startsWith(prefix) && !name.endsWith(".tmp")) {
          found.add(file);
        }
      }
    } catch (NoSuchFileException e) {
      return found;
    }
    found.sort(Comparator.comparing(p -> p.getFileName().toString().replace(".gz", "")));
    return found;
  }

  static boolean compressed(Path file) {
    return file.getFileName().toString().endsWith(".gz");
  }

  /** Opens from {@code offset} of the uncompressed bytes. */
  static InputStream open(Path file, long offset) throws IOException {
    if (compressed(file)) {
      InputStream in = new GZIPInputStream(Files.newInputStream(file), 32 * 1024);
      in.skipNBytes(offset);
      return in;
    }
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    channel.position(offset);
    return Channels.newInputStream(channel);
  }

  /**
   * Where the last {@code lines} physical lines begin.
   *
   * @param offset byte offset, 0 when the file has fewer lines
   * @param lines how many lines there are from the offset to the end
   */
  record Tail(long offset, long lines) {}

  static Tail tail(Path file, long lines) throws IOException {
    return compressed(file) ? tailCompressed(file, lines) : tailPlain(file, lines);
  }

  private static Tail tailPlain(Path file, long lines) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long end = channel.size();
      if (lines == 0 || end == 0) {
        return new Tail(end, 0);
      }
      ByteBuffer block = ByteBuffer.allocate(64 * 1024);
      long found = 0;
      long position = end;
      while (position > 0) {
        int length = (int) Math.min(block.capacity(), position);
        position -= length;
        block.clear().limit(length);
        while (block.hasRemaining() && channel.read(block, position + block.position()) >= 0) {
          // reads until the block is full; a file that shrinks under us ends the loop
        }
        for (int i = length - 1; i >= 0; i--) {
          boolean lastByte = position + i == end - 1;
          if (block.get(i) == '\n' && !lastByte && ++found == lines) {
            return new Tail(position + i + 1, lines);
          }
        }
      }
      return new Tail(0, found + 1);
    }
  }

  private static Tail tailCompressed(Path file, long lines) throws IOException {
    long total = 0;
    byte[] block = new byte[32 * 1024];
    try (InputStream in = open(file, 0)) {
      for (int n = in.read(block); n >= 0; n = in.read(block)) {
        for (int i = 0; i < n; i++) {
          total += block[i] == '\n' ? 1 : 0;
        }
      }
    }
    long skip = Math.max(0, total - lines);
    long offset = 0;
    try (InputStream in = open(file, 0)) {
      for (int n = in.read(block); n >= 0 && skip > 0; n = in.read(block)) {
        for (int i = 0; i < n && skip > 0; i++) {
          offset++;
          skip -= block[i] == '\n' ? 1 : 0;
        }
      }
    }
    return new Tail(offset, Math.min(lines, total));
  }
}
