package dev.coracle.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
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
  void aSearchSaysWhichNodesAreMissingAndGoesOnWithTheOthers() {
    String path = "/apis/logs.coracle.dev/v1/logentries";
    ObjectNode before = dashboard.server.metrics.get(path);
    dashboard.server.warnings.put(
        path,
        List.of(
            "299 - \"the logs of node n3 are missing: no answer within 5 s\"",
            "299 - \"the logs of node n4 are missing: it said \\\"no\\\", and hung up\""));
    try {
      dashboard.server.metrics.put(path, found(entry("l1-5.n1", "2030-01-01T00:00:05Z", "of one")));
      dashboard.browser.go("#/logs");
      dashboard.browser.awaitText("log-search-page .found", "of one");
      dashboard.browser.awaitText("log-search-page", "node n3 are missing: no answer within 5 s");
      dashboard.browser.awaitText("log-search-page", "it said \"no\", and hung up");
      // A line of another node that was found later stands where its time is, and nothing twice.
      dashboard.server.warnings.remove(path);
      dashboard.server.metrics.put(
          path,
          found(
              entry("l1-1.n2", "2030-01-01T00:00:04Z", "of two"),
              entry("l1-5.n1", "2030-01-01T00:00:05Z", "of one")));
      dashboard.browser.awaitText("log-search-page .found", "of two");
      assertThat(dashboard.browser.text("log-search-page .found"))
          .containsSubsequence("of two", "of one");
      assertThat(dashboard.browser.text("log-search-page .found").split("of one", -1)).hasSize(2);
      assertThat(dashboard.browser.text("log-search-page")).doesNotContain("are missing");
    } finally {
      dashboard.server.warnings.remove(path);
      dashboard.server.metrics.put(path, before);
    }
  }

  private static ObjectNode found(ObjectNode... entries) {
    ObjectNode list = JsonNodeFactory.instance.objectNode();
    list.put("kind", "LogEntryList").put("apiVersion", "logs.coracle.dev/v1");
    list.putArray("items").addAll(List.of(entries));
    return list;
  }

  private static ObjectNode entry(String name, String time, String message) {
    ObjectNode entry = JsonNodeFactory.instance.objectNode();
    entry.putObject("metadata").put("namespace", "shop").put("name", name);
    return entry.put("time", time).put("pod", pod).put("container", "c").put("message", message);
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
