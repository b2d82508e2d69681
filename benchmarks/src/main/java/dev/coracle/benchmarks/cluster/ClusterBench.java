package dev.coracle.benchmarks.cluster;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.client.Client;
import dev.coracle.client.HttpsClient;
import dev.coracle.client.config.HttpsClientOptions;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Prints one table: cold start, memory, idle processor time, pod create to Running, container
 * restart. Everything is seen from outside, over HTTPS. Arguments: the project's folder; optionally
 * how many starts and how many pods.
 */
public final class ClusterBench {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int IDLE_SECONDS = 60;

  private ClusterBench() {}

  public static void main(String[] args) throws Exception {
    Path home = Path.of(args[0]);
    int starts = args.length > 1 ? Integer.parseInt(args[1]) : 5;
    int pods = args.length > 2 ? Integer.parseInt(args[2]) : 50;
    Path directory = Files.createTempDirectory("coracle-bench");
    Vertx vertx = Vertx.vertx();
    try {
      System.out.println(machine());
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

  private static String machine() throws IOException {
    String cpu =
        Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .filter(l -> l.startsWith("model name"))
            .findFirst()
            .map(l -> l.substring(l.indexOf(':') + 2))
            .orElse("unknown");
    return Runtime.getRuntime().availableProcessors()
        + " × "
        + cpu
        + ", Linux "
        + System.getProperty("os.version")
        + ", JDK "
        + Runtime.version()
        + "\n";
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
    row(
        "cold start to ready, new data directory, " + kind + " (median of " + count + ")",
        percentile(first, 50),
        "s");
    row(
        "cold start to ready, same data directory, " + kind + " (median of " + count + ")",
        percentile(again, 50),
        "s");
  }

  private static void running(Vertx vertx, Path home, Path directory, int pods) throws Exception {
    try (RunningCluster cluster = RunningCluster.start(home, directory.resolve("pods"), true)) {
      Thread.sleep(Duration.ofSeconds(10)); // What starting left to do shall not count as idle.
      double before = cluster.cpuSeconds();
      Thread.sleep(Duration.ofSeconds(IDLE_SECONDS));
      row(
          "processor time, idle, of one core",
          (cluster.cpuSeconds() - before) * 100 / IDLE_SECONDS,
          "%");
      row("resident memory, idle", cluster.residentMiB(), "MiB");
      Client client = client(vertx, cluster);
      pod(client, "warm-up", true);
      List<Double> running = new ArrayList<>();
      for (int i = 0; i < pods; i++) {
        running.add(pod(client, "bench-" + i, false));
      }
      row("pod create → Running, p50 of " + pods, percentile(running, 50), "ms");
      row("pod create → Running, p99 of " + pods, percentile(running, 99), "ms");
      row("resident memory with " + pods + " pods", cluster.residentMiB(), "MiB");
      List<Double> restarts = new ArrayList<>();
      for (int i = 0; i < Math.min(pods, 20); i++) {
        restarts.add(restart(client, "bench-" + i));
      }
      row(
          "kill -9 of a container's process → next one running, p50 of " + restarts.size(),
          percentile(restarts, 50),
          "ms");
      row(
          "kill -9 of a container's process → next one running, p99 of " + restarts.size(),
          percentile(restarts, 99),
          "ms");
    }
  }

  private static Client client(Vertx vertx, RunningCluster cluster) throws IOException {
    String url = dev.coracle.launcher.ProcessState.read(cluster.dataDir()).orElseThrow().apiUrl();
    Path pki = cluster.dataDir().resolve("pki");
    return new HttpsClient(
        vertx,
        HttpsClientOptions.of(
                URI.create(url), Files.readString(pki.resolve("ca.crt")), "coracle-bench")
            .withCertificate(
                Files.readString(pki.resolve("admin.crt")),
                Files.readString(pki.resolve("admin.key"))));
  }

  /** Milliseconds from the create's call to the watch event that says Running. */
  private static double pod(Client client, String name, boolean remove) throws Exception {
    String version =
        client
            .list(Resources.PODS, "default", ListOptions.ALL)
            .await()
            .atMost(LIMIT)
            .resourceVersion();
    var seen =
        client
            .watch(Resources.PODS, "default", WatchOptions.from(version))
            .filter(about(name, p -> p.text("status", "phase").equals("Running")))
            .toUni()
            .map(_ -> System.nanoTime())
            .subscribeAsCompletionStage();
    long begin = System.nanoTime();
    client.create(Resources.PODS, manifest(name)).await().atMost(LIMIT);
    double millis = (seen.get(LIMIT.toSeconds(), TimeUnit.SECONDS) - begin) / 1e6;
    if (remove) {
      client.delete(Resources.PODS, "default", name, DeleteOptions.now()).await().atMost(LIMIT);
    }
    return millis;
  }

  private static double restart(Client client, String name) throws Exception {
    KubeObject pod = client.get(Resources.PODS, "default", name).await().atMost(LIMIT);
    String version =
        client
            .list(Resources.PODS, "default", ListOptions.ALL)
            .await()
            .atMost(LIMIT)
            .resourceVersion();
    var seen =
        client
            .watch(Resources.PODS, "default", WatchOptions.from(version))
            .filter(about(name, p -> isRestarted(p)))
            .toUni()
            .map(_ -> System.nanoTime())
            .subscribeAsCompletionStage();
    List<ProcessHandle> processes =
        ProcessHandle.allProcesses()
            .filter(p -> cgroup(p.pid()).contains(pod.uid()))
            .filter(p -> p.info().commandLine().orElse("").contains("sleep 100000"))
            .toList();
    if (processes.isEmpty()) {
      throw new IOException("no process of pod " + name + " was found");
    }
    long begin = System.nanoTime();
    processes.forEach(ProcessHandle::destroyForcibly);
    return (seen.get(LIMIT.toSeconds(), TimeUnit.SECONDS) - begin) / 1e6;
  }

  private static boolean isRestarted(KubeObject pod) {
    var status = pod.at("status", "containerStatuses").path(0);
    return status.path("restartCount").asInt() == 1 && status.path("state").has("running");
  }

  private static Predicate<WatchEvent> about(String name, Predicate<KubeObject> condition) {
    return event ->
        switch (event) {
          case WatchEvent.Added(KubeObject o) -> o.name().equals(name) && condition.test(o);
          case WatchEvent.Modified(KubeObject o) -> o.name().equals(name) && condition.test(o);
          case WatchEvent.Deleted _, WatchEvent.Bookmark _ -> false;
          case WatchEvent.Failed failed ->
              throw new IllegalStateException(failed.status().message());
        };
  }

  private static KubeObject manifest(String name) {
    return KubeObject.create(
        new GroupVersionKind("", "v1", "Pod"),
        "default",
        name,
        node -> {
          var spec = node.putObject("spec").put("terminationGracePeriodSeconds", 0);
          var container = spec.putArray("containers").addObject();
          container
              .put("name", "c")
              .put("image", "coracle/demo:1")
              .put("imagePullPolicy", "IfNotPresent");
          container.putArray("command").add("sh").add("-c").add("sleep 100000");
        });
  }

  private static String cgroup(long pid) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/cgroup"));
    } catch (IOException gone) {
      return "";
    }
  }

  private static double percentile(List<Double> values, int percent) {
    List<Double> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    return sorted.get(
        Math.min(sorted.size() - 1, (int) Math.ceil(sorted.size() * percent / 100.0) - 1));
  }

  private static void row(String what, double value, String unit) {
    System.out.printf(Locale.ROOT, "| %s | %.2f %s |%n", what, value, unit);
  }
}
