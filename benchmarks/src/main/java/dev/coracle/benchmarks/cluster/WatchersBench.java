package dev.coracle.benchmarks.cluster;

import dev.coracle.api.Json;
import dev.coracle.benchmarks.Figures;
import dev.coracle.launcher.ProcessState;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * One change and all who watch it over HTTPS, in processes of their own on one machine: a thousand
 * watches share an HTTP/2 connection, as the watches of one client do. What the receiving side
 * costs is in the times, too. Arguments: the project's folder; optionally how many watchers.
 */
public final class WatchersBench {

  private static final int PER_CONNECTION = 1000;
  private static final int ROUNDS = 50;
  private static final int OPENING = 200;
  private static final long LIMIT_SECONDS = 30;
  private static final String MAPS = "/api/v1/namespaces/default/configmaps";

  private final HttpClient client;
  private final URI server;
  private volatile CountDownLatch latch = new CountDownLatch(0);

  private WatchersBench(Vertx vertx, Path dataDir, int connections) {
    Path pki = dataDir.resolve("pki");
    server = URI.create(ProcessState.read(dataDir).orElseThrow().apiUrl());
    client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setSsl(true)
                .setUseAlpn(true)
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2MultiplexingLimit(PER_CONNECTION)
                // As Go's client has them.
                .setHttp2ConnectionWindowSize(1 << 30)
                .setInitialSettings(new Http2Settings().setInitialWindowSize(4 << 20))
                .setKeyCertOptions(
                    new PemKeyCertOptions()
                        .setCertPath(pki.resolve("admin.crt").toString())
                        .setKeyPath(pki.resolve("admin.key").toString()))
                .setTrustOptions(
                    new PemTrustOptions().addCertPath(pki.resolve("ca.crt").toString())),
            // One more for the writer.
            new PoolOptions().setHttp2MaxSize(connections + 1));
  }

  public static void main(String[] args) throws Exception {
    Path home = Path.of(args[0]);
    int watchers = args.length > 1 ? Integer.parseInt(args[1]) : 10_000;
    Path directory = Files.createTempDirectory("coracle-bench");
    Vertx vertx = Vertx.vertx();
    System.out.print(Figures.machine());
    try (RunningCluster cluster = RunningCluster.start(home, directory.resolve("watchers"), true)) {
      int connections = (watchers + PER_CONNECTION - 1) / PER_CONNECTION;
      new WatchersBench(vertx, cluster.dataDir(), connections).run(cluster, watchers);
    } finally {
      vertx.close().await(10, TimeUnit.SECONDS);
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  private void run(RunningCluster cluster, int watchers) throws Exception {
    String version = version(await(send(HttpMethod.POST, MAPS, "application/json", body(0))));
    double before = cluster.residentMiB();
    for (int open = 0; open < watchers; open += OPENING) {
      List<Future<?>> some = new ArrayList<>();
      for (int i = open; i < Math.min(watchers, open + OPENING); i++) {
        some.add(watch(version));
      }
      await(Future.all(some));
    }
    String what = String.format("%,d watchers over HTTPS", watchers);
    System.out.println("| what | figure |\n|---|---:|");
    double grown = cluster.residentMiB() - before;
    Figures.row(what + ": resident memory of each", grown * 1024 / watchers, "KiB");
    List<Double> times = new ArrayList<>();
    double cpu = 0;
    for (int i = 0; i < 2 * ROUNDS; i++) {
      if (i == ROUNDS) {
        cpu = cluster.cpuSeconds(); // what came before warmed up
      }
      CountDownLatch all = new CountDownLatch(watchers);
      latch = all;
      long start = System.nanoTime();
      await(
          send(
              HttpMethod.PATCH,
              MAPS + "/watched",
              "application/merge-patch+json",
              "{\"data\":{\"n\":\"round " + i + "\"}}"));
      if (!all.await(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException(all.getCount() + " watchers were not told");
      }
      if (i >= ROUNDS) {
        times.add((System.nanoTime() - start) / 1e6);
      }
    }
    cpu = cluster.cpuSeconds() - cpu;
    Figures.row(
        what + ": a change until the last has it, p50", Figures.percentile(times, 50), "ms");
    Figures.row(
        what + ": a change until the last has it, p99", Figures.percentile(times, 99), "ms");
    Figures.row(what + ": processor time of the server for a change", cpu * 1000 / ROUNDS, "ms");
  }

  /** Two kilobytes of data, a number that changes. */
  private static String body(int n) {
    return "{\"metadata\":{\"name\":\"watched\"},\"data\":{\"n\":\""
        + n
        + "\",\"text\":\""
        + "x".repeat(2000)
        + "\"}}";
  }

  private RequestOptions options(HttpMethod method, String path) {
    return new RequestOptions()
        .setMethod(method)
        .setHost(server.getHost())
        .setPort(server.getPort())
        .setURI(path);
  }

  /** Completes when the watch stands; every event of it counts down the latch of its time. */
  private Future<HttpClientResponse> watch(String version) {
    String query = "?watch=true&fieldSelector=metadata.name%3Dwatched&resourceVersion=" + version;
    return client
        .request(options(HttpMethod.GET, MAPS + query))
        .compose(request ->
            request
                .send()
                .compose(response -> {
                  if (response.statusCode() != 200) {
                    return answer(response).mapEmpty();
                  }
                  response.handler(this::events);
                  response.endHandler(_ -> System.err.println("a watch has ended"));
                  return Future.succeededFuture(response);
                }));
  }

  private static String version(Buffer object) {
    return Json.parse(object.getBytes()).at("/metadata/resourceVersion").asText();
  }

  private void events(Buffer part) {
    // An event is a line; it may come in several parts, the last of which ends the line.
    for (int i = part.length() - 1; i >= 0 && part.getByte(i) == '\n'; i--) {
      latch.countDown();
    }
  }

  private Future<Buffer> send(HttpMethod method, String path, String mediaType, String body) {
    return client
        .request(options(method, path).putHeader("Content-Type", mediaType))
        .compose(request -> request.send(Buffer.buffer(body)).compose(WatchersBench::answer));
  }

  private static Future<Buffer> answer(HttpClientResponse response) {
    return response
        .body()
        .compose(bytes ->
            response.statusCode() < 300
                ? Future.succeededFuture(bytes)
                : Future.failedFuture(new IOException(response.statusCode() + " " + bytes)));
  }

  private static <T> T await(Future<T> future) throws TimeoutException {
    return future.await(LIMIT_SECONDS, TimeUnit.SECONDS);
  }
}
