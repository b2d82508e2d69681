package dev.coracle.criruntime.internal.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.coracle.criruntime.internal.linux.Errno;
import dev.coracle.criruntime.internal.linux.PosixException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said where the data directory lies on an overlay. */
class OverlayTroubleTest {

  @TempDir Path directory;

  private static int run(String... command) throws Exception {
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }

  private Path made(String name) throws Exception {
    return Files.createDirectory(directory.resolve(name));
  }

  @Test
  void whoseDataLieOnAnOverlayIsTold() throws Exception {
    assumeThat(System.getProperty("user.name")).as("needs root").isEqualTo("root");
    String layers =
        "lowerdir=%s,upperdir=%s,workdir=%s".formatted(made("lower"), made("upper"), made("work"));
    Path overlay = made("overlay");
    assertThat(run("mount", "-t", "overlay", "-o", layers, "overlay", overlay.toString())).isZero();
    try {
      PosixException refused =
          new PosixException("mount overlay at " + overlay + "/rootfs", Errno.EINVAL);
      assertThat(OverlayTrouble.explain(overlay, refused))
          .hasMessageContaining(overlay + " lies on an overlay itself; give coracle a --data-dir");
      PosixException other = new PosixException("mount proc", Errno.EINVAL);
      assertThat(OverlayTrouble.explain(overlay, other)).isSameAs(other);
    } finally {
      run("umount", overlay.toString());
    }
  }

  @Test
  void anyOtherTroubleIsToldAsItIs() throws Exception {
    PosixException refused = new PosixException("mount overlay at /x", Errno.EINVAL);
    assertThat(OverlayTrouble.explain(Path.of("/proc"), refused)).isSameAs(refused);
  }
}
