package dev.coracle.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;

/** Long lists, and browsers that have few connections (HTTP/1.1). */
class ManyObjectsTest {
  private static DashboardFixture dashboard;

  @BeforeAll
  static void start() throws Exception {
    dashboard = new DashboardFixture(false);
    for (int i = 0; i < 1200; i++) {
      dashboard
          .cluster()
          .put(
              "{'apiVersion':'v1','kind':'Secret','metadata':{'namespace':'shop','name':'secret-%04d'}}"
                  .formatted(i));
    }
  }

  @AfterAll
  static void stop() throws Exception {
    if (dashboard != null) {
      dashboard.close();
    }
  }

  @Test
  void listsInPagesAndDrawsOnlyWhatIsInView() {
    dashboard.signIn("admin");
    dashboard.browser.go("#/config/secrets");
    dashboard.browser.awaitText(".page-head", "1202");
    assertThat(dashboard.server.requests.stream().filter(r -> r.contains("/secrets?limit=500")))
        .hasSizeGreaterThanOrEqualTo(3);
    assertThat(dashboard.browser.driver.findElements(By.cssSelector("data-table tbody tr")))
        .hasSizeLessThan(160);
    dashboard.browser.js("scrollTo(0, document.body.scrollHeight)");
    dashboard.browser.awaitText("data-table", "shop-tls");
  }

  @Test
  void keepsConnectionsFreeOverHttp1() {
    dashboard.signIn("admin");
    dashboard.browser.awaitText("overview-page", "node-3");
    dashboard.browser.go("#/workloads/cronjobs");
    dashboard.browser.awaitText("data-table", "nightly-report");
    dashboard.browser.await("few streams", () -> dashboard.server.openStreams() <= 4);
    dashboard
        .cluster()
        .put(
            "{'apiVersion':'batch/v1','kind':'CronJob','metadata':{'namespace':'shop','name':'hourly'},"
                + "'spec':{'schedule':'0 * * * *'}}");
    dashboard.browser.awaitText("data-table", "hourly");
  }
}
