package dev.coracle.apiserver.internal.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.apiserver.internal.http.RequestInfo;
import dev.coracle.watchhub.ResourceStore.Held;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WorkEstimatorTest {

  private static final String PODS = "/api/v1/namespaces/d/pods";

  private final WatchCounts watches = new WatchCounts();
  private Held held = Held.NOTHING;
  private final WorkEstimator estimator = new WorkEstimator(_ -> held, watches);

  /** A level of so many seats with hands of eight. */
  private static Flow flow(int seats) {
    LevelConfig config = new LevelConfig("l", "u", false, 1, 0, -1, 64, 8, 50);
    PriorityLevel level =
        new PriorityLevel(
            config,
            () -> 0,
            (_, _) -> () -> {},
            1,
            new LevelMeters(new SimpleMeterRegistry(), _ -> null, () -> 0).use("l"));
    level.configure(config, seats, seats);
    KubeObject schema =
        KubeObject.of(Json.parseObject("{\"metadata\":{\"name\":\"s\"}}".getBytes()));
    return new Flow(
        FlowSchema.of(schema), level, new FlowMeters(new SimpleMeterRegistry(), "s", "l"));
  }

  private static RequestInfo get(String path) {
    return RequestInfo.of("GET", path, false, "", "");
  }

  /** A hundred kilobytes are a seat; what the cache serves is a megabyte at most. */
  @ParameterizedTest
  @CsvSource({
    "0, 0, 0, '', '', 1",
    "99, 99000, 0, '', '', 1",
    "101, 101000, 0, '', '', 2",
    "1000, 5000000, 0, '', '', 10",
    "1000, 5000000, 100, '', '', 5",
    "1000, 5000000, 0, Exact, '', 50",
    "1000, 5000000, 0, Exact, 'a!=b', 50",
    "1000, 5000000, 100, Exact, '', 5",
    "1000, 5000000, 100, Exact, 'a!=b', 25",
    "100000, 900000000, 0, Exact, '', 75",
  })
  void listsCostWhatTheyHaveInMemory(
      long objects, long bytes, long limit, String match, String labels, int seats) {
    held = new Held(objects, bytes);
    ListOptions options =
        new ListOptions(
            LabelSelector.parse(labels),
            FieldSelector.EVERYTHING,
            match.isEmpty() ? "" : "7",
            match,
            limit,
            "");
    assertThat(estimator.list(flow(600), get(PODS), options).initialSeats()).isEqualTo(seats);
  }

  @Test
  void aSmallLevelBoundsWhatOneRequestTakes() {
    held = new Held(1000, 5_000_000);
    assertThat(estimator.list(flow(20), get(PODS), ListOptions.ALL).initialSeats()).isEqualTo(2);
    assertThat(estimator.list(flow(3), get(PODS), ListOptions.ALL).initialSeats()).isEqualTo(1);
    assertThat(estimator.unreadable(flow(160)).initialSeats()).isEqualTo(20);
  }

  @Test
  void aListOfOneNameCostsLikeAGet() {
    held = new Held(1000, 5_000_000);
    ListOptions one = ListOptions.ALL.withFields(FieldSelector.equalTo("metadata.name", "x"));
    assertThat(estimator.list(flow(600), get(PODS), one).initialSeats()).isEqualTo(1);
  }

  @Test
  void watchesCostMoreOnlyWithInitialEvents() {
    held = new Held(1000, 5_000_000);
    RequestInfo watch = RequestInfo.of("GET", PODS, true, "", "");
    assertThat(estimator.watch(flow(600), watch, WatchOptions.from("0")).initialSeats())
        .isEqualTo(1);
    WatchOptions streamed =
        new WatchOptions(
            LabelSelector.EVERYTHING, FieldSelector.EVERYTHING, "", "NotOlderThan", true, true, 0);
    assertThat(estimator.watch(flow(600), watch, streamed).initialSeats()).isEqualTo(10);
  }

  private List<Runnable> watch(int times, String path, String field, String value) {
    WatchOptions all = WatchOptions.from("0");
    WatchOptions options =
        new WatchOptions(
            LabelSelector.EVERYTHING,
            field.isEmpty() ? FieldSelector.EVERYTHING : FieldSelector.equalTo(field, value),
            all.resourceVersion(),
            "",
            true,
            false,
            0);
    List<Runnable> out = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      out.add(watches.register(RequestInfo.of("GET", path, true, "", ""), options));
    }
    return out;
  }

  @Test
  void writesCostForTheWatchersTheyWake() {
    RequestInfo put = RequestInfo.of("PUT", PODS + "/x", false, "", "");
    assertThat(estimator.other(flow(600), put)).isEqualTo(WorkEstimate.ONE);
    List<Runnable> everywhere = watch(9, "/api/v1/pods", "", "");
    assertThat(estimator.other(flow(600), put)).isEqualTo(WorkEstimate.ONE);
    List<Runnable> here = watch(12, PODS, "", "");
    watch(12, PODS, "metadata.name", "x");
    watch(100, PODS, "metadata.name", "y");
    watch(100, "/api/v1/pods", "spec.nodeName", "n");
    watch(100, "/api/v1/namespaces/e/pods", "", "");
    watch(100, "/api/v1/configmaps", "", "");
    assertThat(estimator.other(flow(600), put)).isEqualTo(new WorkEstimate(1, 4, 5_000_000));
    RequestInfo post = RequestInfo.of("POST", PODS, false, "", "");
    assertThat(estimator.other(flow(600), post)).isEqualTo(new WorkEstimate(1, 3, 5_000_000));
    assertThat(estimator.other(flow(600), get(PODS + "/x"))).isEqualTo(WorkEstimate.ONE);
    everywhere.forEach(Runnable::run);
    here.forEach(Runnable::run);
    assertThat(estimator.other(flow(600), put)).isEqualTo(new WorkEstimate(1, 2, 5_000_000));
    assertThat(estimator.other(flow(600), post)).isEqualTo(WorkEstimate.ONE);
  }

  @Test
  void manyWatchersTakeTenSeatsForLonger() {
    watch(400, PODS, "", "");
    RequestInfo put = RequestInfo.of("PUT", PODS + "/x", false, "", "");
    assertThat(estimator.other(flow(600), put)).isEqualTo(new WorkEstimate(1, 10, 20_000_000));
    assertThat(estimator.other(flow(20), put)).isEqualTo(new WorkEstimate(1, 2, 100_000_000));
  }

  @Test
  void aTokenWakesNobody() {
    watch(400, "/api/v1/serviceaccounts", "", "");
    String account = "/api/v1/namespaces/d/serviceaccounts/a";
    assertThat(
            estimator.other(flow(600), RequestInfo.of("POST", account + "/token", false, "", "")))
        .isEqualTo(WorkEstimate.ONE);
    assertThat(
            estimator.other(flow(600), RequestInfo.of("PUT", account, false, "", "")).finalSeats())
        .isEqualTo(10);
  }
}
