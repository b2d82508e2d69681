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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/** Real etcd processes for tests: one, or a cluster of several. */
final class EtcdServer implements AutoCloseable {

  private final Path directory;
  private final List<Integer> clientPorts = new ArrayList<>();
  private final List<Integer> peerPorts = new ArrayList<>();
  private final List<Process> processes = new ArrayList<>();

  private final @Nullable TestCertificates certificates;

  private EtcdServer(Path directory, @Nullable TestCertificates certificates) {
    this.directory = directory;
    this.certificates = certificates;
  }

  static void assumeInstalled() {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/etcd")),
        "etcd is not installed (Debian: etcd-server)");
  }

  static EtcdServer start(Path directory, int members) throws IOException {
    return start(new EtcdServer(directory, null), members);
  }

  /** One that talks TLS and asks for a client certificate. */
  static EtcdServer startSecured(Path directory, TestCertificates certificates) throws IOException {
    return start(new EtcdServer(directory, certificates), 1);
  }

  private static EtcdServer start(EtcdServer server, int members) throws IOException {
    assumeInstalled();
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
    String client = endpoint(member);
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
    if (certificates != null) {
      builder
          .command()
          .addAll(
              List.of(
                  "--cert-file",
                  certificates.cert().toString(),
                  "--key-file",
                  certificates.key().toString(),
                  "--trusted-ca-file",
                  certificates.ca().toString(),
                  "--client-cert-auth"));
    }
    builder.redirectErrorStream(true);
    builder.redirectOutput(directory.resolve("m" + member + ".log").toFile());
    return builder.start();
  }

  private void awaitHealthy(int member) {
    Awaitility.await()
        .atMost(20, TimeUnit.SECONDS)
        .pollInterval(100, TimeUnit.MILLISECONDS)
        .until(() -> run(member, "endpoint", "health") == 0);
  }

  /** Runs etcdctl, which must succeed. */
  void ctl(String... arguments) throws Exception {
    if (run(0, arguments) != 0) {
      throw new IllegalStateException("etcdctl " + arguments[0] + " " + arguments[1] + " failed");
    }
  }

  private int run(int member, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("/usr/bin/etcdctl"));
    command.addAll(List.of("--endpoints", endpoint(member)));
    if (certificates != null) {
      command.addAll(List.of("--cacert", certificates.ca().toString()));
      command.addAll(List.of("--cert", certificates.clientCert().toString()));
      command.addAll(List.of("--key", certificates.clientKey().toString()));
    }
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("ETCDCTL_API", "3");
    Process process = builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    return process.waitFor();
  }

  String endpoint(int member) {
    return (certificates == null ? "http" : "https") + "://127.0.0.1:" + clientPorts.get(member);
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
