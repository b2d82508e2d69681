package dev.coracle.demo.image;

import dev.coracle.criruntime.ImageBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Makes the images {@code coracle/demo:1} and {@code coracle/demo:2} (for rolling from one to the
 * other and back) as one archive each: a Java runtime of the modules the demo needs, linked from
 * the JDK that builds; the demo's classes; a shell.
 */
public final class DemoImage {

  private static final String MODULES = "java.base,jdk.httpserver";

  private DemoImage() {}

  /** Arguments: the folder of the compiled classes, the folder for the archives. */
  public static void main(String[] args) throws IOException, InterruptedException {
    Path classes = Path.of(args[0]);
    Path target = Files.createDirectories(Path.of(args[1]));
    Path runtime = target.resolve("java");
    for (String version : List.of("1", "2")) {
      Path archive = target.resolve("docker.io_coracle_demo_" + version + ".tar");
      if (isNewer(archive, classes.resolve("dev/coracle/demo"))) {
        continue;
      }
      if (!Files.exists(runtime)) {
        link(runtime);
      }
      build(version, classes, runtime).writeArchive(archive);
    }
  }

  private static boolean isNewer(Path archive, Path sources) throws IOException {
    if (!Files.exists(archive) || !isForDocker(archive)) {
      return false;
    }
    try (Stream<Path> files = Files.walk(sources)) {
      return files.noneMatch(f -> f.toFile().lastModified() > archive.toFile().lastModified());
    }
  }

  /** Archives of earlier builds lack what {@code docker load} looks for, which stands first. */
  private static boolean isForDocker(Path archive) throws IOException {
    byte[] first = "manifest.json".getBytes(StandardCharsets.US_ASCII);
    try (InputStream in = Files.newInputStream(archive)) {
      return Arrays.equals(in.readNBytes(first.length), first);
    }
  }

  private static void link(Path runtime) throws IOException, InterruptedException {
    String jlink = Path.of(System.getProperty("java.home"), "bin", "jlink").toString();
    String output =
        HostPrograms.run(
            List.of(
                jlink,
                "--add-modules",
                MODULES,
                "--strip-debug",
                "--no-header-files",
                "--no-man-pages",
                "--generate-cds-archive",
                "--output",
                runtime.toString()));
    if (!Files.isExecutable(runtime.resolve("bin").resolve("java"))) {
      throw new IOException("jlink made no runtime: " + output.strip());
    }
  }

  private static ImageBuilder build(String version, Path classes, Path runtime)
      throws IOException, InterruptedException {
    ImageBuilder image = new ImageBuilder("docker.io/coracle/demo:" + version);
    HostPrograms programs = new HostPrograms(image);
    for (String directory :
        List.of("/bin", "/etc", "/tmp", "/app", "/opt", "/proc", "/sys", "/dev", "/var", "/run")) {
      image.directory(directory, directory.equals("/tmp") ? 01777 : 0755);
    }
    programs.addShell();
    image.tree("/opt/java", runtime);
    try (Stream<Path> files = Files.walk(runtime)) {
      for (Path file : files.filter(DemoImage::isNative).toList()) {
        programs.addLibrariesOf(file, runtime);
      }
    }
    programs.addLibraries();
    // Only the applications: what makes the image has no business in it.
    for (String directory :
        List.of(
            "/app/dev", "/app/dev/coracle", "/app/dev/coracle/demo", "/app/dev/coracle/demo/app")) {
      image.directory(directory, 0755);
    }
    image.tree("/app/dev/coracle/demo/app", classes.resolve("dev/coracle/demo/app"));
    image.file(
        "/etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n",
        0644);
    image.file("/etc/group", "root:x:0:\nnogroup:x:65534:\n", 0644);
    image.file("/etc/nsswitch.conf", "hosts: files dns\n", 0644);
    return image
        .env("PATH", "/opt/java/bin:/usr/bin:/bin")
        .env("APP_VERSION", version)
        .label("org.opencontainers.image.title", "Coracle demo")
        .workingDir("/app")
        .entrypoint(
            "/opt/java/bin/java",
            "-Xmx24m",
            "-Xss256k",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            // Relative to the working directory: plain processes have no root of their own.
            "-cp",
            ".")
        .cmd("dev.coracle.demo.app.Greeter");
  }

  private static boolean isNative(Path file) {
    return Files.isRegularFile(file)
        && (file.toString().endsWith(".so") || file.endsWith(Path.of("bin", "java")));
  }
}
