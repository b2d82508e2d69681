package dev.coracle.criruntime.internal.container;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What a further process in a container talks through.
 *
 * @param fds its standard descriptors, by number
 * @param terminal whether descriptor 0 is to become its controlling terminal
 * @param console where instead a terminal made in the container is to be handed over; only for
 *     kinds that {@link ContainerKind#handsOverTerminals() can}
 */
record ExecStreams(Map<Integer, Integer> fds, boolean terminal, Optional<Path> console) {
  ExecStreams {
    fds = Map.copyOf(fds);
  }

  static ExecStreams pipes(Map<Integer, Integer> fds) {
    return new ExecStreams(fds, false, Optional.empty());
  }

  static ExecStreams terminal(int slave) {
    return new ExecStreams(Map.of(0, slave, 1, slave, 2, slave), true, Optional.empty());
  }

  /** The process itself talks through its terminal; the runtime's own streams lead nowhere. */
  static ExecStreams console(int nowhere, Path socket) {
    return new ExecStreams(Map.of(0, nowhere, 1, nowhere, 2, nowhere), false, Optional.of(socket));
  }
}
