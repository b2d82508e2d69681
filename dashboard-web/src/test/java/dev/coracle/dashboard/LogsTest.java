package dev.coracle.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;

/** Logs as they come. */
class LogsTest {
  private static DashboardFixture dashboard;
  private static String pod = "";

  @BeforeAll
  static void start() throws Exception {
    dashboard = new DashboardFixture(true);
    dashboard.signIn("admin");
    pod = dashboard.demo.firstPod("frontend");
  }

  @AfterAll
  static void stop() throws Exception {
    if (dashboard != null) {
      dashboard.close();
    }
  }

  @Test
  void followsFiltersAndShowsThePreviousRun() {
    dashboard.server.logs.append("shop/" + pod + "/frontend/previous", "the run before this one");
    dashboard.browser.go("#/object/core/v1/pods/shop/" + pod + "/logs");
    dashboard.browser.awaitText(".log", "POST /checkout");
    dashboard.server.logs.append("shop/" + pod + "/frontend", "a line that came later");
    dashboard.browser.awaitText(".log", "a line that came later");

    dashboard.browser.find("log-view input[type=search]").sendKeys("came later");
    dashboard.browser.await(
        "only the hit", () -> !dashboard.browser.text(".log").contains("checkout"));
    assertThat(dashboard.browser.text(".log mark")).isEqualTo("came later");
    dashboard
        .browser
        .find("log-view input[type=search]")
        .sendKeys(Keys.chord(Keys.CONTROL, "a"), Keys.BACK_SPACE);

    dashboard.browser.driver.findElements(By.cssSelector(".log-bar .check input")).get(1).click();
    dashboard.browser.awaitText(".log", "the run before");
  }

  @Test
  void opensAShellInAContainer() {
    dashboard.browser.go("#/object/core/v1/pods/shop/" + pod + "/terminal");
    dashboard.browser.await("allowed", () -> dashboard.browser.button("Open a shell").isEnabled());
    dashboard.browser.button("Open a shell").click();
    dashboard.browser.awaitText("pod-terminal .log", "welcome container=frontend");
    assertThat(dashboard.browser.text("pod-terminal .log")).contains("command=sh");
    dashboard.browser.find(".prompt input").sendKeys("hello", Keys.ENTER);
    dashboard.browser.awaitText("pod-terminal .log", "you said hello");
    dashboard.browser.find(".prompt input").sendKeys("exit", Keys.ENTER);
    dashboard.browser.awaitText("pod-terminal .log-bar", "The shell has ended");
  }

  @Test
  void showsTheFlowOfAPodAsItChanges() {
    var made =
        dashboard
            .cluster()
            .put(
                "{'apiVersion':'v1','kind':'Pod','metadata':{'namespace':'shop','name':'traveller'},"
                    + "'spec':{'containers':[{'name':'c','image':'i'}]},'status':{'phase':'Pending'}}");
    dashboard.browser.go("#/flow/shop/traveller");
    dashboard.browser.awaitText(".way", "looking for a node");
    made.withObject("/spec").put("nodeName", "node-2");
    dashboard.cluster().put(made);
    dashboard.browser.awaitText(".way", "bound to node-2");
    dashboard.browser.awaitText("flow-page .feed", "spec.nodeName: ∅ → node-2");
    dashboard.demo.event("Pod", made, "Normal", "Pulling", "Pulling image i", "kubelet");
    dashboard.browser.awaitText(".timeline", "Pulling image i");
  }
}
