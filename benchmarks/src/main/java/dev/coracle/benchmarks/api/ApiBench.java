package dev.coracle.benchmarks.api;

import dev.coracle.benchmarks.storage.EtcdProcess;
import dev.coracle.benchmarks.storage.Report;
import dev.coracle.watchhub.EtcdStorage;
import dev.coracle.watchhub.Storage;
import dev.coracle.watchhub.config.EtcdOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * The API server over HTTPS and, in the same run on the same disk, bare requests to a real etcd by
 * the project's own client without TLS: create and put, get, update and put, list and range. They
 * take turns of a second. What has so many connections to the API server has them to etcd once as
 * one connection, as an API server asks etcd, and once as as many.
 *
 * <p>Arguments: a directory to work in, on the disk that is to be measured, without one the build
 * directory; then the parts to measure, without any all of them: {@code configmap}, {@code pod},
 * {@code get}, {@code update}, {@code list}. {@code -Dseconds=5 -Dpods=10000} change its size.
 */
public final class ApiBench {

  private static final Duration HOW_LONG = Duration.ofSeconds(Long.getLong("seconds", 5));
  private static final Set<String> PARTS = Set.of("configmap", "pod", "get", "update", "list");
  private static final int PODS = Integer.getInteger("pods", 10_000);

  private final Vertx vertx;
  private final ServerProcess server;
  private final EtcdProcess etcd;
  private final List<Storage> connections;
  private final Sides sides;
  private final Set<String> parts;
  private final Rows rows = new Rows();

  private ApiBench(Vertx vertx, ServerProcess server, EtcdProcess etcd, Set<String> parts) {
    this.vertx = vertx;
    this.server = server;
    this.etcd = etcd;
    this.parts = parts;
    this.connections = Collections.nCopies(100, "").stream().map(_ -> connection()).toList();
    this.sides = new Sides(connections.subList(0, 1));
  }

  /** A channel has one connection, whatever is asked through it at a time. */
  private Storage connection() {
    Storage storage =
        new EtcdStorage(
            vertx,
            EtcdOptions.of(List.of(etcd.endpoint())).withCompactEvery(Duration.ZERO),
            new SimpleMeterRegistry());
    storage.open().await().atMost(Duration.ofSeconds(30));
    return storage;
  }

  private static Set<String> parts(String[] arguments) {
    Set<String> parts =
        arguments.length > 1 ? Set.of(Arrays.copyOfRange(arguments, 1, arguments.length)) : PARTS;
    if (!PARTS.containsAll(parts)) {
      throw new IllegalArgumentException("the parts are " + PARTS + ", not " + parts);
    }
    return parts;
  }

  public static void main(String[] arguments) throws Exception {
    Set<String> parts = parts(arguments);
    Path parent = Path.of(arguments.length > 0 ? arguments[0] : "benchmarks/target");
    Path work = Files.createTempDirectory(Files.createDirectories(parent), "api-bench");
    // One thread asks, so the load generator leaves the other processors alone.
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    try (ServerProcess server = ServerProcess.start(Files.createDirectory(work.resolve("api")));
        EtcdProcess etcd = EtcdProcess.start(work.resolve("etcd"))) {
      System.out.println(Report.machine(work));
      etcd.awaitPort();
      new ApiBench(vertx, server, etcd, parts).run(work.resolve("api"));
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
      try (var files = Files.walk(work)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  private void run(Path work) throws InterruptedException {
    HttpApi warm = new HttpApi(vertx, work, server.port, 10);
    sides.prepare(warm, PODS);
    warmUp(warm);
    for (int connections : new int[] {1, 10, 100}) {
      HttpApi api = new HttpApi(vertx, work, server.port, connections);
      // The connections are made before it counts.
      var _ = Load.run(connections, HOW_LONG, server::cpu, (w, r) -> sides.get(api, w, r));
      shortOnes(connections, api, true);
      api.close();
    }
    if (parts.contains("list")) {
      lists(warm);
    }
    warm.close();
    connections.forEach(c -> c.close().await().atMost(Duration.ofSeconds(30)));
    rows.report.print(System.out);
  }

  /** Until the server's compilers are done; etcd has none, only its client here. */
  private void warmUp(HttpApi api) throws InterruptedException {
    shortOnes(10, api, false);
    for (int i = 0; i < 3; i++) {
      ours("configmap", (_, _) -> sides.createMap(api));
      ours("pod", (_, _) -> sides.createPod(api));
      ours("get", (w, r) -> sides.get(api, w, r));
      ours("update", (w, r) -> sides.update(api, w, r));
    }
  }

  private void ours(String part, Load.Request api) throws InterruptedException {
    if (parts.contains(part)) {
      var _ = Load.run(10, HOW_LONG, server::cpu, api);
    }
  }

  private void shortOnes(int n, HttpApi api, boolean counts) throws InterruptedException {
    row(
        "configmap",
        "create of a 2 KB ConfigMap",
        n,
        counts,
        (_, _) -> sides.createMap(api),
        etcd -> (w, _) -> etcd.putMap(w));
    row(
        "pod",
        "create of a 2 KB Pod",
        n,
        counts,
        (_, _) -> sides.createPod(api),
        etcd -> (w, _) -> etcd.putPod(w));
    row("get", "get", n, counts, (w, r) -> sides.get(api, w, r), etcd -> etcd::getKey);
    row("update", "update", n, counts, (w, r) -> sides.update(api, w, r), etcd -> etcd::updateKey);
  }

  private void row(
      String part,
      String what,
      int n,
      boolean counts,
      Load.Request api,
      Function<Sides, Load.Request> bare)
      throws InterruptedException {
    if (!parts.contains(part)) {
      return;
    }
    Sides asMany = sides.through(connections.subList(0, n));
    List<Load.Outcome> outcomes =
        Load.inTurns(
            n,
            HOW_LONG,
            new Load.Side(server::cpu, api),
            new Load.Side(etcd::cpu, bare.apply(sides)),
            new Load.Side(etcd::cpu, bare.apply(asMany)));
    if (counts) {
      rows.rates(
          what + ", " + n + (n == 1 ? " connection" : " connections"),
          outcomes.get(0),
          outcomes.get(1),
          outcomes.get(2));
    }
  }

  private void lists(HttpApi api) throws InterruptedException {
    Load.Request range = (_, _) -> sides.range().subscribeAsCompletionStage();
    var _ = Load.run(1, HOW_LONG, etcd::cpu, range); // warms up
    Load.Outcome theirs = Load.run(1, HOW_LONG, etcd::cpu, range);
    long bytes =
        sides.range().await().atMost(Duration.ofSeconds(30)).stream()
            .mapToLong(kv -> kv.value().length)
            .sum();
    for (Sides.Form form : Sides.Form.values()) {
      Load.Request list = (_, _) -> sides.list(api, form).toCompletionStage();
      var _ = Load.run(1, HOW_LONG, server::cpu, list); // warms up
      Load.Outcome ours = Load.run(1, HOW_LONG, server::cpu, list);
      rows.lists(
          String.format(Locale.ROOT, "list of %,d pods as %s", PODS, form.words),
          ours,
          sides.list(api, form).await(),
          theirs,
          bytes);
    }
  }
}
