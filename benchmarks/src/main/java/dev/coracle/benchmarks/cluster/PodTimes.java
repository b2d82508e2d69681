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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Times of pods, seen from outside over HTTPS by watches. */
public final class PodTimes {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final HttpsClient client;
  private final String image;

  /**
   * @param image has a {@code sh} and a {@code sleep}
   */
  public PodTimes(Vertx vertx, RunningCluster cluster, String image) throws IOException {
    this.client = client(vertx, cluster);
    this.image = image;
  }

  public Client client() {
    return client;
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

  /** What the only node's kubelet says of itself. */
  public String kubeletMetrics() {
    String node =
        client
            .list(Resources.NODES, "", ListOptions.ALL)
            .await()
            .atMost(LIMIT)
            .items()
            .getFirst()
            .name();
    byte[] text = client.raw("/api/v1/nodes/" + node + "/proxy/metrics").await().atMost(LIMIT);
    return new String(text, StandardCharsets.UTF_8);
  }

  /** Milliseconds from the create's call to the watch event that says Running. */
  public double pod(String name, boolean remove) throws Exception {
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
      remove(name);
    }
    return millis;
  }

  /**
   * Until its processes and its object are gone, so that the next measurement is one of its own.
   */
  private void remove(String name) throws Exception {
    KubeObject pod = client.get(Resources.PODS, "default", name).await().atMost(LIMIT);
    var gone =
        client
            .watch(Resources.PODS, "default", WatchOptions.from(pod.resourceVersion()))
            .filter(
                event -> event instanceof WatchEvent.Deleted(KubeObject o) && o.name().equals(name))
            .toUni()
            .subscribeAsCompletionStage();
    client
        .delete(Resources.PODS, "default", name, DeleteOptions.background())
        .await()
        .atMost(LIMIT);
    gone.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  /** Milliseconds from the kill of a container's process to the status that the next one runs. */
  public double restart(String name) throws Exception {
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
            .filter(p -> p.info().commandLine().orElse("").contains("100000"))
            .toList();
    if (processes.isEmpty()) {
      throw new IOException("no process of pod " + name + " was found");
    }
    long begin = System.nanoTime();
    processes.forEach(ProcessHandle::destroyForcibly);
    return (seen.get(LIMIT.toSeconds(), TimeUnit.SECONDS) - begin) / 1e6;
  }

  /** Creates this many pods at once; milliseconds until the last one runs. */
  public double all(String prefix, int count) throws Exception {
    String version =
        client
            .list(Resources.PODS, "default", ListOptions.ALL)
            .await()
            .atMost(LIMIT)
            .resourceVersion();
    Set<String> running = new HashSet<>();
    var seen =
        client
            .watch(Resources.PODS, "default", WatchOptions.from(version))
            .filter(event ->
                event instanceof WatchEvent.Modified(KubeObject o)
                    && o.name().startsWith(prefix)
                    && o.text("status", "phase").equals("Running")
                    && running.add(o.name())
                    && running.size() == count)
            .toUni()
            .map(_ -> System.nanoTime())
            .subscribeAsCompletionStage();
    long begin = System.nanoTime();
    List<CompletableFuture<KubeObject>> made = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      made.add(client.create(Resources.PODS, manifest(prefix + i)).subscribeAsCompletionStage());
    }
    CompletableFuture.allOf(made.toArray(CompletableFuture[]::new))
        .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    return (seen.get(5 * LIMIT.toSeconds(), TimeUnit.SECONDS) - begin) / 1e6;
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

  private KubeObject manifest(String name) {
    return KubeObject.create(
        new GroupVersionKind("", "v1", "Pod"),
        "default",
        name,
        node -> {
          var spec = node.putObject("spec").put("terminationGracePeriodSeconds", 5);
          var container = spec.putArray("containers").addObject();
          container.put("name", "c").put("image", image).put("imagePullPolicy", "IfNotPresent");
          container
              .putArray("command")
              .add("sh")
              .add("-c")
              .add("trap 'exit 0' TERM; sleep 100000 & wait");
        });
  }

  private static String cgroup(long pid) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/cgroup"));
    } catch (IOException gone) {
      return "";
    }
  }
}
