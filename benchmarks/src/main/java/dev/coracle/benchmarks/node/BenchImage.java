package dev.coracle.benchmarks.node;

import dev.coracle.criruntime.ImageBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The one image all runtimes run: a static busybox; and the pause image containerd asks for. */
final class BenchImage {
  static final String NAME = "localhost/bench/busybox:1";
  static final String PAUSE = "localhost/bench/pause:1";
  private static final Path BUSYBOX = Path.of("/bin/busybox");

  private BenchImage() {}

  static void writeArchives(Path image, Path pause) throws IOException {
    if (!Files.exists(BUSYBOX)) {
      throw new IOException("busybox-static is not installed");
    }
    base(NAME).cmd("/bin/sh").writeArchive(image);
    base(PAUSE).cmd("/bin/sleep", "100000000").writeArchive(pause);
  }

  private static ImageBuilder base(String name) throws IOException {
    ImageBuilder image = new ImageBuilder(name).file("/bin/busybox", BUSYBOX, 0755);
    for (String applet : List.of("sh", "sleep", "true")) {
      image.symlink("/bin/" + applet, "busybox");
    }
    for (String directory : List.of("/proc", "/sys", "/dev", "/etc", "/tmp")) {
      image.directory(directory, 0755);
    }
    return image.env("PATH", "/bin");
  }

  /** The same files as a plain directory, for a runtime without images. */
  static void writeRoot(Path root) throws IOException {
    for (String directory : List.of("bin", "proc", "sys", "dev", "etc", "tmp")) {
      Files.createDirectories(root.resolve(directory));
    }
    Files.copy(BUSYBOX, root.resolve("bin/busybox"));
    for (String applet : List.of("sh", "sleep", "true")) {
      Files.createSymbolicLink(root.resolve("bin").resolve(applet), Path.of("busybox"));
    }
  }
}
