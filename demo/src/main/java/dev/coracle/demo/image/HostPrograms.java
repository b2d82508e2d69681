package dev.coracle.demo.image;

import dev.coracle.criruntime.ImageBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Puts programs of this machine into an image, with the shared libraries that {@code ldd} names.
 * Where a static busybox is installed it stands for all of them.
 */
final class HostPrograms {

  private static final List<String> WANTED =
      List.of(
          "sh",
          "cat",
          "ls",
          "echo",
          "env",
          "sleep",
          "ps",
          "id",
          "hostname",
          "head",
          "tail",
          "grep",
          "sed",
          "date",
          "kill",
          "df",
          "rm",
          "mkdir",
          "touch",
          "mv",
          "cp",
          "tar",
          "wc",
          "sort",
          "true",
          "false",
          "test",
          "uname",
          "getent",
          "curl",
          "wget",
          "nslookup");

  private final ImageBuilder image;
  private final Set<Path> libraries = new TreeSet<>();

  HostPrograms(ImageBuilder image) {
    this.image = image;
  }

  void addShell() throws IOException, InterruptedException {
    Optional<Path> busybox = find("busybox");
    if (busybox.isPresent() && librariesOf(busybox.get()).isEmpty()) {
      image.file("/bin/busybox", busybox.get(), 0755);
      for (String applet : run(List.of(busybox.get().toString(), "--list")).split("\n")) {
        if (!applet.isBlank() && !applet.equals("busybox")) {
          image.symlink("/bin/" + applet.strip(), "busybox");
        }
      }
      return;
    }
    for (String name : WANTED) {
      Optional<Path> program = find(name);
      if (program.isPresent()) {
        image.file("/bin/" + name, program.get().toRealPath(), 0755);
        addLibrariesOf(program.get().toRealPath());
      }
    }
  }

  void addLibrariesOf(Path program) throws IOException, InterruptedException {
    libraries.addAll(librariesOf(program));
  }

  /**
   * As {@link #addLibrariesOf(Path)}, but for those that lie in this tree, which the image has
   * already.
   */
  void addLibrariesOf(Path program, Path tree) throws IOException, InterruptedException {
    for (Path library : librariesOf(program)) {
      if (!library.normalize().startsWith(tree.toAbsolutePath())) {
        libraries.add(library);
      }
    }
  }

  /** The libraries gathered so far, each at the path the loader looks for it. */
  void addLibraries() {
    for (Path library : libraries) {
      image.file(library.toString(), realPath(library), 0755);
    }
  }

  private static Path realPath(Path file) {
    try {
      return file.toRealPath();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /**
   * Lines of ldd: {@code libc.so.6 => /lib/.../libc.so.6 (0x…)} and {@code /lib64/ld-linux-…
   * (0x…)}.
   */
  private static Set<Path> librariesOf(Path program) throws IOException, InterruptedException {
    Set<Path> out = new TreeSet<>();
    for (String line : run(List.of("ldd", program.toString())).split("\n")) {
      String text = line.strip();
      int arrow = text.indexOf("=> ");
      String target = arrow >= 0 ? text.substring(arrow + 3) : text;
      int space = target.indexOf(' ');
      String path = space > 0 ? target.substring(0, space) : target;
      if (path.startsWith("/") && Files.exists(Path.of(path))) {
        out.add(Path.of(path));
      }
    }
    return out;
  }

  private static Optional<Path> find(String name) {
    return Stream.of("/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/")
        .map(dir -> Path.of(dir + name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  static String run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }
}
