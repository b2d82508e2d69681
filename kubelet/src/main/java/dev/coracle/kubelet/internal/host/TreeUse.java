package dev.coracle.kubelet.internal.host;

import dev.coracle.cri.Turns;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/**
 * What a directory with all that is in it takes of its file system.
 *
 * @param inodes files and directories, itself too
 */
public record TreeUse(long bytes, long inodes) {
  public static final TreeUse NONE = new TreeUse(0, 0);

  /** Walks through it, which blocks on the disk; what goes away meanwhile takes nothing. */
  public static TreeUse of(Path tree) {
    Counter counter = new Counter();
    try {
      Files.walkFileTree(tree, counter);
    } catch (IOException e) {
      return counter.soFar();
    }
    return counter.soFar();
  }

  public TreeUse plus(TreeUse other) {
    return new TreeUse(bytes + other.bytes, inodes + other.inodes);
  }

  private static final class Counter extends SimpleFileVisitor<Path> {
    private final Turns turns = new Turns();
    private long bytes;
    private long inodes;

    private TreeUse soFar() {
      return new TreeUse(bytes, inodes);
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attrs) {
      inodes++;
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attrs) {
      turns.step();
      inodes++;
      bytes += allocated(file, attrs);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) {
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) {
      return FileVisitResult.CONTINUE;
    }

    /** Holes take no room; Java does not tell blocks, so a sparse file counts in full but once. */
    private static long allocated(Path file, BasicFileAttributes attrs) {
      try {
        Object links = Files.getAttribute(file, "unix:nlink", LinkOption.NOFOLLOW_LINKS);
        return attrs.size() / Math.max(1, (Integer) links);
      } catch (IOException | UnsupportedOperationException e) {
        return attrs.size();
      }
    }
  }
}
