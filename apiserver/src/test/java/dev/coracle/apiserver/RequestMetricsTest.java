package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.apiserver.internal.registry.RequestTime;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.search.Search;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests are counted and timed as Kubernetes' dashboards and alerts look for them. */
class RequestMetricsTest {

  private static final String MAPS = "/api/v1/namespaces/default/configmaps";
  private static final String SETTINGS = "/api/v1/namespaces/default/secrets";

  @TempDir private static Path dir;
  private static TestServer server;
  private static TestApi api;

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer(dir);
    api = new TestApi(server);
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private static Search search(String name, String verb, String resource, String scope) {
    return server
        .meters()
        .find(name)
        .tags("verb", verb, "group", "", "resource", resource, "subresource", "")
        .tags("scope", scope, "component", "apiserver");
  }

  private static double count(
      String verb, String resource, String scope, String dryRun, String code) {
    return search("apiserver_request_total", verb, resource, scope)
        .tags("dry_run", dryRun, "code", code)
        .counters()
        .stream()
        .mapToDouble(Counter::count)
        .sum();
  }

  private static long times(String name, String verb, String resource, String scope) {
    return search(name, verb, resource, scope).timers().stream().mapToLong(Timer::count).sum();
  }

  @Test
  void verbsScopesAndDryRunsAreToldApart() {
    api.post(MAPS, "metadata: {name: a}").ok();
    api.post(MAPS + "?dryRun=All", "metadata: {name: b}").ok();
    api.get(MAPS + "/a").ok();
    api.get(MAPS + "/c");
    api.get(MAPS).ok();
    api.get("/api/v1/configmaps").ok();
    api.merge(MAPS + "/a", "{data: {x: y}}").ok();
    api.delete(MAPS + "/a").ok();
    await()
        .untilAsserted(() -> {
          assertThat(count("POST", "configmaps", "resource", "", "201")).isEqualTo(1);
          assertThat(count("POST", "configmaps", "resource", "All", "201")).isEqualTo(1);
          assertThat(count("GET", "configmaps", "resource", "", "200")).isEqualTo(1);
          assertThat(count("GET", "configmaps", "resource", "", "404")).isEqualTo(1);
          assertThat(count("LIST", "configmaps", "namespace", "", "200")).isEqualTo(1);
          assertThat(count("LIST", "configmaps", "cluster", "", "200")).isEqualTo(1);
          assertThat(count("PATCH", "configmaps", "resource", "", "200")).isEqualTo(1);
          assertThat(count("DELETE", "configmaps", "resource", "", "200")).isEqualTo(1);
        });
  }

  @Test
  void readsAreMeasuredAndDryRunsAreNoIndicator() {
    api.post(SETTINGS + "?dryRun=All", "metadata: {name: a}").ok();
    api.get(SETTINGS).ok();
    await()
        .untilAsserted(() -> {
          assertThat(times("apiserver_request_duration_seconds", "POST", "secrets", "resource"))
              .isEqualTo(1);
          assertThat(times("apiserver_request_sli_duration_seconds", "POST", "secrets", "resource"))
              .isZero();
          assertThat(
                  times("apiserver_request_sli_duration_seconds", "LIST", "secrets", "namespace"))
              .isEqualTo(1);
          DistributionSummary sizes =
              search("apiserver_response_sizes", "LIST", "secrets", "namespace").summary();
          assertThat(sizes).isNotNull();
          assertThat(sizes.totalAmount()).isPositive();
        });
  }

  private static double watching() {
    Gauge running =
        search("apiserver_longrunning_requests", "WATCH", "services", "namespace").gauge();
    return running == null ? 0 : running.value();
  }

  @Test
  void watchesAreCountedAndTheirEvents() {
    AtomicReference<Double> meanwhile = new AtomicReference<>(0.0);
    List<JsonNode> events =
        api.watch(
            "/api/v1/namespaces/default/services?watch=1&sendInitialEvents=true"
                + "&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true",
            event -> {
              meanwhile.set(watching());
              return event.path("type").asText().equals("BOOKMARK");
            });
    assertThat(meanwhile.get()).isEqualTo(1);
    await().until(() -> watching() == 0);
    var sizes = server.meters().get("apiserver_watch_events_sizes").tag("resource", "services");
    Tags tags = Tags.of("group", "", "version", "v1", "resource", "services");
    assertThat(server.meters().get("apiserver_watch_events").tags(tags).counter().count())
        .isEqualTo(events.size());
    assertThat(sizes.summary().count()).isEqualTo(events.size());
    assertThat(sizes.summary().max()).isGreaterThan(100);
    assertThat(
            server.meters().get("apiserver_watch_list_duration_seconds").tags(tags).timer().count())
        .isEqualTo(1);
  }

  @Test
  void whatNobodyServesMakesNoSeries() {
    int most = 40;
    for (int i = 0; i < most; i++) {
      api.get("/apis/none" + i + ".example.com/v1/things");
      api.get(MAPS + "/a/none" + i);
      api.get("/none" + i);
    }
    await()
        .untilAsserted(() ->
            assertThat(
                    server
                        .meters()
                        .find("apiserver_request_total")
                        .tags("verb", "GET", "resource", "", "code", "404")
                        .counters())
                .singleElement()
                .satisfies(counter -> assertThat(counter.count()).isEqualTo(3 * most)));
    assertThat(server.meters().find("apiserver_request_total").counters()).hasSizeLessThan(most);
  }

  /** The namespace's plugin refuses at once, and looks up what it does not know. */
  @Test
  void admissionIsTimedByStepAndPlugin() {
    assertThat(api.post(MAPS.replace("default", "none"), "metadata: {name: a}").code())
        .isEqualTo(404);
    api.post(MAPS, "metadata: {name: admitted}").ok();
    String step = "apiserver_admission_step_admission_duration_seconds";
    String plugin = "apiserver_admission_controller_admission_duration_seconds";
    for (String type : new String[] {"admit", "validate"}) {
      assertThat(
              server
                  .meters()
                  .get(step)
                  .tags("type", type, "operation", "CREATE", "rejected", "false")
                  .timer()
                  .count())
          .isPositive();
    }
    assertThat(
            server
                .meters()
                .get(plugin)
                .tags("name", "NamespaceLifecycle", "operation", "CREATE", "rejected", "true")
                .timers())
        .isNotEmpty();
  }

  @Test
  void othersTakeTimeOneAfterTheOtherOrAtOnce() {
    RequestTime time = RequestTime.unlimited();
    time.waited(3);
    time.waited(4);
    time.waitedBeside(10);
    time.waitedBeside(20);
    time.waitedBeside(5);
    assertThat(time.elsewhere()).isEqualTo(27);
  }
}
