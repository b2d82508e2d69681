package dev.coracle.benchmarks.storage;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/** One real etcd with its default durability, beside which the embedded storage is measured. */
final class EtcdProcess implements AutoCloseable {

  private final Process process;
  final int port;

  private EtcdProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  static EtcdProcess start(Path directory) throws IOException {
    return start(directory, freePort());
  }

  static EtcdProcess start(Path directory, int port) throws IOException {
    String client = "http://127.0.0.1:" + port;
    String peer = "http://127.0.0.1:" + freePort();
    Process process =
        new ProcessBuilder(
                "etcd",
                "--data-dir",
                directory.toString(),
                "--listen-client-urls",
                client,
                "--advertise-client-urls",
                client,
                "--listen-peer-urls",
                peer,
                "--initial-advertise-peer-urls",
                peer,
                "--initial-cluster",
                "default=" + peer,
                "--quota-backend-bytes",
                "8589934592",
                "--log-level",
                "error")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return new EtcdProcess(process, port);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  String endpoint() {
    return "http://127.0.0.1:" + port;
  }

  void awaitPort() {
    while (process.isAlive()) {
      try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return;
      } catch (IOException e) {
        LockSupport.parkNanos(2_000_000);
      }
    }
    throw new IllegalStateException("etcd ended");
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    process.waitFor();
  }
}
