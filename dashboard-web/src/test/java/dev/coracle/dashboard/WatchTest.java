package dev.coracle.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.dashboard.fake.FakeKind;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The store follows the server through everything a watch can meet. */
class WatchTest {
  private static final FakeKind CONFIG_MAP = FakeKind.of("v1", "ConfigMap");
  private static DashboardFixture dashboard;

  @BeforeAll
  static void start() throws Exception {
    dashboard = new DashboardFixture(true);
  }

  @AfterAll
  static void stop() throws Exception {
    if (dashboard != null) {
      dashboard.close();
    }
  }

  @BeforeEach
  void open() {
    dashboard.server.broken = false;
    dashboard.cluster().delete(CONFIG_MAP, "shop", "fresh");
    dashboard.signIn("admin");
    dashboard.browser.go("#/config/configmaps");
    dashboard.awaitState("/configmaps", "live");
  }

  private static void putConfigMap(String name) {
    dashboard
        .cluster()
        .put(
            "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'"
                + name
                + "','namespace':'shop'},'data':{'a':'b'}}");
  }

  private static long lists() {
    return ((Number) dashboard.collection("/configmaps").get("lists")).longValue();
  }

  @Test
  void showsWhatTheWatchSaysWithoutListingAgain() {
    putConfigMap("fresh");
    dashboard.browser.awaitText("data-table", "fresh");
    dashboard.cluster().delete(CONFIG_MAP, "shop", "fresh");
    dashboard.browser.await("gone", () -> !dashboard.browser.text("data-table").contains("fresh"));
    assertThat(lists()).isEqualTo(1);
  }

  @Test
  void resumesABrokenWatchFromTheLastVersionAndMissesNothing() {
    dashboard.server.dropStreams();
    putConfigMap("fresh");
    dashboard.browser.awaitText("data-table", "fresh");
    dashboard.awaitState("/configmaps", "live");
    assertThat(lists()).isEqualTo(1);
    assertThat(((Number) dashboard.collection("/configmaps").get("watches")).longValue())
        .isGreaterThan(1);
  }

  @Test
  void listsAgainWhenTheHistoryIsCompacted() {
    dashboard.server.dropStreams();
    putConfigMap("fresh");
    dashboard.cluster().compact();
    putConfigMap("later");
    dashboard.browser.awaitText("data-table", "fresh");
    dashboard.browser.awaitText("data-table", "later");
    dashboard.awaitState("/configmaps", "live");
    assertThat(lists()).isGreaterThan(1);
    dashboard.cluster().delete(CONFIG_MAP, "shop", "later");
  }

  @Test
  void listsAgainWhenTheStreamItselfSaysExpired() {
    dashboard.server.expireStream("configmaps");
    dashboard.browser.await("second list", () -> lists() > 1);
    dashboard.awaitState("/configmaps", "live");
  }

  @Test
  void saysThatItReconnectsAndRecovers() {
    dashboard.server.broken = true;
    dashboard.server.dropStreams();
    dashboard.browser.awaitText(".light", "Reconnecting");
    assertThat(dashboard.browser.text("data-table")).contains("frontend");
    dashboard.server.broken = false;
    putConfigMap("fresh");
    dashboard.browser.awaitText(".light", "Live");
    dashboard.browser.awaitText("data-table", "fresh");
  }

  @Test
  void stopsWatchingWhatIsNoLongerShown() {
    dashboard.browser.go("#/create");
    dashboard.browser.await(
        "no collection", () -> !"live".equals(dashboard.collection("/configmaps").get("state")));
  }
}
