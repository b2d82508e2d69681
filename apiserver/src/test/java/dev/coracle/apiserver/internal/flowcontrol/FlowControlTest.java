package dev.coracle.apiserver.internal.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.apiserver.MemoryStore;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.bootstrap.DefaultFlows;
import dev.coracle.apiserver.internal.http.RequestInfo;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * With the default objects and 245 seats: as many as there are shares, so one share is one seat.
 */
class FlowControlTest {

  private static final UserInfo MASTER = UserInfo.of("root", UserInfo.MASTERS);
  private static final RequestInfo LIST =
      RequestInfo.of("GET", "/api/v1/namespaces/d/pods", false, "");

  private final Vertx vertx = Vertx.vertx();
  private final MemoryStore store = new MemoryStore();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private FlowControl flows;

  @BeforeEach
  void start() {
    for (KubeObject object : DefaultFlows.all()) {
      String resource =
          object.kind().equals("FlowSchema") ? "flowschemas" : "prioritylevelconfigurations";
      store
          .create(
              new GroupResource("flowcontrol.apiserver.k8s.io", resource),
              object.with(o -> o.withObjectProperty("metadata").put("uid", object.name())))
          .await()
          .indefinitely();
    }
    flows = control(Duration.ofHours(1));
  }

  private FlowControl control(Duration maxWait) {
    FlowControl made =
        new FlowControl(vertx, store, 245, maxWait, meters, Clock.systemUTC(), System::nanoTime);
    made.start().await().indefinitely();
    return made;
  }

  @AfterEach
  void stop() throws Exception {
    flows.stop();
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static UserInfo user(String name) {
    return UserInfo.of(name, UserInfo.AUTHENTICATED);
  }

  private static UserInfo account(String namespace, String name) {
    return UserInfo.of(
        "system:serviceaccount:" + namespace + ":" + name,
        UserInfo.SERVICE_ACCOUNTS,
        UserInfo.AUTHENTICATED);
  }

  /** The uids are the names here. */
  private String schemaOf(UserInfo user, RequestInfo info) {
    return flows.classify(user, info).schemaUid();
  }

  /** Requests of one test: which have run, and how to end them. */
  private final class Load {
    final List<String> ran = new ArrayList<>();
    final List<String> refused = new ArrayList<>();
    final Deque<Runnable> running = new ArrayDeque<>();

    void ask(UserInfo user) {
      Runnable[] done = new Runnable[1];
      boolean[] now = {false};
      done[0] =
          flows.enter(
              flows.classify(user, LIST),
              user,
              LIST,
              () -> {
                ran.add(user.name());
                now[0] = true;
                running.add(() -> done[0].run());
              },
              refused::add);
    }

    void endOne() {
      running.remove().run();
    }
  }

  @Test
  void requestsAreSortedAsUpstreamSortsThem() {
    RequestInfo lease =
        RequestInfo.of(
            "PUT", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n", false, "");
    UserInfo node = UserInfo.of("system:node:n", UserInfo.NODES, UserInfo.AUTHENTICATED);
    assertThat(schemaOf(MASTER, LIST)).isEqualTo("exempt");
    assertThat(schemaOf(node, lease)).isEqualTo("system-node-high");
    assertThat(schemaOf(node, LIST)).isEqualTo("system-nodes");
    assertThat(schemaOf(user("system:kube-scheduler"), lease)).isEqualTo("system-leader-election");
    assertThat(schemaOf(user("system:kube-scheduler"), LIST)).isEqualTo("kube-scheduler");
    assertThat(schemaOf(account("kube-system", "x"), LIST))
        .isEqualTo("kube-system-service-accounts");
    assertThat(schemaOf(account("other", "x"), LIST)).isEqualTo("service-accounts");
    assertThat(schemaOf(user("jane"), LIST)).isEqualTo("global-default");
    assertThat(schemaOf(UserInfo.ANONYMOUS, RequestInfo.of("GET", "/healthz", false, "")))
        .isEqualTo("probes");
    assertThat(schemaOf(UserInfo.of("stranger"), LIST)).isEqualTo("catch-all");
  }

  @Test
  void mastersNeverWait() {
    Load load = new Load();
    for (int i = 0; i < 1000; i++) {
      load.ask(MASTER);
    }
    assertThat(load.ran).hasSize(1000);
  }

  /** Nominal 20; 33 % of 30, 25 % of 40, 50 % of 40 and 90 % of 100 can be borrowed. */
  @Test
  void aLevelUsesItsSeatsAndBorrowsWhatOthersLend() {
    Load load = new Load();
    for (int i = 0; i < 300; i++) {
      load.ask(user("jane" + i));
    }
    assertThat(load.ran).hasSize(20 + 9 + 10 + 20 + 90);
    Load others = new Load();
    for (int i = 0; i < 20; i++) {
      others.ask(account("other", "x" + i));
    }
    assertThat(others.ran).as("what was lent is still the lender's").hasSize(20);
    load.endOne();
    assertThat(load.ran).as("but then less can be borrowed").hasSize(149);
  }

  @Test
  void oneWhoFloodsDoesNotKeepOutTheOthers() {
    Load load = new Load();
    for (int i = 0; i < 149; i++) {
      load.ask(user("flood"));
    }
    for (int i = 0; i < 200; i++) {
      load.ask(user("flood"));
    }
    load.ask(user("quiet"));
    assertThat(load.ran).doesNotContain("quiet");
    int ended = 0;
    while (!load.ran.contains("quiet")) {
      load.endOne();
      ended++;
    }
    assertThat(ended).as("a turn of the flood's hand of queues").isLessThanOrEqualTo(7);
  }

  @Test
  void fullQueuesAndLevelsWithoutQueuesRefuse() {
    Load load = new Load();
    for (int i = 0; i < 149 + 6 * 50 + 3; i++) {
      load.ask(user("flood"));
    }
    assertThat(load.refused).containsExactly("queue-full", "queue-full", "queue-full");
    Load strangers = new Load();
    for (int i = 0; i < 7; i++) {
      strangers.ask(UserInfo.of("stranger"));
    }
    assertThat(strangers.ran).hasSize(5);
    assertThat(strangers.refused).containsOnly("concurrency-limit").hasSize(2);
    assertThat(
            meters
                .get("apiserver_flowcontrol_rejected_requests_total")
                .tag("flow_schema", "catch-all")
                .tag("reason", "concurrency-limit")
                .counter()
                .count())
        .isEqualTo(2);
  }

  @Test
  void whoWaitsTooLongIsRefused() {
    flows.stop();
    flows = control(Duration.ofMillis(50));
    Load load = new Load();
    for (int i = 0; i < 149; i++) {
      load.ask(user("jane"));
    }
    List<String> refused = java.util.Collections.synchronizedList(new ArrayList<>());
    flows.enter(flows.classify(user("late"), LIST), user("late"), LIST, () -> {}, refused::add);
    await().atMost(Duration.ofSeconds(30)).until(() -> refused.equals(List.of("time-out")));
  }

  @Test
  void aHandHasDistinctQueuesAndAllQueuesAreDealt() {
    Random random = new Random(5);
    Map<Integer, Integer> dealt = new HashMap<>();
    for (int i = 0; i < 5000; i++) {
      long hash = ShuffleSharding.hash("schema", "flow" + random.nextLong());
      int[] hand = ShuffleSharding.hand(hash, 64, 6);
      assertThat(Arrays.stream(hand).distinct().count()).isEqualTo(6);
      Arrays.stream(hand).forEach(q -> dealt.merge(q, 1, Integer::sum));
    }
    assertThat(dealt).hasSize(64);
    assertThat(dealt.values()).allSatisfy(n -> assertThat(n).isBetween(300, 650));
  }

  private Map<String, String> dumped(String level) {
    return rows(flows.dumpPriorityLevels()).stream()
        .filter(row -> level.equals(row.get("PriorityLevelName")))
        .findFirst()
        .orElseThrow();
  }

  /** A dump as cells by the names of their columns. */
  private static List<Map<String, String>> rows(String dump) {
    List<String[]> lines =
        dump.lines()
            .map(line ->
                Arrays.stream(line.split(",", -1)).map(String::strip).toArray(String[]::new))
            .toList();
    List<Map<String, String>> out = new ArrayList<>();
    for (String[] line : lines.subList(1, lines.size())) {
      Map<String, String> row = new HashMap<>();
      for (int i = 0; i < line.length; i++) {
        row.put(lines.getFirst()[i], line[i]);
      }
      out.add(row);
    }
    return out;
  }

  @Test
  void theDumpOfLevelsShowsWhatRunsWaitsAndWasTurnedAway() {
    assertThat(dumped("catch-all"))
        .containsEntry("PriorityLevelName", "catch-all")
        .containsEntry("IsIdle", "true")
        .containsEntry("ExecutingRequests", "0");
    Load load = new Load();
    for (int i = 0; i < 300; i++) {
      load.ask(user("jane" + i));
    }
    int ran = load.ran.size();
    assertThat(dumped("global-default"))
        .containsEntry("IsIdle", "false")
        .containsEntry("ExecutingRequests", "" + ran)
        .containsEntry("DispatchedRequests", "" + ran)
        .containsEntry("WaitingRequests", "" + (300 - ran - load.refused.size()))
        .containsEntry("RejectedRequests", "" + load.refused.size())
        .containsEntry("CancelledRequests", "0");
    assertThat(Integer.parseInt(dumped("global-default").get("ActiveQueues"))).isPositive();
    load.endOne();
    assertThat(dumped("global-default"))
        .containsEntry("ExecutingRequests", "" + ran)
        .containsEntry("DispatchedRequests", "" + (ran + 1));
    assertThat(meters.get("apiserver_flowcontrol_lower_limit_seats").gauges()).isNotEmpty();
  }

  @Test
  void theDumpOfRequestsTellsWhoRunsAndWhoWaitsWhere() {
    Load load = new Load();
    for (int i = 0; i < 149; i++) {
      load.ask(user("flood"));
    }
    load.ask(user("first"));
    load.ask(user("second"));
    List<Map<String, String>> requests = rows(flows.dumpRequests(true));
    assertThat(requests)
        .filteredOn(row -> "flood".equals(row.get("UserName")))
        .hasSize(149)
        .allSatisfy(row ->
            assertThat(row)
                .containsEntry("PriorityLevelName", "global-default")
                .containsEntry("FlowSchemaName", "global-default")
                .containsEntry("QueueIndex", "-1")
                .containsEntry("RequestIndexInQueue", "-1")
                .containsEntry("FlowDistingsher", "flood")
                .containsEntry("InitialSeats", "1")
                .containsEntry("Verb", "list")
                .containsEntry("APIPath", "/api/v1/namespaces/d/pods")
                .containsEntry("Namespace", "d")
                .containsEntry("Resource", "pods")
                .hasEntrySatisfying(
                    "StartTime", time -> assertThat(time).doesNotStartWith("0001")));
    Map<String, String> waiting =
        requests.stream()
            .filter(row -> "first".equals(row.get("UserName")))
            .findFirst()
            .orElseThrow();
    assertThat(waiting)
        .containsEntry("RequestIndexInQueue", "0")
        .containsEntry("StartTime", "0001-01-01T00:00:00Z");
    assertThat(java.time.Instant.parse(waiting.get("ArriveTime")))
        .isBefore(java.time.Instant.now());
    assertThat(queue(waiting.get("QueueIndex")))
        .containsEntry("ExecutingRequests", "0")
        .hasEntrySatisfying("PendingRequests", n -> assertThat(n).isNotEqualTo("0"));
    assertThat(rows(flows.dumpRequests(false)).getFirst()).doesNotContainKey("UserName");
    load.endOne();
    load.endOne();
    assertThat(queue(waiting.get("QueueIndex"))).doesNotContainEntry("ExecutingRequests", "0");
    assertThat(load.ran).contains("first", "second");
  }

  private Map<String, String> queue(String index) {
    return rows(flows.dumpQueues()).stream()
        .filter(row ->
            "global-default".equals(row.get("PriorityLevelName")) && index.equals(row.get("Index")))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void whatWaitsAndRunsIsCountedByFlowSchema() {
    Load load = new Load();
    for (int i = 0; i < 160; i++) {
      load.ask(user("flood"));
    }
    assertThat(gauge("current_executing_requests")).isEqualTo(149);
    assertThat(gauge("current_executing_seats")).isEqualTo(149);
    assertThat(gauge("current_inqueue_requests")).isEqualTo(11);
    assertThat(gauge("current_inqueue_seats")).isEqualTo(11);
    assertThat(
            meters
                .get("apiserver_flowcontrol_request_queue_length_after_enqueue")
                .tag("flow_schema", "global-default")
                .summary()
                .count())
        .isEqualTo(11);
    while (!load.running.isEmpty()) {
      load.endOne();
    }
    assertThat(gauge("current_executing_requests")).isZero();
    assertThat(gauge("current_inqueue_requests")).isZero();
    assertThat(
            meters
                .get("apiserver_flowcontrol_request_execution_seconds")
                .tag("flow_schema", "global-default")
                .tag("type", "regular")
                .timer()
                .count())
        .isEqualTo(160);
    assertThat(
            meters
                .get("apiserver_flowcontrol_request_wait_duration_seconds")
                .tag("flow_schema", "global-default")
                .tag("execute", "true")
                .timer()
                .count())
        .isEqualTo(11);
    assertThat(
            meters
                .get("apiserver_flowcontrol_current_limit_seats")
                .tag("priority_level", "global-default")
                .gauge()
                .value())
        .as("its own seats and what it could borrow")
        .isEqualTo(149);
  }

  private double gauge(String name) {
    return meters
        .get("apiserver_flowcontrol_" + name)
        .tag("flow_schema", "global-default")
        .tag("priority_level", "global-default")
        .gauge()
        .value();
  }

  private static final GroupResource SCHEMAS =
      new GroupResource("flowcontrol.apiserver.k8s.io", "flowschemas");

  private String dangles(String schema) {
    KubeObject found = store.get(SCHEMAS, new NamespacedName("", schema)).await().indefinitely();
    JsonNode condition = found.at("status", "conditions").path(0);
    return condition.path("type").asText() + " " + condition.path("status").asText();
  }

  @Test
  void aSchemaSaysWhetherItsLevelIsThere() {
    await().atMost(Duration.ofSeconds(30)).until(() -> dangles("probes").equals("Dangling False"));
    KubeObject probes = store.get(SCHEMAS, new NamespacedName("", "probes")).await().indefinitely();
    store
        .create(
            SCHEMAS,
            probes.with(o -> {
              o.withObjectProperty("metadata").put("name", "lost").remove("resourceVersion");
              o.withObjectProperty("spec")
                  .withObjectProperty("priorityLevelConfiguration")
                  .put("name", "nowhere");
            }))
        .await()
        .indefinitely();
    await().atMost(Duration.ofSeconds(30)).until(() -> dangles("lost").equals("Dangling True"));
    GroupResource levels =
        new GroupResource("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations");
    KubeObject exempt = store.get(levels, new NamespacedName("", "exempt")).await().indefinitely();
    store
        .create(
            levels,
            exempt.with(o ->
                o.withObjectProperty("metadata").put("name", "nowhere").remove("resourceVersion")))
        .await()
        .indefinitely();
    await().atMost(Duration.ofSeconds(30)).until(() -> dangles("lost").equals("Dangling False"));
  }
}
