package dev.coracle.apiserver.internal.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
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
 * Before anybody asks, levels share in proportion to what they never lend: 23 seats for {@code
 * global-default}, of 20 nominal ones.
 */
class FlowControlTest {

  private static final UserInfo MASTER = UserInfo.of("root", UserInfo.MASTERS);
  private static final RequestInfo LIST =
      RequestInfo.of("GET", "/api/v1/namespaces/d/pods", false, "", "");

  private final Vertx vertx = Vertx.vertx();
  private final MemoryStore store = new MemoryStore();
  private SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final ManualTime time = new ManualTime();
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
    flows = control(Duration.ofHours(1), 245);
  }

  private FlowControl control(Duration maxWait, int seats) {
    meters = new SimpleMeterRegistry();
    FlowControl made =
        new FlowControl(vertx, store, seats, maxWait, meters, Clock.systemUTC(), time, time);
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
    final Deque<Ticket> running = new ArrayDeque<>();

    Ticket ask(UserInfo user) {
      return ask(user, WorkEstimate.ONE);
    }

    Ticket ask(UserInfo user, WorkEstimate work) {
      Ticket ticket = flows.enter(flows.classify(user, LIST), user, LIST, work);
      Guest guest =
          new Guest() {
            @Override
            public void go() {
              ran.add(user.name());
              running.add(ticket);
            }

            @Override
            public void refused(String reason, int retryAfterSeconds) {
              refused.add(reason);
            }
          };
      if (ticket.runs()) {
        guest.go();
      } else {
        ticket.then(guest);
      }
      return ticket;
    }

    void ask(String user, int times) {
      for (int i = 0; i < times; i++) {
        ask(user(user));
      }
    }

    void endOne() {
      running.remove().leave();
    }

    void endAll() {
      while (!running.isEmpty()) {
        endOne();
      }
    }
  }

  /** What a level has just now. */
  private int seatsOf(String level) {
    return (int) level("current_limit_seats", level);
  }

  private double level(String name, String level) {
    return meters.get("apiserver_flowcontrol_" + name).tag("priority_level", level).gauge().value();
  }

  @Test
  void requestsAreSortedAsUpstreamSortsThem() {
    RequestInfo lease =
        RequestInfo.of(
            "PUT",
            "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n",
            false,
            "",
            "");
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
    assertThat(schemaOf(UserInfo.ANONYMOUS, RequestInfo.of("GET", "/healthz", false, "", "")))
        .isEqualTo("probes");
    assertThat(schemaOf(UserInfo.of("stranger"), LIST)).isEqualTo("catch-all");
  }

  @Test
  void aUsersOwnTableSortsAsTheWholeOneDoes() {
    List<UserInfo> users =
        List.of(
            MASTER,
            UserInfo.APISERVER,
            UserInfo.ANONYMOUS,
            UserInfo.of("stranger"),
            UserInfo.component("system:node:a"),
            UserInfo.component("system:node:b"),
            UserInfo.component("system:kube-controller-manager"),
            UserInfo.component("system:kube-scheduler"),
            UserInfo.component("system:kube-proxy"),
            account("kube-system", "endpoint-controller"),
            account("kube-system", "x"),
            account("other", "x"));
    List<RequestInfo> requests = new ArrayList<>();
    for (String method : List.of("GET", "PUT", "POST", "DELETE")) {
      for (String path :
          List.of(
              "/healthz",
              "/version",
              "/api/v1/nodes/n/status",
              "/api/v1/namespaces/d/endpoints/e",
              "/api/v1/namespaces/d/pods/p",
              "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/l")) {
        requests.add(RequestInfo.of(method, path, false, "", ""));
      }
    }
    for (UserInfo user : users) {
      UserFlows own = flows.flowsOf(user);
      for (RequestInfo request : requests) {
        assertThat(own.classify(request).schemaUid())
            .as(user.name() + " " + request)
            .isEqualTo(schemaOf(user, request));
      }
    }
    FlowTable table = FlowTable.of(List.of(flows.classify(user("jane"), LIST)));
    assertThat(table.of(users.get(4))).as("nodes share theirs").isSameAs(table.of(users.get(5)));
  }

  @Test
  void mastersNeverWait() {
    Load load = new Load();
    for (int i = 0; i < 1000; i++) {
      load.ask(MASTER);
    }
    assertThat(load.ran).hasSize(1000);
  }

  @Test
  void aLevelHasItsSeatsAndTheRestWaits() {
    Load load = new Load();
    for (int i = 0; i < 100; i++) {
      load.ask(user("jane" + i));
    }
    assertThat(load.ran).hasSize(23).hasSize(seatsOf("global-default"));
    Load others = new Load();
    for (int i = 0; i < 20; i++) {
      others.ask(account("other", "x" + i));
    }
    assertThat(others.ran).as("another level has seats of its own").hasSize(20);
    load.endOne();
    assertThat(load.ran).hasSize(24);
  }

  @Test
  void seatsMoveToWhereTheyAreWantedAndGoBackAfterwards() {
    Load load = new Load();
    for (int i = 0; i < 150; i++) {
      load.ask(user("jane" + i));
    }
    time.passSeconds(10);
    assertThat(seatsOf("global-default"))
        .as("the others want nothing, and keep what they never lend")
        .isEqualTo(150);
    assertThat(load.ran).as("what waited runs with the new seats").hasSize(150);
    assertThat(seatsOf("workload-low")).isEqualTo(10);
    assertThat(level("demand_seats_high_watermark", "global-default")).isEqualTo(150);
    assertThat(level("demand_seats_average", "global-default")).isEqualTo(150);
    assertThat(level("target_seats", "global-default")).isEqualTo(150);
    Load others = new Load();
    for (int i = 0; i < 60; i++) {
      others.ask(account("other", "x" + i));
    }
    assertThat(others.ran).hasSize(10);
    time.passSeconds(10);
    assertThat(seatsOf("workload-low"))
        .as("what a level wants of its own it gets back with the next period")
        .isEqualTo(60);
    assertThat(others.ran).hasSize(60);
    assertThat(seatsOf("global-default")).isEqualTo(100);
    assertThat(load.ran).as("nobody is sent away").hasSize(150);
    assertThat(allSeats()).isEqualTo(245);
  }

  private int allSeats() {
    return DefaultFlows.all().stream()
        .filter(o -> o.kind().equals("PriorityLevelConfiguration"))
        .mapToInt(o -> seatsOf(o.name()))
        .sum();
  }

  @Test
  void whileNobodyAsksNothingIsDue() {
    assertThat(time.timers()).isZero();
    Load load = new Load();
    load.ask("jane", 10);
    assertThat(time.timers()).isEqualTo(1);
    time.passSeconds(15);
    load.endAll();
    time.passSeconds(5);
    double smoothed = level("demand_seats_smoothed", "global-default");
    assertThat(smoothed).isPositive();
    time.passSeconds(20);
    assertThat(time.timers()).as("after a period without demand").isZero();
    time.passSeconds(100);
    load.ask("jane", 1);
    assertThat(time.timers()).isEqualTo(1);
    assertThat(level("demand_seats_smoothed", "global-default"))
        .as("it fell all the while")
        .isCloseTo(smoothed * Math.pow(0.977, 12), within(1e-6));
  }

  @Test
  void oneWhoFloodsDoesNotKeepOutTheOthers() {
    Load load = new Load();
    load.ask("flood", 23 + 200);
    load.ask("quiet", 1);
    assertThat(load.ran).hasSize(23).doesNotContain("quiet");
    int ended = 0;
    while (!load.ran.contains("quiet")) {
      time.pass(1_000_000);
      load.endOne();
      ended++;
    }
    assertThat(ended).as("a turn of the flood's hand of queues").isLessThanOrEqualTo(7);
  }

  @Test
  void fullQueuesAndLevelsWithoutQueuesRefuse() {
    Load load = new Load();
    load.ask("flood", 23 + 6 * 50 + 3);
    assertThat(load.refused).containsExactly("queue-full", "queue-full", "queue-full");
    Load strangers = new Load();
    int seats = seatsOf("catch-all");
    for (int i = 0; i < seats + 2; i++) {
      strangers.ask(UserInfo.of("stranger"));
    }
    assertThat(strangers.ran).hasSize(seats);
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
    flows = control(Duration.ofSeconds(5), 245);
    Load load = new Load();
    load.ask("jane", 23);
    load.ask(user("late"));
    load.ask(user("gone")).leave();
    time.passSeconds(4.9);
    assertThat(load.refused).isEmpty();
    time.passSeconds(0.2);
    assertThat(load.refused).containsExactly("time-out");
    load.endAll();
    assertThat(load.ran).hasSize(23).containsOnly("jane");
    assertThat(dumped("global-default"))
        .containsEntry("TimedoutRequests", "1")
        .containsEntry("CancelledRequests", "1");
  }

  @Test
  void aWideRequestWaitsForAllItsSeats() {
    Load load = new Load();
    load.ask("jane", 16);
    load.ask(user("wide"), WorkEstimate.seats(10));
    load.ask("small", 1);
    assertThat(load.ran).hasSize(17).contains("small");
    load.running.removeLast().leave();
    assertThat(load.ran).hasSize(17).doesNotContain("wide");
    assertThat(gauge("current_inqueue_seats")).isEqualTo(10);
    load.endOne();
    load.endOne();
    assertThat(load.ran).doesNotContain("wide");
    load.endOne();
    assertThat(load.ran).hasSize(18).contains("wide");
    assertThat(gauge("current_executing_seats")).isEqualTo(23);
    assertThat(gauge("current_executing_requests")).isEqualTo(14);
    assertThat(
            meters
                .get("apiserver_flowcontrol_request_dispatch_no_accommodation_total")
                .tag("flow_schema", "global-default")
                .counter()
                .count())
        .isEqualTo(5);
  }

  @Test
  void whatIsWiderThanTheLevelRunsAlone() {
    flows.stop();
    flows = control(Duration.ofHours(1), 60);
    int seats = seatsOf("global-default");
    assertThat(seats).isEqualTo(5);
    Load load = new Load();
    load.ask(user("wide"), WorkEstimate.seats(seats + 1));
    load.ask("jane", 1);
    assertThat(load.ran).containsExactly("wide");
    load.endOne();
    assertThat(load.ran).containsExactly("wide", "jane");
  }

  @Test
  void finalSeatsAreKeptAfterTheAnswer() {
    Load load = new Load();
    load.ask(user("writer"), new WorkEstimate(1, 10, 50_000_000));
    load.ask("jane", 16);
    assertThat(load.ran).as("13 seats are left").hasSize(14);
    load.endOne();
    assertThat(load.ran).hasSize(14);
    assertThat(gauge("current_executing_requests")).isEqualTo(13);
    assertThat(gauge("current_executing_seats")).isEqualTo(23);
    time.pass(49_000_000);
    assertThat(load.ran).hasSize(14);
    time.pass(2_000_000);
    assertThat(load.ran).hasSize(17);
    assertThat(gauge("current_executing_seats")).isEqualTo(16);
  }

  @Test
  void whoIsRefusedOftenIsToldToStayAwayLonger() {
    RetryAfter retry = new RetryAfter(-5_000_000_000L);
    assertThat(retry.seconds()).isEqualTo(1);
    List<Integer> told = new ArrayList<>();
    long now = -4_000_000_000L;
    for (int second = 0; second < 40; second++, now += 1_000_000_000L) {
      for (int i = 0; i < 100; i++) {
        retry.refused(now);
      }
      told.add(retry.seconds());
    }
    assertThat(told).isSorted().startsWith(1, 2, 2, 4, 4, 4, 4, 8).endsWith(32);
    for (int i = 0; i < 80; i++, now += 2_000_000_000L) {
      retry.refused(now);
    }
    assertThat(retry.seconds()).as("one less with every quiet second").isEqualTo(1);
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
    load.ask("flood", 23);
    load.ask(user("first"));
    load.ask(user("second"));
    List<Map<String, String>> requests = rows(flows.dumpRequests(true));
    assertThat(requests)
        .filteredOn(row -> "flood".equals(row.get("UserName")))
        .hasSize(23)
        .allSatisfy(row ->
            assertThat(row)
                .containsEntry("PriorityLevelName", "global-default")
                .containsEntry("FlowSchemaName", "global-default")
                .doesNotContainEntry("QueueIndex", "-1")
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
    load.ask("flood", 34);
    assertThat(gauge("current_executing_requests")).isEqualTo(23);
    assertThat(gauge("current_executing_seats")).isEqualTo(23);
    assertThat(gauge("current_inqueue_requests")).isEqualTo(11);
    assertThat(gauge("current_inqueue_seats")).isEqualTo(11);
    assertThat(
            meters
                .get("apiserver_flowcontrol_request_queue_length_after_enqueue")
                .tag("flow_schema", "global-default")
                .summary()
                .count())
        .as("all go through a queue, if only for a moment")
        .isEqualTo(34);
    load.endAll();
    assertThat(gauge("current_executing_requests")).isZero();
    assertThat(gauge("current_inqueue_requests")).isZero();
    assertThat(
            meters
                .get("apiserver_flowcontrol_request_execution_seconds")
                .tag("flow_schema", "global-default")
                .tag("type", "regular")
                .timer()
                .count())
        .isEqualTo(34);
    assertThat(
            meters
                .get("apiserver_flowcontrol_request_wait_duration_seconds")
                .tag("flow_schema", "global-default")
                .tag("execute", "true")
                .timer()
                .count())
        .isEqualTo(34);
    assertThat(level("nominal_limit_seats", "global-default")).isEqualTo(20);
    assertThat(level("lower_limit_seats", "global-default")).isEqualTo(10);
    assertThat(level("upper_limit_seats", "global-default")).isEqualTo(265);
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
