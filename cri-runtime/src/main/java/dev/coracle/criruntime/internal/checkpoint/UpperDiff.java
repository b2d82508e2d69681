package dev.coracle.criruntime.internal.checkpoint;

import dev.coracle.criruntime.internal.image.LayerUnpacker;
import dev.coracle.criruntime.internal.image.TarWriter;
import dev.coracle.criruntime.internal.linux.Overlays;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What a container has changed of its image, as a layer of an image (OCI image spec, "layer"). It
 * runs on meanwhile: what it takes away may be missing, and a file that it writes has the length it
 * had at first, with zeros for what it has cut off.
 */
final class UpperDiff {
  private static final int TYPE = 0170000;
  private static final int DIRECTORY = 0040000;
  private static final int REGULAR = 0100000;
  private static final int SYMLINK = 0120000;
  private static final int FIFO = 0010000;
  private static final int CHARACTER = 0020000;

  private final Path upper;
  private final TarWriter tar;

  private UpperDiff(Path upper, TarWriter tar) {
    this.upper = upper;
    this.tar = tar;
  }

  /**
   * @param upper the container's layer of an overlay
   */
  static void write(Path upper, Path file) throws IOException {
    try (TarWriter tar = new TarWriter(new BufferedOutputStream(Files.newOutputStream(file)))) {
      new UpperDiff(upper, tar).children(upper);
    }
  }

  private void children(Path directory) throws IOException {
    try (Stream<Path> list = Files.list(directory)) {
      for (Path child : list.sorted().toList()) {
        try {
          entry(child);
        } catch (NoSuchFileException e) {
          // It has just gone; nothing is written of an entry before it has been opened.
        }
      }
    }
  }

  private void entry(Path path) throws IOException {
    Map<String, Object> is =
        Files.readAttributes(
            path, "unix:mode,uid,gid,size,rdev,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
    String name = upper.relativize(path).toString();
    int mode = (int) number(is, "mode");
    FileTime modified = (FileTime) Objects.requireNonNull(is.get("lastModifiedTime"));
    tar.of(
        new TarWriter.Owner(
            (int) number(is, "uid"), (int) number(is, "gid"), modified.toMillis() / 1000));
    switch (mode & TYPE) {
      case DIRECTORY -> {
        tar.directory(name, mode & 07777);
        if (Overlays.isOpaque(path)) {
          tar.file(name + "/" + LayerUnpacker.OPAQUE, 0644, new byte[0]);
        }
        children(path);
      }
      case REGULAR -> {
        try (InputStream content = Files.newInputStream(path, LinkOption.NOFOLLOW_LINKS)) {
          long size = number(is, "size");
          tar.file(name, mode & 07777, size, new OfLength(content, size));
        }
      }
      case SYMLINK -> tar.symlink(name, Files.readSymbolicLink(path).toString());
      case FIFO -> tar.fifo(name, mode & 07777);
      case CHARACTER -> {
        if (number(is, "rdev") == 0) {
          tar.file(whiteout(name), 0644, new byte[0]);
        }
      }
      default -> {
        // Sockets belong to processes; devices are made for each container anew.
      }
    }
  }

  private static long number(Map<String, Object> attributes, String name) {
    return ((Number) Objects.requireNonNull(attributes.get(name))).longValue();
  }

  private static String whiteout(String name) {
    int slash = name.lastIndexOf('/') + 1;
    return name.substring(0, slash) + LayerUnpacker.WHITEOUT + name.substring(slash);
  }

  /** So many bytes, whatever becomes of the file. */
  static final class OfLength extends InputStream {
    private final InputStream content;
    private long left;

    OfLength(InputStream content, long length) {
      this.content = content;
      this.left = length;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int most) throws IOException {
      if (left == 0) {
        return -1;
      }
      int wanted = (int) Math.min(most, left);
      int got = content.read(into, from, wanted);
      if (got < 0) {
        Arrays.fill(into, from, from + wanted, (byte) 0);
        got = wanted;
      }
      left -= got;
      return got;
    }
  }
}
