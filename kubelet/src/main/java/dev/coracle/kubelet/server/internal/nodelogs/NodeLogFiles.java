package dev.coracle.kubelet.server.internal.nodelogs;

import dev.coracle.kubelet.internal.host.SafeOpen;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What lies below the node's log directory, and nothing else: {@code ..} ends at the directory, and
 * a symbolic link is followed only as far as it stays below, also when somebody exchanges a part of
 * the path meanwhile. Pipes and devices are not opened. Blocks.
 */
public final class NodeLogFiles {
  private static final int LARGEST_LISTING = 10_000;

  private final Path root;

  public NodeLogFiles(Path root) {
    this.root = root;
  }

  /** A file or directory that is held open. */
  public static final class Opened implements AutoCloseable {
    private final SafeOpen at;
    private final BasicFileAttributes attributes;

    private Opened(SafeOpen at, BasicFileAttributes attributes) {
      this.at = at;
      this.attributes = attributes;
    }

    /** Names it, whatever happens to its own name, until it is closed. */
    public Path path() {
      return at.path();
    }

    public boolean isDirectory() {
      return attributes.isDirectory();
    }

    public long size() {
      return attributes.size();
    }

    public long modifiedMillis() {
      return attributes.lastModifiedTime().toMillis();
    }

    /** The names in a directory, sorted; those of directories end in a slash. */
    public List<String> names() throws IOException {
      List<String> names = new ArrayList<>();
      try (Stream<Path> all = Files.list(path())) {
        all.limit(LARGEST_LISTING)
            .forEach(p -> names.add(p.getFileName() + (Files.isDirectory(p) ? "/" : "")));
      }
      names.sort(null);
      return names;
    }

    @Override
    public void close() {
      at.close();
    }
  }

  /**
   * @param name below the directory
   * @throws NoSuchFileException where there is no such file or directory, or a way out only
   */
  public Opened open(String name) throws IOException {
    Path top = root.toRealPath();
    Path found;
    try {
      Path relative = Path.of("/").relativize(Path.of("/" + name).normalize());
      found = top.resolve(relative).toRealPath();
    } catch (InvalidPathException e) {
      throw new NoSuchFileException(name);
    }
    if (!found.startsWith(top)) {
      throw new NoSuchFileException(name);
    }
    SafeOpen at = SafeOpen.below(top, top.relativize(found), -1);
    try {
      BasicFileAttributes attributes = Files.readAttributes(at.path(), BasicFileAttributes.class);
      if (!attributes.isRegularFile() && !attributes.isDirectory()) {
        throw new NoSuchFileException(name);
      }
      return new Opened(at, attributes);
    } catch (IOException | RuntimeException e) {
      at.close();
      throw e;
    }
  }
}
