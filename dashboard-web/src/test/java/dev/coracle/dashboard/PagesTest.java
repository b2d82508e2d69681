package dev.coracle.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every page: accessible in both themes and on a telephone, and never against the CSP. */
@Order(1)
class PagesTest {
  private static DashboardFixture dashboard;

  @BeforeAll
  static void start() throws Exception {
    dashboard = new DashboardFixture(true);
    dashboard.signIn("admin");
  }

  @AfterAll
  static void stop() throws Exception {
    if (dashboard != null) {
      dashboard.close();
    }
  }

  static Stream<String> pages() {
    return Stream.of(
        "#/",
        "#/nodes",
        "#/object/core/v1/nodes/-/node-1",
        "#/workloads/deployments",
        "#/workloads/jobs",
        "#/object/apps/v1/deployments/shop/payments",
        "#/object/apps/v1/deployments/shop/payments/events",
        "#/pods",
        "#/object/core/v1/pods/shop/POD",
        "#/object/core/v1/pods/shop/POD/logs",
        "#/object/core/v1/pods/shop/POD/terminal",
        "#/object/core/v1/pods/shop/POD/yaml",
        "#/network/services",
        "#/object/core/v1/services/shop/frontend",
        "#/config/configmaps",
        "#/object/core/v1/secrets/shop/payments-api",
        "#/storage/persistentvolumeclaims",
        "#/events",
        "#/logs",
        "#/browse",
        "#/browse/example.dev/v1/boats",
        "#/object/example.dev/v1/boats/shop/coracle",
        "#/flow",
        "#/create");
  }

  @ParameterizedTest
  @MethodSource("pages")
  void isAccessibleAndKeepsToTheContentSecurityPolicy(String page) {
    Browser browser = dashboard.browser;
    browser.go(page.replace("POD", dashboard.demo.firstPod("frontend")));
    browser.await(page, () -> browser.text("main .loading").isEmpty());
    browser.find("main h1");
    for (String look : List.of("light", "dark", "narrow")) {
      browser.scheme(look.equals("dark") ? "dark" : "light");
      browser.size(look.equals("narrow") ? 360 : 1440, 900);
      assertThat(browser.violations()).as(page + " " + look).isEmpty();
      assertThat((Boolean) browser.js("return document.documentElement.scrollWidth <= innerWidth"))
          .as("no sideways scrolling of " + page + " " + look)
          .isTrue();
    }
    assertThat(browser.complaints()).as("console").isEmpty();
  }
}
