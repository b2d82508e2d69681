package dev.coracle.criruntime.internal.container;

import dev.coracle.criruntime.internal.image.LayerUnpacker;
import dev.coracle.criruntime.server.StartException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** A way of running containers. All methods block; implementations are thread-safe. */
public sealed interface ContainerKind permits NamespacesKind, OciKind, ProcessKind {

  /** One line for people: what runs containers, and with which version. */
  String describe();

  /** How this kind wants image layers. */
  LayerUnpacker.Form layerForm();

  /** Whether containers have namespaces of their own, and so pods a network of their own. */
  boolean isolates();

  /** Whether a profile of AppArmor can confine containers. */
  default boolean confines() {
    return false;
  }

  /** Prepares what takes long and must not be done twice; part of CreateContainer. */
  void create(Launch launch) throws IOException;

  /**
   * Starts the waiter and the container's command.
   *
   * @param fds what the waiter inherits
   * @return once the command runs: its pid
   * @throws StartException the command cannot be run; nothing of it is left but the waiter
   */
  int start(Launch launch, Shim shim, Map<Integer, Integer> fds) throws IOException;

  /**
   * Starts a further process in a running container, as a child of this JVM. The kernel kills it as
   * soon as the container's own: it has their score, not this JVM's.
   *
   * @param pid of the container's first process
   * @return its pid, to be reaped
   */
  int exec(Launch launch, int pid, ProcessSpec process, ExecStreams streams) throws IOException;

  /** Whether {@link #exec} can make the terminal in the container, and hand over its master end. */
  default boolean handsOverTerminals() {
    return false;
  }

  /**
   * Writes the memory and the state of a running container's processes into files; it runs on.
   *
   * @param images a directory for them
   * @param work a directory for what is said of it
   * @throws UnsupportedOperationException that says what this node lacks
   */
  default void checkpoint(Launch launch, Path images, Path work, Duration limit)
      throws IOException {
    throw new UnsupportedOperationException(
        "checkpoints need runc and CRIU, and containers of this node run by " + describe());
  }

  /** Removes what {@link #create} and {@link #start} left, after the container has ended. */
  void remove(Launch launch) throws IOException;
}
