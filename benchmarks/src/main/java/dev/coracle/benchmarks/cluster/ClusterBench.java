package dev.coracle.benchmarks.cluster;

import dev.coracle.benchmarks.Figures;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Prints one table: cold start, memory, idle processor time, pod create to Running, container
 * restart. Everything is seen from outside, over HTTPS. Arguments: the project's folder; optionally
 * how many starts and how many pods.
 */
public final class ClusterBench {

  private static final int IDLE_SECONDS = 60;

  private ClusterBench() {}

  public static void main(String[] args) throws Exception {
    Path home = Path.of(args[0]);
    int starts = args.length > 1 ? Integer.parseInt(args[1]) : 5;
    int pods = args.length > 2 ? Integer.parseInt(args[2]) : 50;
    Path directory = Files.createTempDirectory("coracle-bench");
    Vertx vertx = Vertx.vertx();
    try {
      System.out.println(Figures.machine());
      System.out.println("| what | figure |\n|---|---|");
      starts(home, directory, starts, false);
      starts(home, directory, starts, true);
      running(vertx, home, directory, pods);
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  private static void starts(Path home, Path directory, int count, boolean aot) throws Exception {
    List<Double> first = new ArrayList<>();
    List<Double> again = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Path data = directory.resolve("start-" + aot + i);
      try (RunningCluster cluster = RunningCluster.start(home, data, aot)) {
        first.add(cluster.secondsToReady());
      }
      try (RunningCluster cluster = RunningCluster.start(home, data, aot)) {
        again.add(cluster.secondsToReady());
      }
    }
    String kind = aot ? "with the JDK's AOT cache" : "plain";
    Figures.row(
        "cold start to ready, new data directory, " + kind + " (median of " + count + ")",
        Figures.percentile(first, 50),
        "s");
    Figures.row(
        "cold start to ready, same data directory, " + kind + " (median of " + count + ")",
        Figures.percentile(again, 50),
        "s");
  }

  private static void running(Vertx vertx, Path home, Path directory, int pods) throws Exception {
    try (RunningCluster cluster = RunningCluster.start(home, directory.resolve("pods"), true)) {
      Thread.sleep(Duration.ofSeconds(10)); // What starting left to do shall not count as idle.
      double before = cluster.cpuSeconds();
      Thread.sleep(Duration.ofSeconds(IDLE_SECONDS));
      Figures.row(
          "processor time, idle, of one core",
          (cluster.cpuSeconds() - before) * 100 / IDLE_SECONDS,
          "%");
      Figures.row("resident memory, idle", cluster.residentMiB(), "MiB");
      PodTimes times = new PodTimes(vertx, cluster, "coracle/demo:1");
      times.pod("warm-up", true);
      List<Double> running = new ArrayList<>();
      for (int i = 0; i < pods; i++) {
        running.add(times.pod("bench-" + i, false));
      }
      Figures.row("pod create → Running, p50 of " + pods, Figures.percentile(running, 50), "ms");
      Figures.row("pod create → Running, p99 of " + pods, Figures.percentile(running, 99), "ms");
      Figures.row("resident memory with " + pods + " pods", cluster.residentMiB(), "MiB");
      List<Double> restarts = new ArrayList<>();
      for (int i = 0; i < Math.min(pods, 20); i++) {
        restarts.add(times.restart("bench-" + i));
      }
      Figures.row(
          "kill -9 of a container's process → next one running, p50 of " + restarts.size(),
          Figures.percentile(restarts, 50),
          "ms");
      Figures.row(
          "kill -9 of a container's process → next one running, p99 of " + restarts.size(),
          Figures.percentile(restarts, 99),
          "ms");
    }
  }
}
