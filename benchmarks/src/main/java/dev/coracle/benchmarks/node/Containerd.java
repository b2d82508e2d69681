package dev.coracle.benchmarks.node;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A containerd of its own with the benchmark's images; nothing of it stays. */
final class Containerd implements AutoCloseable {
  private static final long START_NANOS = 30_000_000_000L;

  private final Path directory;
  private final String bridge = "cbench" + ProcessHandle.current().pid() % 100_000;
  private final Process process;
  private int count;

  Containerd(Path directory, List<Path> archives) throws IOException, InterruptedException {
    this.directory = Files.createDirectories(directory);
    configure();
    this.process =
        new ProcessBuilder("containerd", "-c", directory.resolve("config.toml").toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
    try {
      awaitStart();
      for (Path archive : archives) {
        ctr("images", "import", archive.toString());
      }
    } catch (IOException | InterruptedException e) {
      close();
      throw e;
    }
  }

  private void configure() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    Files.createDirectories(directory.resolve("cni"));
    Files.writeString(
        directory.resolve("cni/10-bench.conflist"),
        """
        {"cniVersion":"0.4.0","name":"%1$s","plugins":[
          {"type":"bridge","bridge":"%1$s","isGateway":true,
           "ipam":{"type":"host-local","dataDir":"%2$s/ipam","ranges":[[{"subnet":"10.198.0.0/16"}]]}}]}
        """
            .formatted(bridge, directory));
    Files.writeString(
        directory.resolve("config.toml"),
        """
        version = 2
        root = "%1$s/root"
        state = "%1$s/state"
        [grpc]
          address = "%1$s/containerd.sock"
        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "%3$s"
          restrict_oom_score_adj = true
          disable_apparmor = true
          stream_server_address = "127.0.0.1"
          stream_server_port = "%2$d"
          [plugins."io.containerd.grpc.v1.cri".containerd]
            snapshotter = "overlayfs"
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
              runtime_type = "io.containerd.runc.v2"
          [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "/usr/lib/cni"
            conf_dir = "%1$s/cni"
        """
            .formatted(directory, port, BenchImage.PAUSE));
  }

  private void awaitStart() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + START_NANOS;
    while (true) {
      try {
        ctr("version");
        return;
      } catch (IOException e) {
        if (System.nanoTime() > deadline || !process.isAlive()) {
          throw new IOException("containerd did not start; see " + directory.resolve("log"), e);
        }
        LockSupport.parkNanos(50_000_000);
      }
    }
  }

  String socket() {
    return directory.resolve("containerd.sock").toString();
  }

  private double ctr(String... arguments) throws IOException, InterruptedException {
    String[] command = new String[arguments.length + 5];
    List<String> head = List.of("ctr", "-a", socket(), "-n", "k8s.io");
    for (int i = 0; i < command.length; i++) {
      command[i] = i < 5 ? head.get(i) : arguments[i - 5];
    }
    return Commands.timed(directory.resolve("ctr.log"), command);
  }

  /** Milliseconds of {@code ctr run --detach}. */
  double run() throws IOException, InterruptedException {
    String id = "bench-" + count++;
    double millis = ctr("run", "--detach", BenchImage.NAME, id, "/bin/sleep", "100000");
    ctr("tasks", "rm", "--force", id);
    ctr("containers", "rm", id);
    return millis;
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    process.waitFor(10, TimeUnit.SECONDS);
    ProcessHandle.allProcesses()
        .filter(p -> p.info().commandLine().orElse("").contains(directory.toString()))
        .filter(p -> p.pid() != ProcessHandle.current().pid())
        .forEach(ProcessHandle::destroyForcibly);
    try {
      Commands.timed(
          directory.resolve("ctr.log"),
          "sh",
          "-c",
          "awk '{print $5}' /proc/self/mountinfo | grep '^"
              + directory
              + "' | sort -r | xargs -r -n1 umount -l; ip link del "
              + bridge
              + " 2>/dev/null; true");
    } catch (IOException e) {
      System.err.println("containerd's mounts may be left: " + e.getMessage());
    }
  }
}
