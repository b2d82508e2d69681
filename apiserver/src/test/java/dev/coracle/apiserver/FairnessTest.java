package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.apiserver.config.ApiServerOptions.Limits;
import dev.coracle.apiserver.config.ApiServerOptions.Services;
import dev.coracle.apiserver.config.SecurityOptions;
import io.micrometer.core.instrument.Counter;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server with thirty seats, of which the level of these users has two at first and twenty at
 * most, and with a store that answers for one ConfigMap only when the test says so: who asks for it
 * keeps its seat until then.
 */
@Order(1)
class FairnessTest {

  private static final String SLOW = "/api/v1/namespaces/default/configmaps/slow";
  private static final int FLOOD = 100;
  private static final int ROUNDS = 20;

  /** Everything at once, but {@code slow}. */
  private static final class GatedStore extends ForwardingStore {
    final Queue<UniEmitter<? super KubeObject>> held = new ConcurrentLinkedQueue<>();
    volatile boolean open;

    @Override
    public Uni<KubeObject> get(GroupResource resource, NamespacedName name) {
      if (!name.name().equals("slow")) {
        return below.get(resource, name);
      }
      if (open) {
        // Later, so that it keeps its seat for a while.
        return below
            .get(resource, new NamespacedName("default", "quick"))
            .emitOn(task -> Thread.startVirtualThread(task));
      }
      return Uni.createFrom()
          .<KubeObject>emitter(held::add)
          .chain(_ -> below.get(resource, new NamespacedName("default", "quick")));
    }

    void answerOne() {
      UniEmitter<? super KubeObject> first = held.remove();
      first.complete(null);
    }
  }

  /** To the letter as upstream has it. */
  private static final String TOO_MANY = "Too many requests, please try again later.\n";

  @TempDir Path dir;
  private final GatedStore store = new GatedStore();
  private final AtomicBoolean stopped = new AtomicBoolean();
  private TestServer server;
  private HttpClientAgent client;

  @BeforeEach
  void start() throws Exception {
    server =
        new TestServer(
            dir,
            store,
            SecurityOptions.DEFAULT,
            Services.DEFAULT,
            new Limits(
                20,
                10,
                3 << 20,
                Duration.ofMinutes(20),
                Duration.ofMinutes(30),
                Duration.ofMinutes(5),
                Duration.ofHours(1),
                0));
    client =
        server
            .vertx()
            .createHttpClient(
                new HttpClientOptions()
                    .setSsl(true)
                    .setUseAlpn(true)
                    .setProtocolVersion(HttpVersion.HTTP_2)
                    .setKeyCertOptions(
                        new PemKeyCertOptions()
                            .setCertPath(server.pki().path("admin.crt").toString())
                            .setKeyPath(server.pki().path("admin.key").toString()))
                    .setTrustOptions(
                        new PemTrustOptions().addCertPath(server.pki().path("ca.crt").toString())),
                new PoolOptions().setHttp2MaxSize(8)); // A few handshakes instead of hundreds.
    ApiCalls admin = server.server().callsAs(UserInfo.APISERVER);
    KubeObject quick =
        KubeObject.create(new GroupVersionKind("", "v1", "ConfigMap"), "default", "quick", _ -> {});
    done(admin.create(Resources.CONFIG_MAPS, "default", quick, WriteOptions.NONE));
    KubeObject may =
        KubeObject.create(
            new GroupVersionKind("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding"),
            "",
            "all-may-read",
            o -> {
              o.putObject("roleRef")
                  .put("apiGroup", "rbac.authorization.k8s.io")
                  .put("kind", "ClusterRole")
                  .put("name", "view");
              o.putArray("subjects")
                  .addObject()
                  .put("apiGroup", "rbac.authorization.k8s.io")
                  .put("kind", "Group")
                  .put("name", UserInfo.AUTHENTICATED);
            });
    GroupVersionResource bindings =
        new GroupVersionResource("rbac.authorization.k8s.io", "v1", "clusterrolebindings");
    done(admin.create(bindings, "", may, WriteOptions.NONE));
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() ->
            done(
                calls("settled")
                    .get(Resources.CONFIG_MAPS, "default", "quick")
                    .map(_ -> true)
                    .onFailure()
                    .recoverWithItem(false)));
  }

  @AfterEach
  void stop() throws Exception {
    while (!store.held.isEmpty()) {
      store.answerOne();
    }
    server.close();
  }

  private static <T> T done(Uni<T> work) {
    return work.await().atMost(Duration.ofSeconds(30));
  }

  private ApiCalls calls(String user) {
    return server.server().callsAs(UserInfo.component(user));
  }

  private void ask(String user, String path, AtomicInteger answered) {
    answer(user, path).onSuccess(_ -> answered.incrementAndGet());
  }

  /** An answer that was read to its end. */
  private Future<HttpClientResponse> answer(String user, String path) {
    return client
        .request(
            new RequestOptions()
                .setHost("127.0.0.1")
                .setPort(server.server().port())
                .setMethod(HttpMethod.GET)
                .setURI(path)
                .putHeader("Impersonate-User", user))
        .compose(request -> request.send().compose(response -> response.body().map(_ -> response)));
  }

  private String dumped() {
    AtomicInteger got = new AtomicInteger();
    StringBuilder text = new StringBuilder();
    client
        .request(
            new RequestOptions()
                .setHost("127.0.0.1")
                .setPort(server.server().port())
                .setMethod(HttpMethod.GET)
                .setURI("/debug/api_priority_and_fairness/dump_priority_levels"))
        .compose(request -> request.send().compose(HttpClientResponse::body))
        .onSuccess(body -> {
          text.append(body);
          got.incrementAndGet();
        });
    await().atMost(Duration.ofSeconds(30)).until(() -> got.get() == 1);
    return text.toString();
  }

  private String cell(String level, int column) {
    for (String line : dumped().lines().toList()) {
      String[] cells = line.split(",");
      if (cells[0].equals(level)) {
        return cells[column].strip();
      }
    }
    throw new AssertionError("no level " + level);
  }

  /** Requests that wait at a level. */
  private int waiting(String level) {
    return Integer.parseInt(cell(level, 4));
  }

  private void flood(AtomicInteger answered) {
    for (int i = 0; i < FLOOD; i++) {
      ask("greedy", SLOW, answered);
    }
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> store.held.size() + waiting("global-default") == FLOOD);
    assertThat(waiting("global-default")).as("more than the level has seats").isGreaterThan(70);
  }

  /**
   * A hundred of one user's requests at any time, each answered as soon as it has a seat, until the
   * work is done.
   *
   * @return how many of them were answered meanwhile
   */
  private int whileGreedyAsks(Runnable work) {
    AtomicInteger greedy = new AtomicInteger();
    store.open = true;
    for (int i = 0; i < FLOOD; i++) {
      askAgain(greedy);
    }
    await().atMost(Duration.ofSeconds(60)).until(() -> greedy.get() > 3 * FLOOD);
    int before = greedy.get();
    work.run();
    int after = greedy.get();
    stopped.set(true);
    return after - before;
  }

  private void askAgain(AtomicInteger answered) {
    answer("greedy", SLOW)
        .onSuccess(_ -> {
          answered.incrementAndGet();
          if (!stopped.get()) {
            askAgain(answered);
          }
        });
  }

  /** Six queues of fifty, and at most twenty seats: then a flow is full. */
  @Test
  void aGreedyClientIsRefusedWhereAnotherOneIsServed() {
    AtomicInteger greedy = new AtomicInteger();
    AtomicInteger refused = new AtomicInteger();
    int sent = 6 * 50 + 20 + 40;
    for (int i = 0; i < sent; i++) {
      answer("greedy", SLOW)
          .onSuccess(response -> {
            if (response.statusCode() == 429
                && Integer.parseInt(response.getHeader("Retry-After")) > 0
                && response.getHeader("Content-Type").equals("text/plain; charset=utf-8")
                && response.body().result().toString().equals(TOO_MANY)) {
              refused.incrementAndGet();
            } else if (response.statusCode() == 200) {
              greedy.incrementAndGet();
            }
          });
    }
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() ->
            refused.get() >= 40
                && refused.get() + waiting("global-default") + store.held.size() == sent);
    AtomicInteger quiet = new AtomicInteger();
    answer("quiet", "/api/v1/namespaces/default/configmaps/quick")
        .onSuccess(response -> quiet.set(response.statusCode()));
    answerAll(() -> quiet.get() != 0);
    assertThat(quiet).hasValue(200);
    answerAll(() -> greedy.get() + refused.get() == sent);
    assertThat(greedy).hasValueGreaterThanOrEqualTo(6 * 50);
    assertThat(
            server
                .meters()
                .find("apiserver_request_terminations_total")
                .tag("code", "429")
                .counters()
                .stream()
                .mapToDouble(Counter::count)
                .sum())
        .isGreaterThanOrEqualTo(refused.get());
  }

  /** Answers whoever has a seat, until this is so. */
  private void answerAll(BooleanSupplier done) {
    await()
        .atMost(Duration.ofSeconds(120))
        .until(() -> {
          while (!store.held.isEmpty()) {
            store.answerOne();
          }
          return done.getAsBoolean();
        });
  }

  @Test
  void aCallInsideOfTheProcessDoesNotStarveBehindAGreedyClient() {
    int served =
        whileGreedyAsks(() -> {
          for (int i = 0; i < ROUNDS; i++) {
            done(calls("system:kube-proxy").get(Resources.CONFIG_MAPS, "default", "quick"));
          }
        });
    assertThat(served)
        .as("of the %d before each of the %d, so many were served first", FLOOD, ROUNDS)
        .isLessThan(ROUNDS * FLOOD / 3);
  }

  @Test
  void callsInsideOfTheProcessTakeSeatsUnlessTheyAnswerRequests() {
    int before = Integer.parseInt(cell("workload-high", 6));
    done(calls("system:kube-scheduler").get(Resources.CONFIG_MAPS, "default", "quick"));
    assertThat(Integer.parseInt(cell("workload-high", 6))).isEqualTo(before + 1);
    ApiCalls within =
        server.server().callsWithinRequestsAs(UserInfo.component("system:kube-scheduler"));
    done(within.get(Resources.CONFIG_MAPS, "default", "quick"));
    assertThat(Integer.parseInt(cell("workload-high", 6)))
        .as("what answers requests has no seat of its own")
        .isEqualTo(before + 1);
  }

  @Test
  void whoCancelsItsCallLeavesNothingBehind() {
    AtomicInteger greedy = new AtomicInteger();
    flood(greedy);
    calls("system:kube-proxy")
        .get(Resources.CONFIG_MAPS, "default", "slow")
        .subscribe()
        .with(_ -> {})
        .cancel();
    answerAll(() -> greedy.get() == FLOOD);
    await().atMost(Duration.ofSeconds(30)).until(() -> cell("global-default", 2).equals("true"));
  }
}
