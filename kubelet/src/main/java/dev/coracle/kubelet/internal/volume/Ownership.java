package dev.coracle.kubelet.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.kubelet.internal.pod.Pod;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Gives a volume to the pod's {@code fsGroup}: group readable (and writable), with the group
 * inherited below. A directory comes after what is in it, so that the volume's own is not as it
 * should be until all is.
 */
public final class Ownership {
  private Ownership() {}

  public static OptionalLong fsGroup(Pod pod) {
    JsonNode group = pod.securityContext().path("fsGroup");
    return group.isNumber() ? OptionalLong.of(group.asLong()) : OptionalLong.empty();
  }

  /** The one user all containers run as, for whom a token may be private. */
  static OptionalLong singleUser(Pod pod) {
    JsonNode shared = pod.securityContext().path("runAsUser");
    Long user = null;
    for (var c : pod.allContainers()) {
      JsonNode own = c.securityContext().path("runAsUser");
      JsonNode effective = own.isNumber() ? own : shared;
      if (!effective.isNumber() || user != null && user != effective.asLong()) {
        return OptionalLong.empty();
      }
      user = effective.asLong();
    }
    return user == null ? OptionalLong.empty() : OptionalLong.of(user);
  }

  /**
   * @param step is run at each file and directory
   * @return whether that was to be done
   */
  static boolean apply(Path tree, Pod pod, boolean readOnly, Runnable step) throws IOException {
    OptionalLong group = fsGroup(pod);
    if (group.isEmpty()) {
      return false;
    }
    int gid = (int) group.getAsLong();
    boolean onlyWhenWrong =
        pod.securityContext().path("fsGroupChangePolicy").asText("").equals("OnRootMismatch");
    if (onlyWhenWrong && fits(tree, gid, (readOnly ? 0440 : 0660) | 02110)) {
      return false;
    }
    Files.walkFileTree(
        tree,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException e)
              throws IOException {
            if (e != null) {
              throw e;
            }
            step.run();
            own(dir, gid, (readOnly ? 0440 : 0660) | 02110);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes a) throws IOException {
            step.run();
            if (a.isSymbolicLink()) {
              Files.setAttribute(file, "unix:gid", gid, LinkOption.NOFOLLOW_LINKS);
            } else {
              own(file, gid, readOnly ? 0440 : 0660);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return true;
  }

  private static boolean fits(Path path, int gid, int bits) throws IOException {
    int mode = (int) Files.getAttribute(path, "unix:mode");
    return (int) Files.getAttribute(path, "unix:gid") == gid && (mode & bits) == bits;
  }

  private static void own(Path path, int gid, int bits) throws IOException {
    int mode = (int) Files.getAttribute(path, "unix:mode") & 07777;
    Files.setAttribute(path, "unix:gid", gid);
    Files.setAttribute(path, "unix:mode", mode | bits);
  }
}
