package dev.coracle.criruntime.internal.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/** Paths inside a root directory, where absolute symlinks mean that root and ".." stops at it. */
public final class ScopedPaths {
  private static final int MAX_LINKS = 40;

  private ScopedPaths() {}

  /**
   * Where a path of the root leads, with every symlink followed inside the root. What does not
   * exist yet is taken literally.
   *
   * @throws IOException too many symlinks
   */
  public static Path resolve(Path root, String path) throws IOException {
    return resolve(root, path, true);
  }

  /** As {@link #resolve}, but the last component is not followed. */
  public static Path resolveParent(Path root, String path) throws IOException {
    return resolve(root, path, false);
  }

  private static Path resolve(Path root, String path, boolean followLast) throws IOException {
    Deque<String> todo = new ArrayDeque<>();
    push(todo, path);
    Deque<String> done = new ArrayDeque<>();
    int links = 0;
    while (!todo.isEmpty()) {
      String name = todo.removeFirst();
      if (name.equals("..")) {
        done.pollLast();
        continue;
      }
      Path candidate = join(root, done).resolve(name);
      if ((followLast || !todo.isEmpty()) && Files.isSymbolicLink(candidate)) {
        if (++links > MAX_LINKS) {
          throw new IOException("too many symbolic links: " + path);
        }
        String target = Files.readSymbolicLink(candidate).toString();
        if (target.startsWith("/")) {
          done.clear();
        }
        push(todo, target);
      } else {
        done.addLast(name);
      }
    }
    return join(root, done);
  }

  private static void push(Deque<String> todo, String path) {
    String[] parts = path.split("/");
    for (int i = parts.length - 1; i >= 0; i--) {
      if (!parts[i].isEmpty() && !parts[i].equals(".")) {
        todo.addFirst(parts[i]);
      }
    }
  }

  private static Path join(Path root, Iterable<String> names) {
    Path path = root;
    for (String name : names) {
      path = path.resolve(name);
    }
    return path;
  }

  static boolean exists(Path path) {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }
}
