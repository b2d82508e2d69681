package dev.coracle.kubelet.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One kind of volume. Called on virtual threads, for one pod never twice at once.
 *
 * <p>A failure (an {@link IOException}, a {@link dev.coracle.api.StatusException}, an {@link
 * IllegalArgumentException}) is told by a FailedMount event and tried again.
 */
public interface VolumePlugin {

  /**
   * What is asked for.
   *
   * @param source the volume's own part of the spec: the node below {@link #field()}
   * @param directory where the volume is to stand; its parents exist
   */
  record Request(Pod pod, String name, JsonNode source, Path directory) {}

  /** The volume's field in the spec: {@code emptyDir}. */
  String field();

  /** The directory of its volumes: {@code kubernetes.io~empty-dir}. */
  String directoryName();

  /**
   * What metrics call the kind of this volume, {@code kubernetes.io/empty-dir}.
   *
   * @throws IOException that is not known yet
   */
  default String qualifiedName(Request request) throws IOException {
    return directoryName().replace('~', '/');
  }

  /**
   * Makes the volume ready, or brings it up to date; may be called at any time any number of times.
   */
  Mounted mount(Request request) throws IOException;

  /**
   * Brings a volume that stands up to date, when something of the pod or of the objects it refers
   * to has changed.
   */
  default Mounted refresh(Request request, Mounted standing) throws IOException {
    return standing;
  }

  /** How long a volume that stands may be left alone; empty: until something changes. */
  default Optional<Duration> refreshAfter(Request request) throws IOException {
    return Optional.empty();
  }

  /**
   * Gives back what stands at a directory of a pod that has ended, also of an earlier kubelet;
   * called before mounts are detached and files removed.
   */
  default void unmount(Path directory) throws IOException {}

  /**
   * Gives back the block volume that a link of a pod that has ended stands for; the link goes, too.
   *
   * @param link in {@code pods/UID/volumeDevices/} {@link #directoryName()}
   */
  default void unmap(String podUid, Path link) throws IOException {
    Files.deleteIfExists(link);
  }

  /** A PersistentVolume could not be mounted; told by a FailedMount event, under its own name. */
  final class SetUpException extends IOException {
    private static final long serialVersionUID = 1L;

    /**
     * @param step {@code MountVolume.SetUp}, or {@code MountVolume.MountDevice} for the node's part
     */
    public SetUpException(String step, String volume, @Nullable String why) {
      super(step + " failed for volume \"" + volume + "\" : " + why);
    }
  }

  /**
   * A volume is not attached to this node yet; who attaches tells why, so nobody else does for as
   * long as a pod waits for its volumes.
   */
  final class NotAttachedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final boolean exhausted;

    /**
     * @param exhausted whether the node can have no more of its driver, by a count that may change
     */
    public NotAttachedException(String volume, String node, boolean exhausted) {
      super("volume " + volume + " is not yet attached to node " + node);
      this.exhausted = exhausted;
    }

    boolean exhausted() {
      return exhausted;
    }
  }

  /** A volume that stands has not grown, which is told already; it is tried again. */
  final class GrowthException extends IOException {
    private static final long serialVersionUID = 1L;

    GrowthException(Exception cause) {
      super(cause.getMessage(), cause);
    }
  }

  /** The claim does not give a volume; told by a FailedMount event. */
  final class ClaimException extends IOException {
    private static final long serialVersionUID = 1L;

    ClaimException(String why) {
      super(why);
    }
  }

  /** A block volume could not be given to the pod; told by a FailedMapVolume event. */
  final class MapException extends IOException {
    private static final long serialVersionUID = 1L;

    MapException(String volume, @Nullable String why) {
      this("MapVolume.SetUpDevice", volume, why);
    }

    /**
     * @param step {@code MapVolume.SetUpDevice}
     */
    MapException(String step, String volume, @Nullable String why) {
      super(step + " failed for volume \"" + volume + "\" : " + why);
    }
  }
}
