package dev.coracle.apiserver.internal.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import dev.coracle.api.GroupResource;
import dev.coracle.api.HistogramSource;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.MemoryStore;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.bootstrap.DefaultFlows;
import dev.coracle.apiserver.internal.http.RequestInfo;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The histograms that are weighted by time, with as many seats as there are shares. */
class UtilizationTest {

  private static final RequestInfo LIST =
      RequestInfo.of("GET", "/api/v1/namespaces/d/pods", false, "", "");
  private static final RequestInfo CREATE =
      RequestInfo.of("POST", "/api/v1/namespaces/d/pods", false, "", "");
  private static final GroupResource LEVELS =
      new GroupResource("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations");

  private final Vertx vertx = Vertx.vertx();
  private final MemoryStore store = new MemoryStore();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final ManualTime time = new ManualTime();
  private FlowControl flows;

  @BeforeEach
  void start() {
    flows =
        new FlowControl(
            vertx, store, 245, Duration.ofHours(1), meters, Clock.systemUTC(), time, time);
    for (KubeObject object : DefaultFlows.all()) {
      boolean schema = object.kind().equals("FlowSchema");
      store
          .create(schema ? new GroupResource(LEVELS.group(), "flowschemas") : LEVELS, object)
          .await()
          .indefinitely();
    }
    flows.start().await().indefinitely();
  }

  @AfterEach
  void stop() throws Exception {
    flows.stop();
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private List<Ticket> ask(int times, RequestInfo request, WorkEstimate work) {
    List<Ticket> tickets = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      UserInfo user = UserInfo.of("jane" + i, UserInfo.AUTHENTICATED);
      tickets.add(flows.enter(flows.classify(user, request), user, request, work));
    }
    return tickets;
  }

  private HistogramSource.Reading read(String name, String... tags) {
    return ((HistogramSource)
            meters.get("apiserver_flowcontrol_" + name).tags(tags).meter().measure())
        .read();
  }

  private HistogramSource.Reading level(String name, String... tags) {
    List<String> all = new ArrayList<>(List.of(tags));
    all.addAll(List.of("priority_level", "global-default"));
    return read(name, all.toArray(String[]::new));
  }

  /** How long the value was above one bound and not above the next. */
  private static double seconds(HistogramSource.Reading reading, double bound) {
    return reading.counts().get(reading.bounds().indexOf(bound)) * 1e-9;
  }

  @Test
  void timeCountsInTheBucketOfWhatWasSoMeanwhile() {
    double seats =
        meters
            .get("apiserver_flowcontrol_current_limit_seats")
            .tag("priority_level", "global-default")
            .gauge()
            .value();
    assertThat(seats).isEqualTo(23);
    time.passSeconds(2);
    List<Ticket> some = ask(4, LIST, WorkEstimate.seats(5));
    time.passSeconds(3);
    List<Ticket> more = ask(2, CREATE, WorkEstimate.seats(5));
    time.passSeconds(1);

    HistogramSource.Reading use = level("priority_level_seat_utilization", "phase", "executing");
    assertThat(seconds(use, 0)).isEqualTo(2);
    assertThat(seconds(use, 0.9)).as("20 of 23 seats").isEqualTo(4);
    assertThat(use.count()).isEqualTo(6_000_000_000L);
    assertThat(use.sum() * 1e-9).isCloseTo(4 * 20 / seats, within(1e-6));

    HistogramSource.Reading demand = level("demand_seats");
    assertThat(seconds(demand, 0.2)).isEqualTo(2);
    assertThat(seconds(demand, 1)).isEqualTo(3);
    assertThat(seconds(demand, 1.4)).as("30 wanted of 23").isEqualTo(1);

    HistogramSource.Reading running =
        level("priority_level_request_utilization", "phase", "executing");
    assertThat(seconds(running, 0.25)).as("4 requests of 23 seats").isEqualTo(4);
    HistogramSource.Reading waiting =
        level("priority_level_request_utilization", "phase", "waiting");
    assertThat(seconds(waiting, 0.001)).as("2 of 128 queues of 50").isEqualTo(1);
    assertThat(seconds(waiting, 0)).isEqualTo(5);

    HistogramSource.Reading writes =
        read("read_vs_write_current_requests", "phase", "waiting", "request_kind", "mutating");
    assertThat(seconds(writes, 0.001)).isEqualTo(1);
    HistogramSource.Reading reads =
        read("read_vs_write_current_requests", "phase", "executing", "request_kind", "readOnly");
    assertThat(seconds(reads, 0.1)).as("4 of 245").isEqualTo(4);

    some.forEach(Ticket::leave);
    more.forEach(Ticket::leave);
    time.passSeconds(7);
    assertThat(seconds(level("demand_seats"), 0.2)).isEqualTo(9);
    assertThat(seconds(level("priority_level_seat_utilization", "phase", "executing"), 0))
        .isEqualTo(9);
  }

  @Test
  void aLevelThatIsMadeAnewGoesOnWhereItWas() {
    List<Ticket> running = ask(23, LIST, WorkEstimate.ONE);
    time.passSeconds(5);
    store
        .update(
            LEVELS,
            DefaultFlows.all().stream()
                .filter(o -> o.name().equals("global-default") && o.kind().startsWith("Priority"))
                .findFirst()
                .orElseThrow()
                .key(),
            level ->
                Uni.createFrom()
                    .item(
                        level.with(o ->
                            o.withObject("/spec/limited/limitResponse/queuing").put("queues", 7))))
        .await()
        .indefinitely();
    await()
        .until(() ->
            flows.dumpQueues().lines().filter(l -> l.startsWith("global-default,")).count() == 7);
    time.passSeconds(5);
    HistogramSource.Reading use = level("priority_level_seat_utilization", "phase", "executing");
    assertThat(use.count()).isEqualTo(10_000_000_000L);
    assertThat(seconds(use, 0)).as("they run all the time").isZero();
    running.forEach(Ticket::leave);
    time.passSeconds(5);
    assertThat(seconds(level("priority_level_seat_utilization", "phase", "executing"), 0))
        .isEqualTo(5);
  }

  /** Beside a model that keeps every nanosecond's value. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void whatIsObservedIsTheValueAtTheEndOfEveryNanosecond(long seed) {
    Random random = new Random(seed);
    double[] bounds = {0, 0.5, 1, 2};
    ReentrantLock lock = new ReentrantLock();
    RatioHistogram histogram = new RatioHistogram(lock, time, bounds);
    long[] expected = new long[bounds.length + 1];
    double sum = 0;
    int numerator = 0;
    int denominator = 1;
    for (int step = 0; step < 500; step++) {
      if (random.nextInt(4) == 0) {
        denominator = 1 + random.nextInt(8);
        histogram.limit(denominator, time.getAsLong());
      } else {
        int change = random.nextInt(5) - Math.min(2, numerator);
        numerator += change;
        histogram.add(change, time.getAsLong());
      }
      int nanos = random.nextInt(3);
      for (int i = 0; i < nanos; i++) {
        double ratio = (double) numerator / denominator;
        int bucket = 0;
        while (bucket < bounds.length && ratio > bounds[bucket]) {
          bucket++;
        }
        expected[bucket]++;
        sum += ratio;
      }
      time.pass(nanos);
    }
    HistogramSource.Reading reading = histogram.read();
    assertThat(reading.counts()).containsExactly(box(expected));
    assertThat(reading.sum()).isCloseTo(sum, within(1e-6));
  }

  private static Long[] box(long[] values) {
    return Arrays.stream(values).boxed().toArray(Long[]::new);
  }
}
