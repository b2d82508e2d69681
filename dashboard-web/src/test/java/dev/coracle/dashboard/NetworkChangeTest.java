package dev.coracle.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.dashboard.fake.FakeKind;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;

/**
 * A browser aborts all requests when the machine's network changes, and on a node it changes with
 * every Pod: the dashboard goes on without a word.
 */
@Isolated("the other browsers of this machine would see it, too")
class NetworkChangeTest {
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

  /** Notes every word the connection light shows from here on. */
  @BeforeEach
  void open() {
    dashboard.signIn("admin");
    dashboard.browser.awaitText(".light", "Live");
    dashboard.browser.js(
        """
        window.words = [];
        new MutationObserver(() => words.push(document.querySelector('.light').textContent.trim()))
          .observe(document.querySelector('.light'), {subtree: true, childList: true, characterData: true});
        """);
  }

  private static void nothingWasSaid() {
    assertThat((List<?>) dashboard.browser.js("return window.words"))
        .noneMatch(word -> word.equals("Reconnecting"));
    assertThat(dashboard.browser.text(".toasts")).isEmpty();
    assertThat(dashboard.browser.driver.findElements(By.cssSelector(".problem"))).isEmpty();
  }

  @Test
  void asksAgainAtOnceForAListThatWasBrokenOff() {
    dashboard.server.abortNext(3, "/configmaps");
    dashboard.browser.go("#/config/configmaps");
    dashboard.browser.awaitText("data-table", "frontend");
    assertThat(dashboard.server.leftToAbort()).isZero();
    nothingWasSaid();
  }

  @Test
  void goesOnWatchingOverNewConnectionsAndMissesNothing() {
    dashboard.browser.go("#/config/configmaps");
    dashboard.awaitState("/configmaps", "live");
    for (int n = 0; n < 3; n++) {
      String name = "after-break-" + n;
      dashboard.server.dropConnections();
      dashboard
          .cluster()
          .put(
              "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'namespace':'shop','name':'"
                  + name
                  + "'}}");
      dashboard.browser.awaitText("data-table", name);
      dashboard.cluster().delete(FakeKind.of("v1", "ConfigMap"), "shop", name);
      dashboard.browser.await("gone", () -> !dashboard.browser.text("data-table").contains(name));
    }
    assertThat(((Number) dashboard.collection("/configmaps").get("lists")).longValue())
        .isEqualTo(1);
    nothingWasSaid();
  }

  @Test
  void followsALogOverABreakWithEveryLineOnce() {
    String pod = dashboard.demo.firstPod("cart");
    String id = "shop/" + pod + "/cart";
    Instant second = Instant.parse("2030-01-01T00:00:01Z");
    dashboard.server.logs.append(id, second, "same moment 1");
    dashboard.server.logs.append(id, second, "same moment 2");
    dashboard.browser.go("#/object/core/v1/pods/shop/" + pod + "/logs");
    dashboard.browser.awaitText(".log", "same moment 2");
    dashboard.server.dropConnections();
    dashboard.server.logs.append(id, second, "same moment 3");
    dashboard.server.logs.append(id, second.plusMillis(5), "a moment later");
    dashboard.browser.awaitText(".log", "a moment later");
    assertThat(dashboard.browser.text(".log").lines().filter(l -> l.contains("moment")))
        .containsExactly("same moment 1", "same moment 2", "same moment 3", "a moment later");
    nothingWasSaid();
  }

  @Test
  void disablesNoButtonBecauseAQuestionWasBrokenOffAndSendsAChangeAgain() {
    dashboard.server.abortNext(4, "selfsubjectaccessreviews");
    dashboard.browser.go("#/object/apps/v1/deployments/shop/cart");
    dashboard.browser.await("may scale", () -> dashboard.browser.button("Scale").isEnabled());
    dashboard.server.abortNext(2, "/scale");
    dashboard.browser.button("Scale").click();
    dashboard
        .browser
        .find("dialog input[name=replicas]")
        .sendKeys(Keys.chord(Keys.CONTROL, "a"), "7", Keys.ENTER);
    dashboard.browser.await(
        "7",
        () ->
            Objects.requireNonNull(
                        dashboard
                            .cluster()
                            .get(FakeKind.of("apps/v1", "Deployment"), "shop", "cart"))
                    .at("/spec/replicas")
                    .asInt()
                == 7);
    dashboard.browser.awaitText(".toasts", "Scaled cart to 7");
  }

  @Test
  void asksAgainForAPartOfItselfThatDidNotCome() {
    dashboard.server.abortNext(2, "/editor");
    dashboard.browser.go("#/object/apps/v1/deployments/shop/frontend/yaml");
    dashboard.browser.find("yaml-editor");
    assertThat(dashboard.server.leftToAbort()).isZero();
    nothingWasSaid();
  }

  @Test
  void loadsAgainWhenItsOwnCodeDidNotCome() {
    dashboard.server.abortNext(2, "/assets/app-");
    dashboard.browser.open(dashboard.server.url() + "?again");
    dashboard.browser.awaitText("main h1", "Overview");
    assertThat(dashboard.server.leftToAbort()).isZero();
  }
}
