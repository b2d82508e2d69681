package dev.coracle.criruntime.internal.container;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * CRIU, which writes down the memory and the state of processes. It depends much on the kernel, so
 * it is asked whether it can.
 *
 * @param directory where it is
 */
record Criu(Path directory) {

  /**
   * Finds it; blocks until it has looked at the kernel.
   *
   * @throws UnsupportedOperationException that says why there are no checkpoints on this node
   */
  static Criu find() throws IOException {
    Optional<Path> binary = HostTools.find("criu");
    if (binary.isEmpty()) {
      throw new UnsupportedOperationException(
          "checkpoints need CRIU, and this node has none: install criu");
    }
    HostTools.Result said = HostTools.run("", List.of(binary.get().toString(), "check"));
    if (said.code() != 0) {
      throw new UnsupportedOperationException(
          "checkpoints need CRIU, and "
              + binary.get()
              + " cannot work with this node's kernel: "
              + said.output()
                  .lines()
                  .filter(line -> line.contains("Error"))
                  .findFirst()
                  .orElse("criu check fails")
                  .strip());
    }
    return new Criu(Objects.requireNonNull(binary.get().getParent()));
  }
}
