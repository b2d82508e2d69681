package dev.coracle.watchhub;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;

/** Real etcd processes for tests: one, or a cluster of several. */
final class EtcdServer implements AutoCloseable {

  private final Path directory;
  private final List<Integer> clientPorts = new ArrayList<>();
  private final List<Integer> peerPorts = new ArrayList<>();
  private final List<Process> processes = new ArrayList<>();

  private EtcdServer(Path directory) {
    this.directory = directory;
  }

  static void assumeInstalled() {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/etcd")),
        "etcd is not installed (Debian: etcd-server)");
  }

  static EtcdServer start(Path directory, int members) throws IOException {
    assumeInstalled();
    EtcdServer server = new EtcdServer(directory);
    for (int i = 0; i < members; i++) {
      server.clientPorts.add(freePort());
      server.peerPorts.add(freePort());
    }
    for (int i = 0; i < members; i++) {
      server.processes.add(server.launch(i));
    }
    for (int i = 0; i < members; i++) {
      server.awaitHealthy(i);
    }
    return server;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private Process launch(int member) throws IOException {
    StringBuilder cluster = new StringBuilder();
    for (int i = 0; i < peerPorts.size(); i++) {
      cluster
          .append(i == 0 ? "" : ",")
          .append("m")
          .append(i)
          .append("=http://127.0.0.1:")
          .append(peerPorts.get(i));
    }
    String client = "http://127.0.0.1:" + clientPorts.get(member);
    String peer = "http://127.0.0.1:" + peerPorts.get(member);
    ProcessBuilder builder =
        new ProcessBuilder(
            "/usr/bin/etcd",
            "--name",
            "m" + member,
            "--data-dir",
            directory.resolve("m" + member).toString(),
            "--listen-client-urls",
            client,
            "--advertise-client-urls",
            client,
            "--listen-peer-urls",
            peer,
            "--initial-advertise-peer-urls",
            peer,
            "--initial-cluster",
            cluster.toString(),
            "--heartbeat-interval",
            "50",
            "--election-timeout",
            "500",
            "--log-level",
            "error");
    builder.redirectErrorStream(true);
    builder.redirectOutput(directory.resolve("m" + member + ".log").toFile());
    return builder.start();
  }

  private void awaitHealthy(int member) {
    Awaitility.await()
        .atMost(20, TimeUnit.SECONDS)
        .pollInterval(100, TimeUnit.MILLISECONDS)
        .until(() -> ctl("--endpoints", endpoint(member), "endpoint", "health") == 0);
  }

  private static int ctl(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("/usr/bin/etcdctl"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("ETCDCTL_API", "3");
    Process process = builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    return process.waitFor();
  }

  String endpoint(int member) {
    return "http://127.0.0.1:" + clientPorts.get(member);
  }

  List<String> endpoints() {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < clientPorts.size(); i++) {
      all.add(endpoint(i));
    }
    return all;
  }

  void kill(int member) throws InterruptedException {
    processes.get(member).destroyForcibly().waitFor();
  }

  void restart(int member) throws IOException {
    processes.set(member, launch(member));
    awaitHealthy(member);
  }

  @Override
  public void close() throws InterruptedException {
    for (Process process : processes) {
      process.destroyForcibly().waitFor();
    }
  }
}
