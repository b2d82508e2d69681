package dev.coracle.cridocker;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.criruntime.ImageBuilder;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A Docker daemon of its own for a test, with a containerd of its own: own data, socket and
 * containers, no bridge and no rules in the host's firewall; nothing of it stays.
 */
public final class DockerDaemon implements AutoCloseable {
  private static final Path BINARY =
      Path.of(Optional.ofNullable(System.getenv("DOCKERD")).orElse("/usr/sbin/dockerd"));
  private static final Path CLIENT = Path.of("/usr/bin/docker");
  private static final Duration SOON = Duration.ofSeconds(60);

  private static final Path HIERARCHIES = Path.of("/sys/fs/cgroup");

  private final Path root;
  private @Nullable Process process;

  private DockerDaemon(Path root) {
    this.root = root;
  }

  /** Skips the test, saying why, where there is no Docker Engine or no root. */
  public static DockerDaemon start() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "Docker needs root");
    assumeTrue(Files.isExecutable(BINARY), "needs dockerd (Debian: docker.io)");
    assumeTrue(Files.isExecutable(CLIENT), "needs docker (Debian: docker.io)");
    DockerDaemon daemon = new DockerDaemon(Files.createTempDirectory(Path.of("/tmp"), "dkr"));
    try {
      daemon.launch();
      return daemon;
    } catch (Exception | Error e) {
      daemon.close();
      throw e;
    }
  }

  private String cgroup() {
    return String.valueOf(root.getFileName());
  }

  /** Where it takes calls. */
  public Path socket() {
    return root.resolve("docker.sock");
  }

  private void launch() throws IOException {
    // One of its own, even if it says nothing: the machine's could say anything.
    Files.writeString(root.resolve("daemon.json"), "{}");
    process =
        new ProcessBuilder(
                BINARY.toString(),
                "--data-root",
                root.resolve("data").toString(),
                "--exec-root",
                root.resolve("run").toString(),
                "--pidfile",
                root.resolve("pid").toString(),
                "--config-file",
                root.resolve("daemon.json").toString(),
                "-H",
                "unix://" + socket(),
                "--cgroup-parent=/" + cgroup(),
                "--bridge=none",
                "--iptables=false",
                "--ip6tables=false",
                "--ip-forward=false",
                "--ip-masq=false",
                "--userland-proxy=false",
                "--live-restore")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(root.resolve("log").toFile()))
            .start();
    Awaitility.await().atMost(SOON).until(this::answers);
  }

  private boolean answers() throws IOException {
    Process p = process;
    if (p != null && !p.isAlive()) {
      throw new IllegalStateException("dockerd ended: " + Files.readString(root.resolve("log")));
    }
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket()));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Ends the daemon and starts it again; its containers live on. */
  public void restart() throws Exception {
    end();
    launch();
  }

  /** Ends the daemon; its containers live on. */
  public void end() throws InterruptedException {
    Process p = process;
    if (p != null) {
      p.destroy();
      if (!p.waitFor(30, TimeUnit.SECONDS)) {
        p.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
      }
    }
  }

  /** Loads an image archive as {@code docker load} does. */
  public void load(Path archive) throws Exception {
    docker("load", "-q", "-i", archive.toString());
  }

  /** Builds an image and loads it. */
  public void load(ImageBuilder image) throws Exception {
    Path archive = root.resolve("image.tar");
    image.writeArchive(archive);
    load(archive);
    Files.delete(archive);
  }

  /** What the command {@code docker} says. */
  public String docker(String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.addAll(List.of(CLIENT.toString(), "-H", "unix://" + socket()));
    command.addAll(List.of(arguments));
    Path output = Files.createTempFile(root, "docker", ".out");
    Process p =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean ended = p.waitFor(60, TimeUnit.SECONDS);
    String said = Files.readString(output);
    Files.delete(output);
    if (!ended || p.exitValue() != 0) {
      throw new IllegalStateException(command + ": " + said);
    }
    return said;
  }

  /** The daemon leaves a namespace bound to a file. */
  private void unmount() throws Exception {
    for (String line : Files.readAllLines(Path.of("/proc/self/mounts")).reversed()) {
      String at = line.split(" ")[1];
      if (at.startsWith(root + "/")) {
        new ProcessBuilder("umount", at).start().waitFor(10, TimeUnit.SECONDS);
      }
    }
  }

  /** Its own, of every hierarchy: other daemons of other tests may run beside it. */
  private List<Path> cgroups() {
    List<Path> found = new ArrayList<>();
    Path own = HIERARCHIES.resolve(cgroup());
    if (Files.isDirectory(own)) {
      found.add(own);
    }
    try (DirectoryStream<Path> mounts =
        Files.newDirectoryStream(HIERARCHIES, p -> Files.isDirectory(p.resolve(cgroup())))) {
      mounts.forEach(m -> found.add(m.resolve(cgroup())));
    } catch (IOException e) {
      return List.of();
    }
    return found;
  }

  @Override
  public void close() throws Exception {
    if (process != null && process.isAlive()) {
      for (String id : docker("ps", "-aq").split("\\s+")) {
        if (!id.isEmpty()) {
          docker("rm", "-f", "-v", id);
        }
      }
      end();
    }
    // Docker makes them for containers whose pod names no cgroup, and leaves them.
    for (Path group : cgroups()) {
      Files.deleteIfExists(group);
    }
    unmount();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e)
              throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
