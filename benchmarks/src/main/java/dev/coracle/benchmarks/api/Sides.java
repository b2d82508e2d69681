package dev.coracle.benchmarks.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.watchhub.KeyValue;
import dev.coracle.watchhub.Storage;
import dev.coracle.watchhub.Txn;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/** The same questions to the API server and to etcd. */
final class Sides {

  static final String JSON = "application/json";

  /** As which a list is asked for; clients in Go take what is compressed unless told otherwise. */
  enum Form {
    PLAIN("JSON", JSON, "identity"),
    PROTOBUF("protobuf", "application/vnd.kubernetes.protobuf", "identity"),
    COMPRESSED("compressed JSON", JSON, "gzip");

    final String words;
    private final String accept;
    private final String encoding;

    Form(String words, String accept, String encoding) {
      this.words = words;
      this.accept = accept;
      this.encoding = encoding;
    }
  }

  private static final String MAPS = "/api/v1/namespaces/bench/configmaps";
  private static final String PODS = "/api/v1/namespaces/bench/pods";
  private static final String MANY = "/api/v1/namespaces/many/pods";
  private static final byte[] NONE = new byte[0];
  private static final int KEPT = 1000;
  private static final int UNDER_WAY = 500;

  /** One for each connection; a worker's are asked through the same one. */
  private final List<Storage> etcd;

  private final AtomicInteger serial;

  Sides(List<Storage> etcd) {
    this(etcd, new AtomicInteger());
  }

  private Sides(List<Storage> etcd, AtomicInteger serial) {
    this.etcd = etcd;
    this.serial = serial;
  }

  /** The same objects through other connections to etcd. */
  Sides through(List<Storage> connections) {
    return new Sides(connections, serial);
  }

  private Storage etcd(int worker) {
    return etcd.get(worker % etcd.size());
  }

  CompletionStage<?> createMap(HttpApi api) {
    int n = serial.incrementAndGet();
    return post(api, MAPS, Bodies.configMap("bench", "made-" + n, n));
  }

  CompletionStage<?> createPod(HttpApi api) {
    int n = serial.incrementAndGet();
    return post(api, PODS, Bodies.pod("bench", "made-" + n, n));
  }

  /** What the body of a create would be, put as it is. */
  CompletionStage<?> putMap(int worker) {
    int n = serial.incrementAndGet();
    return put(
        worker, "/registry/configmaps/bench/made-" + n, Bodies.configMap("bench", "made-" + n, n));
  }

  CompletionStage<?> putPod(int worker) {
    int n = serial.incrementAndGet();
    return put(worker, "/registry/pods/bench/made-" + n, Bodies.pod("bench", "made-" + n, n));
  }

  private static String kept(int worker, int round) {
    return "kept-" + (worker * 7919 + round) % KEPT;
  }

  CompletionStage<?> get(HttpApi api, int worker, int round) {
    return api.call(HttpMethod.GET, MAPS + "/" + kept(worker, round), JSON, NONE)
        .toCompletionStage();
  }

  CompletionStage<?> getKey(int worker, int round) {
    return etcd(worker)
        .get("/registry/configmaps/bench/" + kept(worker, round), 0)
        .subscribeAsCompletionStage();
  }

  CompletionStage<?> update(HttpApi api, int worker, int round) {
    String name = kept(worker, round);
    byte[] body = Bodies.configMap("bench", name, serial.incrementAndGet());
    return api.call(HttpMethod.PUT, MAPS + "/" + name, JSON, body).toCompletionStage();
  }

  CompletionStage<?> updateKey(int worker, int round) {
    String name = kept(worker, round);
    byte[] body = Bodies.configMap("bench", name, serial.incrementAndGet());
    return put(worker, "/registry/configmaps/bench/" + name, body);
  }

  /** How many bytes the list is. They are only received: what a client makes of them is its own. */
  Future<Long> list(HttpApi api, Form form) {
    return api.length(MANY, form.accept, form.encoding);
  }

  Uni<List<KeyValue>> range() {
    return etcd(0).list("/registry/pods/many/", "", 0, 0).map(r -> r.items());
  }

  /** Two namespaces, the ConfigMaps to read and change, and the pods to list, in both. */
  void prepare(HttpApi api, int pods) {
    for (String namespace : List.of("bench", "many")) {
      post(api, "/api/v1/namespaces", named(namespace)).toCompletableFuture().join();
      post(api, "/api/v1/namespaces/" + namespace + "/serviceaccounts", named("default"))
          .toCompletableFuture()
          .join();
    }
    List<CompletableFuture<?>> running = new ArrayList<>();
    for (int i = 0; i < KEPT; i++) {
      String name = "kept-" + i;
      add(running, post(api, MAPS, Bodies.configMap("bench", name, i)));
      add(
          running,
          put(i, "/registry/configmaps/bench/" + name, Bodies.configMap("bench", name, i)));
    }
    for (int i = 0; i < pods; i++) {
      add(running, post(api, MANY, Bodies.pod("many", "pod-" + i, i)));
    }
    running.forEach(CompletableFuture::join);
    // etcd gets the objects as the API server keeps them: with defaults and managers.
    JsonNode list = Json.parse(api.call(HttpMethod.GET, MANY, JSON, NONE).await().getBytes());
    for (JsonNode pod : list.path("items")) {
      String name = pod.path("metadata").path("name").asText();
      add(running, put(0, "/registry/pods/many/" + name, Json.bytes(pod)));
    }
    running.forEach(CompletableFuture::join);
  }

  private static void add(List<CompletableFuture<?>> running, CompletionStage<?> one) {
    running.add(one.toCompletableFuture());
    if (running.size() == UNDER_WAY) {
      running.forEach(CompletableFuture::join);
      running.clear();
    }
  }

  private static byte[] named(String name) {
    return ("{\"metadata\":{\"name\":\"" + name + "\"}}").getBytes(StandardCharsets.UTF_8);
  }

  private static CompletionStage<?> post(HttpApi api, String path, byte[] body) {
    return api.call(HttpMethod.POST, path, JSON, body).toCompletionStage();
  }

  private CompletionStage<?> put(int worker, String key, byte[] value) {
    return etcd(worker)
        .txn(new Txn(List.of(), List.of(new Txn.Op.Put(key, value, 0)), List.of()))
        .subscribeAsCompletionStage();
  }
}
