package dev.coracle.benchmarks.cluster;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.WatchEvent;
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
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Many simulated nodes and pods, seen from outside over HTTPS: pods come from Deployments, so
 * controllers, scheduler, kubelets and status writes are all on the way. Arguments: the project's
 * folder; optionally how many nodes and how many pods.
 */
public final class NodesBench {

  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final int DEPLOYMENTS = 10;
  private static final int IDLE_SECONDS = 30;
  private static final GroupVersionResource DEPLOYMENT =
      new GroupVersionResource("apps", "v1", "deployments");

  private NodesBench() {}

  public static void main(String[] args) throws Exception {
    Path home = Path.of(args[0]);
    int nodes = args.length > 1 ? Integer.parseInt(args[1]) : 1_000;
    int pods = args.length > 2 ? Integer.parseInt(args[2]) : 10_000;
    Path directory = Files.createTempDirectory("coracle-bench");
    Vertx vertx = Vertx.vertx();
    try (RunningCluster cluster =
        RunningCluster.start(
            home,
            directory.resolve("nodes"),
            false,
            List.of("--simulated-nodes", String.valueOf(nodes)),
            Map.of("CORACLE_HEAP", "3g"))) {
      System.out.println("| what | figure |\n|---|---|");
      row(nodes + " nodes: start of the process → all nodes ready", cluster.secondsToReady(), "s");
      row(nodes + " nodes: resident memory", cluster.residentMiB(), "MiB");
      try (HttpsClient client = client(vertx, cluster)) {
        pods(client, cluster, nodes, pods);
      }
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  private static void pods(Client client, RunningCluster cluster, int nodes, int pods)
      throws Exception {
    String what = nodes + " nodes, " + pods + " pods: ";
    double cpu = cluster.cpuSeconds();
    double compilers = compilers(cluster);
    double collector = collector(cluster);
    long begin = System.nanoTime();
    var done = allReady(client, pods);
    for (int i = 0; i < DEPLOYMENTS; i++) {
      int share = pods / DEPLOYMENTS + (i < pods % DEPLOYMENTS ? 1 : 0);
      client.create(DEPLOYMENT, deployment("load-" + i, share)).await().atMost(LIMIT);
    }
    double seconds = (done.get(LIMIT.toSeconds(), TimeUnit.SECONDS) - begin) / 1e9;
    row(what + "create of the Deployments → all Running and Ready", seconds, "s");
    row(what + "pods a second", pods / seconds, "");
    row(what + "processor time of it", cluster.cpuSeconds() - cpu, "s");
    row(what + "of that the JIT compilers", compilers(cluster) - compilers, "s");
    row(what + "of that garbage collection", collector(cluster) - collector, "s");
    row(what + "resident memory", cluster.residentMiB(), "MiB");
    Thread.sleep(Duration.ofSeconds(10)); // What the start left to do shall not count as idle.
    double before = cluster.cpuSeconds();
    Thread.sleep(Duration.ofSeconds(IDLE_SECONDS));
    row(
        what + "processor time when nothing changes, of one core",
        (cluster.cpuSeconds() - before) * 100 / IDLE_SECONDS,
        "%");
  }

  /** The serial collector works in the VM's thread, which does little else; G1 has its own. */
  private static double collector(RunningCluster cluster) throws IOException {
    return cluster.cpuSeconds("VM Thread")
        + cluster.cpuSeconds("GC Thread")
        + cluster.cpuSeconds("G1 ");
  }

  private static double compilers(RunningCluster cluster) throws IOException {
    return cluster.cpuSeconds("C1 Compiler") + cluster.cpuSeconds("C2 Compiler");
  }

  /** Completes with the time at which the Deployments' ready replicas come to this sum. */
  private static java.util.concurrent.CompletableFuture<Long> allReady(Client client, int pods) {
    String version =
        client.list(DEPLOYMENT, "default", ListOptions.ALL).await().atMost(LIMIT).resourceVersion();
    Map<String, Integer> ready = new HashMap<>();
    return client
        .watch(DEPLOYMENT, "default", WatchOptions.from(version))
        .filter(event -> {
          KubeObject object =
              switch (event) {
                case WatchEvent.Added(KubeObject o) -> o;
                case WatchEvent.Modified(KubeObject o) -> o;
                case WatchEvent.Deleted(KubeObject o) -> o;
                case WatchEvent.Bookmark _ -> null;
                case WatchEvent.Failed failed ->
                    throw new IllegalStateException(failed.status().message());
              };
          if (object != null) {
            ready.put(object.name(), object.at("status", "readyReplicas").asInt());
          }
          return ready.values().stream().mapToInt(Integer::intValue).sum() >= pods;
        })
        .toUni()
        .onItem()
        .ifNull()
        .failWith(() -> new IllegalStateException("the watch ended before all pods were ready"))
        .map(_ -> System.nanoTime())
        .subscribeAsCompletionStage();
  }

  private static KubeObject deployment(String name, int replicas) {
    return KubeObject.create(
        new GroupVersionKind("apps", "v1", "Deployment"),
        "default",
        name,
        node -> {
          var spec = node.putObject("spec").put("replicas", replicas);
          spec.putObject("selector").putObject("matchLabels").put("app", name);
          var template = spec.putObject("template");
          template.putObject("metadata").putObject("labels").put("app", name);
          var pod = template.putObject("spec");
          pod.putObject("nodeSelector").put("simulation.coracle.dev/node", "simulated");
          var container = pod.putArray("containers").addObject();
          container.put("name", "c").put("image", "example.com/app:1");
          container.putObject("resources").putObject("requests").put("cpu", "10m");
        });
  }

  private static HttpsClient client(Vertx vertx, RunningCluster cluster) throws IOException {
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

  private static void row(String what, double value, String unit) {
    System.out.printf(Locale.ROOT, "| %s | %.2f %s |%n", what, value, unit);
  }
}
