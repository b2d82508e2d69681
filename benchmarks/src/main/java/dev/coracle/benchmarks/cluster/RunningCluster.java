package dev.coracle.benchmarks.cluster;

import dev.coracle.launcher.ProcessState;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A {@code ./coracle up} in a process of its own, and what /proc says of it. */
public final class RunningCluster implements AutoCloseable {

  private static final double TICKS_PER_SECOND = 100; // USER_HZ, which Linux fixes for user space

  private final Path dataDir;
  private final Process process;
  private final double secondsToReady;

  private RunningCluster(Path dataDir, Process process, double secondsToReady) {
    this.dataDir = dataDir;
    this.process = process;
    this.secondsToReady = secondsToReady;
  }

  /**
   * @param more further options of {@code up}
   */
  public static RunningCluster start(Path home, Path dataDir, boolean aotCache, String... more)
      throws IOException, InterruptedException {
    return start(home, dataDir, aotCache, List.of(more), Map.of());
  }

  /**
   * @param more further options of {@code coracle up}
   * @param environment variables for it
   */
  static RunningCluster start(
      Path home, Path dataDir, boolean aotCache, List<String> more, Map<String, String> environment)
      throws IOException, InterruptedException {
    Path run = Files.createDirectories(dataDir.resolve("run"));
    List<String> command =
        new ArrayList<>(
            List.of(
                home.resolve("coracle").toString(),
                "up",
                "--data-dir",
                dataDir.toString(),
                "--port",
                "0",
                "--kubelet-port",
                "0",
                "--ingress-http-port",
                "0",
                "--ingress-https-port",
                "0"));
    command.addAll(more);
    Path output = dataDir.resolveSibling(dataDir.getFileName() + ".out");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().put("CORACLE_AOT", aotCache ? "on" : "off");
    builder.environment().putAll(environment);
    try (WatchService watch = FileSystems.getDefault().newWatchService()) {
      run.register(
          watch, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY);
      long begin = System.nanoTime();
      Process process = builder.start();
      while (!isReady(dataDir, process.pid())) {
        WatchKey key = watch.poll(120, TimeUnit.SECONDS);
        if (key == null || !process.isAlive()) {
          process.descendants().forEach(ProcessHandle::destroy);
          process.destroy();
          process.waitFor(10, TimeUnit.SECONDS);
          throw new IOException("the cluster did not become ready:\n" + Files.readString(output));
        }
        key.pollEvents();
        key.reset();
      }
      return new RunningCluster(dataDir, process, (System.nanoTime() - begin) / 1e9);
    }
  }

  private static boolean isReady(Path dataDir, long pid) {
    Optional<ProcessState> state = ProcessState.read(dataDir);
    return state.isPresent() && state.get().phase().equals("Ready") && state.get().pid() == pid;
  }

  public double secondsToReady() {
    return secondsToReady;
  }

  public Path dataDir() {
    return dataDir;
  }

  /** Resident memory in MiB. */
  public double residentMiB() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
      }
    }
    throw new IOException("/proc tells no memory of process " + process.pid());
  }

  /** Seconds of processor time so far. */
  public double cpuSeconds() throws IOException {
    String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
  }

  /** Seconds of processor time so far of the living threads whose name begins so. */
  double cpuSeconds(String thread) throws IOException {
    double sum = 0;
    try (DirectoryStream<Path> tasks =
        Files.newDirectoryStream(Path.of("/proc/" + process.pid() + "/task"))) {
      for (Path task : tasks) {
        String stat;
        try {
          stat = Files.readString(task.resolve("stat"));
        } catch (IOException e) {
          continue; // It has ended just now.
        }
        if (stat.startsWith(thread, stat.indexOf('(') + 1)) {
          String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
          sum += (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
        }
      }
    }
    return sum;
  }

  /** Ends the cluster, and waits for its end, so that its files can be removed. */
  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
