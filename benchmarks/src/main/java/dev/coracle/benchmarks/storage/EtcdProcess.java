package dev.coracle.benchmarks.storage;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** One real etcd with its default durability, beside which ours is measured. */
public final class EtcdProcess implements AutoCloseable {

  private final Process process;
  final int port;

  private EtcdProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  public static EtcdProcess start(Path directory) throws IOException {
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

  public String endpoint() {
    return "http://127.0.0.1:" + port;
  }

  public void awaitPort() {
    while (process.isAlive()) {
      try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return;
      } catch (IOException e) {
        LockSupport.parkNanos(2_000_000);
      }
    }
    throw new IllegalStateException("etcd ended");
  }

  /** How often it has synced its log, by its own metrics. */
  long syncs() throws IOException {
    try (InputStream in = URI.create(endpoint() + "/metrics").toURL().openStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(l -> l.startsWith("etcd_disk_wal_fsync_duration_seconds_count"))
          .mapToLong(l -> (long) Double.parseDouble(l.substring(l.lastIndexOf(' ') + 1)))
          .findFirst()
          .orElse(0);
    }
  }

  /** Processor time since its start, in nanoseconds. */
  public long cpu() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos();
  }

  /** Resident memory in bytes. */
  long memory() throws IOException {
    return kilobytes("status", "VmRSS:") * 1024;
  }

  /**
   * Its own memory in bytes, without what it has mapped of files, once it has stopped changing: its
   * collector works in the background.
   */
  long settledMemory() throws IOException {
    long before = kilobytes("smaps_rollup", "Pss_Anon:");
    for (int same = 0, tries = 0; same < 5 && tries < 200; tries++) {
      LockSupport.parkNanos(100_000_000);
      long now = kilobytes("smaps_rollup", "Pss_Anon:");
      same = Math.abs(now - before) < 64 ? same + 1 : 0;
      before = now;
    }
    return before * 1024;
  }

  private long kilobytes(String file, String line) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + process.pid() + "/" + file)).stream()
        .filter(l -> l.startsWith(line))
        .mapToLong(l -> Long.parseLong(l.replaceAll("[^0-9]", "")))
        .findFirst()
        .orElseThrow();
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    process.waitFor();
  }
}
