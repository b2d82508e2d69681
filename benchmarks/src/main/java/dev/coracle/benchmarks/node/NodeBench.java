package dev.coracle.benchmarks.node;

import static dev.coracle.benchmarks.Figures.percentile;
import static dev.coracle.benchmarks.Figures.row;

import dev.coracle.benchmarks.Figures;
import dev.coracle.benchmarks.cluster.PodTimes;
import dev.coracle.benchmarks.cluster.RunningCluster;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Prints one table: a bare {@code crun run} and {@code ctr run} beside pod create to Running with
 * the built-in runtime and with containerd, all of one image in one run; a container's crash to its
 * restart; many pods at once, and what they cost when idle. Arguments: the project's folder;
 * optionally how many pods one after the other, and how many at once.
 */
public final class NodeBench {
  private static final int IDLE_SECONDS = 60;
  private static final int WARMING = 200;

  private NodeBench() {}

  /** One measurement. */
  @FunctionalInterface
  private interface Timed {
    double millis(int i) throws Exception;
  }

  public static void main(String[] args) throws Exception {
    Path home = Path.of(args[0]);
    int pods = args.length > 1 ? Integer.parseInt(args[1]) : 50;
    int many = args.length > 2 ? Integer.parseInt(args[2]) : 100;
    Path directory = Files.createTempDirectory("cbench");
    Path image = directory.resolve("image.tar");
    Path pause = directory.resolve("pause.tar");
    BenchImage.writeArchives(image, pause);
    Vertx vertx = Vertx.vertx();
    try {
      System.out.println(Figures.machine());
      System.out.println("| what | figure |\n|---|---|");
      Optional<BareCrun> crun = Optional.empty();
      if (Commands.has("crun")) {
        BareCrun bare = new BareCrun(directory.resolve("crun"));
        bare.run();
        series("crun run --detach, bare", pods, i -> bare.run());
        crun = Optional.of(bare);
      }
      builtIn(vertx, home, directory, image, pods, many, crun);
      if (Commands.has("containerd") && Commands.has("ctr")) {
        withContainerd(vertx, home, directory, List.of(image, pause), pods);
      }
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
      delete(directory);
    }
  }

  private static void builtIn(
      Vertx vertx,
      Path home,
      Path directory,
      Path image,
      int pods,
      int many,
      Optional<BareCrun> crun)
      throws Exception {
    Path data = directory.resolve("built-in");
    try (RunningCluster cluster = RunningCluster.start(home, data, true)) {
      Commands.timed(
          directory.resolve("load.log"),
          home.resolve("coracle").toString(),
          "image",
          "load",
          "--data-dir",
          data.toString(),
          image.toString());
      PodTimes times = new PodTimes(vertx, cluster, BenchImage.NAME);
      times.pod("warm-up", true);
      life("", pods, cluster, times, i -> times.pod("one-" + i, true));
      for (int i = 0; i < WARMING; i++) {
        times.pod("warming-" + i, true);
      }
      life(
          ", after " + (pods + WARMING) + " pods",
          pods,
          cluster,
          times,
          i -> times.pod("w-" + i, true));
      if (crun.isPresent()) {
        inTurns(pods, crun.get(), i -> times.pod("turn-" + i, true));
      }
      int restarts = Math.min(pods, 20);
      for (int i = 0; i < restarts; i++) {
        times.pod("crash-" + i, false);
      }
      series(
          "container's process killed → next one Running, built-in runtime",
          restarts,
          i -> times.restart("crash-" + i));
      int rest = many - restarts;
      row(rest + " pods at once → all Running", times.all("many-", rest), "ms");
      Thread.sleep(Duration.ofSeconds(10)); // What starting left to do shall not count as idle.
      double before = cluster.cpuSeconds();
      Thread.sleep(Duration.ofSeconds(IDLE_SECONDS));
      row(
          "processor time of the whole cluster with " + many + " idle pods, of one core",
          (cluster.cpuSeconds() - before) * 100 / IDLE_SECONDS,
          "%");
      row("resident memory with " + many + " pods", cluster.residentMiB(), "MiB");
    }
  }

  /** Pods one by one, and what each costs the cluster's process until it is gone again. */
  private static void life(String when, int pods, RunningCluster cluster, PodTimes times, Timed pod)
      throws Exception {
    double before = cluster.cpuSeconds();
    starts("pod create → Running, built-in runtime" + when, pods, times, pod);
    row(
        "processor time of the cluster's process for a pod's life" + when,
        (cluster.cpuSeconds() - before) * 1000 / pods,
        "ms");
  }

  private static void withContainerd(
      Vertx vertx, Path home, Path directory, List<Path> archives, int pods) throws Exception {
    try (Containerd containerd = new Containerd(directory.resolve("ctrd"), archives)) {
      containerd.run();
      series("ctr run --detach, bare", pods, i -> containerd.run());
      try (RunningCluster cluster =
          RunningCluster.start(
              home,
              directory.resolve("on-containerd"),
              true,
              "--container-runtime-endpoint",
              containerd.socket())) {
        PodTimes times = new PodTimes(vertx, cluster, BenchImage.NAME);
        times.pod("warm-up", true);
        starts("pod create → Running, containerd", pods, times, i -> times.pod("one-" + i, true));
      }
    }
  }

  /** A bare container and a pod, again and again: each sees what the other sees of the machine. */
  private static void inTurns(int count, BareCrun crun, Timed pod) throws Exception {
    List<Double> bare = new ArrayList<>();
    List<Double> whole = new ArrayList<>();
    List<Double> more = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      bare.add(crun.run());
      whole.add(pod.millis(i));
      more.add(whole.getLast() - bare.getLast());
    }
    row("in turns: crun run --detach, bare, p50 of " + count, percentile(bare, 50), "ms");
    row("in turns: pod create → Running, built-in runtime, p50", percentile(whole, 50), "ms");
    row("in turns: what the pod takes more, p50", percentile(more, 50), "ms");
  }

  /** Starts of pods, and the share of them that the container runtime had. */
  private static void starts(String what, int count, PodTimes times, Timed pod) throws Exception {
    double before = RuntimeCalls.seconds(times);
    series(what, count, pod);
    row(
        "of that the runtime's calls RunPodSandbox, CreateContainer and StartContainer, mean",
        (RuntimeCalls.seconds(times) - before) * 1000 / count,
        "ms");
  }

  private static void series(String what, int count, Timed timed) throws Exception {
    List<Double> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(timed.millis(i));
    }
    row(what + ", p50 of " + count, percentile(values, 50), "ms");
    row(what + ", p99 of " + count, percentile(values, 99), "ms");
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
