package dev.coracle.kubelet.internal.volume;

import dev.coracle.kubelet.internal.host.PodPaths;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * Replaces a set of files all at once. The files stand in a directory of their own, {@code
 * ..2026_01_02_15_04_05.123}; the link {@code ..data} names it, and the names that users see are
 * links through {@code ..data}. A reader sees the old files or the new ones, never a mixture: the
 * one step is the rename of {@code ..data}.
 */
final class AtomicWriter {
  /** A file's content and permission bits. */
  record Entry(byte[] content, int mode) {}

  private static final String DATA = "..data";
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("'..'uuuu_MM_dd_HH_mm_ss.").withZone(ZoneOffset.UTC);

  private final Path target;

  AtomicWriter(Path target) {
    this.target = target;
  }

  /**
   * @return whether anything changed
   */
  boolean write(Map<String, Entry> files, OptionalLong owner, Instant now) throws IOException {
    for (String name : files.keySet()) {
      check(name);
    }
    Path data = target.resolve(DATA);
    Path old = Files.isSymbolicLink(data) ? target.resolve(Files.readSymbolicLink(data)) : null;
    if (old != null && same(old, files)) {
      return false;
    }
    Path fresh =
        target.resolve(
            STAMP.format(now) + ThreadLocalRandom.current().nextInt(100_000_000, 1_000_000_000));
    Files.createDirectory(fresh);
    Files.setAttribute(fresh, "unix:mode", 0755);
    for (Map.Entry<String, Entry> e : files.entrySet()) {
      Path file = fresh.resolve(e.getKey());
      Files.createDirectories(Objects.requireNonNull(file.getParent()));
      Files.write(file, e.getValue().content());
      Files.setAttribute(file, "unix:mode", e.getValue().mode());
      if (owner.isPresent()) {
        Files.setAttribute(file, "unix:uid", (int) owner.getAsLong());
      }
    }
    Path next = target.resolve("..data_tmp");
    Files.deleteIfExists(next);
    Files.createSymbolicLink(next, fresh.getFileName());
    Files.move(next, data, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    links(files.keySet());
    if (old != null) {
      PodPaths.deleteTree(old);
    }
    return true;
  }

  private void links(Set<String> names) throws IOException {
    Set<String> tops = new TreeSet<>();
    names.forEach(n -> tops.add(n.split("/", 2)[0]));
    for (String top : tops) {
      Path link = target.resolve(top);
      if (!Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
        try {
          Files.createSymbolicLink(link, Path.of(DATA, top));
        } catch (FileAlreadyExistsException e) {
          continue;
        }
      }
    }
    try (Stream<Path> all = Files.list(target)) {
      for (Path p : all.toList()) {
        String name = p.getFileName().toString();
        if (!name.startsWith("..") && !tops.contains(name)) {
          Files.delete(p);
        }
      }
    }
  }

  private static boolean same(Path dir, Map<String, Entry> files) throws IOException {
    if (!Files.isDirectory(dir)) {
      return false;
    }
    try (Stream<Path> all = Files.walk(dir)) {
      if (all.filter(Files::isRegularFile).count() != files.size()) {
        return false;
      }
    }
    for (Map.Entry<String, Entry> e : files.entrySet()) {
      Path file = dir.resolve(e.getKey());
      if (!Files.isRegularFile(file)
          || !Arrays.equals(Files.readAllBytes(file), e.getValue().content())) {
        return false;
      }
    }
    return true;
  }

  private static void check(String name) {
    if (name.isEmpty() || name.startsWith("/") || name.startsWith("..")) {
      throw new IllegalArgumentException("invalid path: " + name);
    }
    for (String part : name.split("/")) {
      if (part.equals("..")) {
        throw new IllegalArgumentException("invalid path: must not contain '..': " + name);
      }
    }
  }
}
