package dev.coracle.criruntime.internal.image;

import dev.coracle.criruntime.internal.linux.Fd;
import dev.coracle.criruntime.internal.linux.Native;
import dev.coracle.criruntime.internal.linux.Sys;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Unpacks one layer's tar stream into a directory.
 *
 * <p>{@code OVERLAY} writes what overlayfs understands (whiteouts as character device 0:0, opaque
 * directories by attribute) with owners and devices, and needs root. {@code PLAIN} keeps whiteouts
 * as the marker files they are in the archive, for {@link LayerCopier}.
 *
 * <p>No entry can reach outside the directory: names are resolved inside it, symlinks included, and
 * names with ".." are refused. Source: OCI image specification, "Image Layer Filesystem Changeset".
 */
public final class LayerUnpacker {
  public static final String WHITEOUT = ".wh.";
  public static final String OPAQUE = ".wh..wh..opq";

  /** An entry takes half a kilobyte of the stream, which gzip makes nothing of, and an inode. */
  private static final int MOST_ENTRIES = 2_000_000;

  /** Directories are remembered until the end. */
  private static final int MOST_DIRECTORIES = 200_000;

  /** How whiteouts and owners are kept. */
  public enum Form {
    OVERLAY,
    PLAIN
  }

  private final Path root;
  private final Form form;
  private final UnpackLimit limit;
  private final Map<Path, TarReader.Entry> directories = new HashMap<>();
  private long bytes;
  private int entries;

  /**
   * @param limit of the files' lengths as their headers say them; what the stream really has is for
   *     the caller to bound
   */
  LayerUnpacker(Path root, Form form, UnpackLimit limit) {
    this.root = root;
    this.form = form;
    this.limit = limit;
  }

  /**
   * @return the bytes of all files written
   */
  public long unpack(InputStream tar) throws IOException {
    TarReader reader = new TarReader(tar);
    for (TarReader.Entry e = reader.next(); e != null; e = reader.next()) {
      if (++entries > MOST_ENTRIES) {
        throw new IOException("has more than " + MOST_ENTRIES + " entries");
      }
      try {
        apply(e, reader.content());
      } catch (InvalidPathException wrong) {
        throw new IOException("layer entry with a name that cannot be: " + e.name(), wrong);
      }
    }
    tar.transferTo(OutputStream.nullOutputStream());
    // A directory's time changes when something is put into it, so times come last.
    List<Path> deepestFirst = new ArrayList<>(directories.keySet());
    deepestFirst.sort((a, b) -> b.getNameCount() - a.getNameCount());
    for (Path directory : deepestFirst) {
      attributes(directory, requireEntry(directory));
    }
    return bytes;
  }

  /** How many files of all types the archive named. */
  int files() {
    return entries;
  }

  private TarReader.Entry requireEntry(Path directory) {
    TarReader.@Nullable Entry entry = directories.get(directory);
    if (entry == null) {
      throw new IllegalStateException(directory.toString());
    }
    return entry;
  }

  private void apply(TarReader.Entry e, InputStream content) throws IOException {
    String name = checked(e.name());
    if (name.isEmpty()) {
      if (e.type() == '5') {
        directories.put(root, e);
      }
      return;
    }
    Path target = ScopedPaths.resolveParent(root, name);
    Path parent = target.getParent();
    String last = String.valueOf(target.getFileName());
    if (parent == null || !target.startsWith(root) || target.equals(root)) {
      throw new IOException("layer entry outside of the root: " + e.name());
    }
    if (!Files.isDirectory(parent, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(parent);
    }
    if (form == Form.OVERLAY && last.equals(OPAQUE)) {
      opaque(parent);
    } else if (form == Form.OVERLAY && last.startsWith(WHITEOUT)) {
      Path hidden = parent.resolve(last.substring(WHITEOUT.length()));
      if (!ScopedPaths.exists(hidden)) {
        Fd.mknod(hidden, 0x2000, 0);
      }
    } else {
      write(e, target, content);
    }
  }

  private void write(TarReader.Entry e, Path target, InputStream content) throws IOException {
    boolean isDirectory = Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS);
    if (ScopedPaths.exists(target) && !(isDirectory && e.type() == '5')) {
      FileTrees.delete(target);
    }
    switch (e.type()) {
      case '5' -> {
        if (!isDirectory) {
          Files.createDirectory(target);
        }
        directories.put(target, e);
        if (directories.size() > MOST_DIRECTORIES) {
          throw new IOException("has more than " + MOST_DIRECTORIES + " directories");
        }
      }
      case '0' -> {
        if (e.size() > limit.bytes() - bytes) {
          throw limit.exceeded();
        }
        bytes += e.size();
        try (OutputStream out = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW)) {
          content.transferTo(out);
        }
        attributes(target, e);
      }
      case '1' -> {
        Path source = ScopedPaths.resolveParent(root, checked(e.link()));
        if (!source.startsWith(root) || !ScopedPaths.exists(source)) {
          throw new IOException("hard link to what is not in the layer: " + e.link());
        }
        Files.createLink(target, source);
      }
      case '2' -> {
        Files.createSymbolicLink(target, Path.of(e.link()));
        owner(target, e);
      }
      case '3', '4', '6' -> {
        if (form == Form.OVERLAY) {
          int kind = e.type() == '3' ? 0x2000 : e.type() == '4' ? 0x6000 : 0x1000;
          Fd.mknod(target, kind | e.mode(), device(e.major(), e.minor()));
          owner(target, e);
          Files.setAttribute(target, "unix:mode", e.mode());
          Fd.setModified(target, e.modifiedSeconds());
        }
      }
      default -> throw new IOException("unsupported entry type " + e.type() + " of " + e.name());
    }
  }

  private void attributes(Path path, TarReader.Entry e) throws IOException {
    owner(path, e);
    Files.setAttribute(path, "unix:mode", e.mode());
    Files.setLastModifiedTime(
        path, FileTime.from(java.time.Instant.ofEpochSecond(e.modifiedSeconds())));
  }

  private void owner(Path path, TarReader.Entry e) throws IOException {
    if (form == Form.OVERLAY) {
      Files.setAttribute(path, "unix:uid", e.uid(), LinkOption.NOFOLLOW_LINKS);
      Files.setAttribute(path, "unix:gid", e.gid(), LinkOption.NOFOLLOW_LINKS);
    }
  }

  private static String checked(String name) throws IOException {
    StringBuilder clean = new StringBuilder();
    for (String part : name.split("/")) {
      if (part.equals("..")) {
        throw new IOException("layer entry outside of the root: " + name);
      }
      if (!part.isEmpty() && !part.equals(".")) {
        clean.append(clean.isEmpty() ? "" : "/").append(part);
      }
    }
    return clean.toString();
  }

  private static void opaque(Path directory) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocateFrom("y");
      Native.check(
          "setxattr " + directory,
          Sys.LSETXATTR,
          Native.cString(arena, directory.toString()).address(),
          Native.cString(arena, "trusted.overlay.opaque").address(),
          value.address(),
          1,
          0);
    }
  }

  /** Linux's encoding of a device number. */
  static long device(long major, long minor) {
    return (minor & 0xff) | (major & 0xfff) << 8 | (minor & ~0xffL) << 12 | (major & ~0xfffL) << 32;
  }
}
