package dev.coracle.criruntime.internal.container;

import dev.coracle.criruntime.internal.linux.Overlays;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * A root file system as overlayfs will show it, seen without mounting it: layers, the topmost
 * first, with their whiteouts. It answers where a path leads and what a file says. Immutable.
 */
public final class RootView {
  private static final int MAX_LINKS = 40;
  private static final long MAX_FILE = 1 << 20;
  private final List<Path> layers;

  /**
   * @param topFirst the layers
   */
  public RootView(List<Path> topFirst) {
    this.layers = List.copyOf(topFirst);
  }

  /**
   * A path with every symlink followed inside the root; what does not exist is taken literally.
   *
   * @return an absolute path without links, dots or double slashes
   */
  public String resolve(String path) throws IOException {
    Deque<String> todo = new ArrayDeque<>();
    push(todo, path);
    List<String> done = new ArrayList<>();
    int links = 0;
    while (!todo.isEmpty()) {
      String name = todo.removeFirst();
      if (name.equals("..")) {
        if (!done.isEmpty()) {
          done.removeLast();
        }
        continue;
      }
      done.add(name);
      Optional<Path> node = node(done);
      if (node.isPresent() && Files.isSymbolicLink(node.get())) {
        if (++links > MAX_LINKS) {
          throw new IOException("too many symbolic links: " + path);
        }
        String target = Files.readSymbolicLink(node.get()).toString();
        done.removeLast();
        if (target.startsWith("/")) {
          done.clear();
        }
        push(todo, target);
      }
    }
    return "/" + String.join("/", done);
  }

  /** Where the thing at this path is on the host, symlinks followed. */
  public Optional<Path> find(String path) throws IOException {
    return node(split(resolve(path)));
  }

  /** The lines of a text file; none when there is no such file or it is unreasonably large. */
  public List<String> lines(String path) throws IOException {
    Optional<Path> file = find(path);
    return file.isEmpty() || !Files.isRegularFile(file.get()) || Files.size(file.get()) > MAX_FILE
        ? List.of()
        : new String(Files.readAllBytes(file.get()), StandardCharsets.ISO_8859_1).lines().toList();
  }

  /**
   * What the thing at this path is made of on the host, symlinks followed: itself, or, of a
   * directory, what each layer has of it, the topmost first. Empty where there is no such thing.
   */
  public List<Path> parts(String path) throws IOException {
    return parts(split(resolve(path)), layers.size());
  }

  private Optional<Path> node(List<String> names) {
    return parts(names, 1).stream().findFirst();
  }

  private List<Path> parts(List<String> names, int most) {
    List<Path> parts = new ArrayList<>();
    for (Path layer : layers) {
      Path at = layer;
      boolean here = true;
      boolean opaque = false;
      for (int i = 0; i < names.size() && here; i++) {
        at = at.resolve(names.get(i));
        if (isWhiteout(at)) {
          return parts;
        }
        here = Files.exists(at, LinkOption.NOFOLLOW_LINKS);
        boolean last = i == names.size() - 1;
        if (here && (!last || most > 1)) {
          boolean directory = Files.isDirectory(at, LinkOption.NOFOLLOW_LINKS);
          if (!directory) {
            return last && parts.isEmpty() ? List.of(at) : parts;
          }
          opaque |= Overlays.isOpaque(at);
        }
      }
      if (here) {
        parts.add(at);
      }
      if (opaque || parts.size() == most) {
        return parts;
      }
    }
    return parts;
  }

  private static boolean isWhiteout(Path path) {
    try {
      return Files.readAttributes(
                  path,
                  java.nio.file.attribute.BasicFileAttributes.class,
                  LinkOption.NOFOLLOW_LINKS)
              .isOther()
          && Files.getAttribute(path, "unix:rdev", LinkOption.NOFOLLOW_LINKS).equals(0L);
    } catch (IOException e) {
      return false;
    }
  }

  private static void push(Deque<String> todo, String path) {
    for (String part : split(path).reversed()) {
      todo.addFirst(part);
    }
  }

  static List<String> split(String path) {
    List<String> parts = new ArrayList<>();
    for (String part : path.split("/")) {
      if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    return parts;
  }
}
