package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.dashboard.Browser;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;

/**
 * A person with a browser at a running cluster with the demo in it. Every Pod that comes or goes
 * changes this machine's network, upon which the browser aborts all requests: nothing of that may
 * be seen.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Order(1)
class DashboardIT {

  private CoracleProcess coracle;
  private Kubectl kubectl;
  private Browser browser;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    browser = Browser.start();
    coracle = CoracleProcess.start(directory.resolve("data"));
    kubectl = coracle.kubectl();
    String address =
        Shell.run(
                CoracleProcess.command("dashboard", "--data-dir", coracle.dataDir().toString())
                    .toArray(String[]::new))
            .out()
            .strip();
    browser.open(address);
    browser.awaitText(".user", "dashboard-admin");
    // Only now: Chromium drops what it is loading when the host's network devices change.
    kubectl.run("apply", "-f", CoracleProcess.HOME.resolve("demo").toString());
    kubectl.run("rollout", "status", "deployment/greeter", "--timeout=120s");
    kubectl.run("rollout", "status", "deployment/visitor", "--timeout=120s");
  }

  @AfterAll
  void stop() throws Exception {
    if (browser != null) {
      browser.close();
    }
    if (coracle != null) {
      coracle.close();
    }
  }

  @BeforeEach
  void overview() {
    browser.size(1440, 900);
    browser.scheme("light");
    browser.go("#/");
    browser.awaitText("main h1", "Overview");
  }

  @Test
  void keepsTheTokenOutOfTheAddressAndShowsWhatThereIs() {
    assertThat(browser.driver.getCurrentUrl()).doesNotContain("token");
    browser.awaitText("overview-page", "1/1");
    browser.awaitText("overview-page .side", "Started");
    browser.go("#/nodes");
    browser.awaitText("nodes-page data-table", "Ready");
    browser.go("#/workloads");
    browser.awaitText("data-table", "greeter");
    browser.awaitText("data-table", "3/3");
    browser.go("#/network");
    browser.awaitText("data-table", "kubernetes");
    browser.go("#/events");
    browser.awaitText("events-page", "Scheduled");
    nothingIsWrong();
  }

  @Test
  void aPodComesAndGoesBeforeOnesEyes() {
    browser.go("#/pods");
    browser.awaitText("data-table", "visitor");
    browser.js("window.sameDocument = true");
    kubectl.run("run", "passer-by", "--image=coracle/demo:1", "--", "dev.coracle.demo.app.Visitor");
    browser.awaitText("data-table", "passer-by");
    browser.await("running", () -> row("passer-by").contains("Running"));
    kubectl.run("delete", "pod", "passer-by", "--grace-period=1", "--wait=false");
    browser.await("gone", () -> row("passer-by").isEmpty());
    assertThat(browser.js("return window.sameDocument")).isEqualTo(true);
    nothingIsWrong();
  }

  @Test
  void followsALogWhileOtherPodsComeAndGo() {
    kubectl.run(
        "run",
        "counter",
        "--image=coracle/demo:1",
        "--command",
        "--",
        "sh",
        "-c",
        "i=0; while i=$((i+1)); do echo line $i; sleep 0.1; done");
    kubectl.run("wait", "--for=condition=Ready", "pod/counter", "--timeout=120s");
    browser.go("#/object/core/v1/pods/default/counter/logs");
    browser.awaitText(".log", "line 1\n");
    for (int n = 0; n < 3; n++) {
      kubectl.run("run", "bystander-" + n, "--image=coracle/demo:1", "--command", "--", "true");
    }
    browser.awaitText(".log", "line 120\n");
    List<String> lines =
        browser.text(".log").lines().filter(l -> l.startsWith("line ")).limit(120).toList();
    assertThat(lines)
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, 120).mapToObj(i -> "line " + i).toList());
    nothingIsWrong();
    kubectl.run(
        "delete",
        "pod",
        "counter",
        "bystander-0",
        "bystander-1",
        "bystander-2",
        "--grace-period=0",
        "--force");
  }

  @Test
  void searchesTheLogsOfAllContainersAndFollowsThem() {
    kubectl.run(
        "run",
        "talker",
        "--image=coracle/demo:1",
        "--labels=voice=loud",
        "--command",
        "--",
        "sh",
        "-c",
        "echo needle in a haystack; i=0; while i=$((i+1)); do echo straw $i; sleep 1; done");
    browser.go("#/logs");
    browser.find("log-search-page input[type=search]").sendKeys("NEEDLE in");
    // All lines are shown until the search is answered.
    browser.await(
        "the needle alone",
        () ->
            browser.text("log-search-page .found").contains("needle in a haystack")
                && !browser.text("log-search-page .found").contains("straw"));
    browser
        .find("log-search-page input[type=search]")
        .sendKeys(Keys.chord(Keys.CONTROL, "a"), "straw");
    browser.find(".labels input").sendKeys("voice=loud", Keys.ENTER);
    browser.awaitText("log-search-page .found", "straw 2");
    browser.awaitText("log-search-page .found", "straw 12");
    nothingIsWrong();
    kubectl.run("delete", "pod", "talker", "--grace-period=0", "--force");
  }

  @Test
  void scalesAndRestartsADeployment() {
    kubectl.run("create", "deployment", "crowd", "--image=coracle/demo:1", "--replicas=1");
    kubectl.run("rollout", "status", "deployment/crowd", "--timeout=120s");
    browser.go("#/object/apps/v1/deployments/default/crowd");
    press("Scale");
    browser
        .find("dialog input[name=replicas]")
        .sendKeys(Keys.chord(Keys.CONTROL, "a"), "2", Keys.ENTER);
    browser.awaitText("workload-summary", "2/2");
    assertThat(kubectl.run("get", "deployment", "crowd", "-o", "jsonpath={.spec.replicas}"))
        .isEqualTo("2");
    press("Restart");
    browser.find("dialog .primary").click();
    browser.awaitText("workload-summary [aria-label=State]", "Revision\n2");
    kubectl.run("rollout", "status", "deployment/crowd", "--timeout=120s");
    assertThat(
            kubectl.run(
                "get",
                "deployment",
                "crowd",
                "-o",
                "jsonpath={.spec.template.metadata.annotations}"))
        .contains("kubectl.kubernetes.io/restartedAt");
    browser.awaitText("workload-summary", "2/2");
    nothingIsWrong();
    kubectl.run("delete", "deployment", "crowd");
  }

  @Test
  void opensAShellInAContainer() {
    browser.go("#/object/core/v1/pods/default/" + visitor() + "/terminal");
    press("Open a shell");
    browser.await("open", () -> browser.find(".prompt input").isEnabled());
    browser.find(".prompt input").sendKeys("echo $((6*7)) of $GREETER_URL", Keys.ENTER);
    browser.awaitText("pod-terminal .log", "42 of http://greeter");
    nothingIsWrong();
  }

  @Test
  void showsAndChangesAnObjectOfACustomKind() {
    kubectl.runWithInput(
        """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: boats.example.dev}
        spec:
          group: example.dev
          scope: Namespaced
          names: {plural: boats, singular: boat, kind: Boat}
          versions:
          - name: v1
            served: true
            storage: true
            additionalPrinterColumns:
            - {name: Seats, type: integer, jsonPath: .spec.seats}
            schema:
              openAPIV3Schema:
                type: object
                properties:
                  spec: {type: object, properties: {seats: {type: integer, maximum: 9}}}
        """,
        "apply",
        "-f",
        "-");
    kubectl.run("wait", "--for=condition=Established", "crd/boats.example.dev", "--timeout=30s");
    kubectl.runWithInput(
        "apiVersion: example.dev/v1\nkind: Boat\nmetadata: {name: coracle}\nspec: {seats: 1}\n",
        "apply",
        "-f",
        "-");
    browser.go("#/browse/example.dev/v1/boats");
    browser.awaitText("browse-page", "Seats");
    browser.awaitText("browse-page", "coracle");
    browser.go("#/object/example.dev/v1/boats/default/coracle/yaml");
    browser.find("yaml-editor");
    type("seats: 1", "seats: 99");
    press("Save");
    browser.awaitText(".problem", "spec.seats");
    type("seats: 99", "seats: 2");
    press("Save");
    browser.awaitText(".toasts", "coracle is saved");
    assertThat(kubectl.run("get", "boat", "coracle", "-o", "jsonpath={.spec.seats}"))
        .isEqualTo("2");
  }

  @Test
  void measuresTheWayOfAPod() {
    browser.go("#/flow");
    browser.awaitText("flow-page", "Scheduler");
    kubectl.run("run", "traveller", "--image=coracle/demo:1", "--", "dev.coracle.demo.app.Visitor");
    browser.awaitText("flow-page .flow-title", "traveller");
    browser.awaitText(".laps [data-step=bound]", " ms");
    browser.awaitText(".laps [data-step=started]", " ms");
    browser.awaitText(".laps [data-step=ready]", " ms");
    browser.awaitText("flow-page .timeline", "Started");
    nothingIsWrong();
    kubectl.run("delete", "pod", "traveller", "--grace-period=0", "--force");
  }

  static Stream<String> pages() {
    return Stream.of(
        "#/",
        "#/nodes",
        "#/events",
        "#/logs",
        "#/workloads/replicasets",
        "#/object/apps/v1/deployments/default/greeter",
        "#/pods",
        "#/network/ingresses",
        "#/object/core/v1/services/default/greeter",
        "#/config/configmaps",
        "#/storage/storageclasses",
        "#/browse",
        "#/browse/rbac.authorization.k8s.io/v1/clusterroles",
        "#/flow");
  }

  @ParameterizedTest
  @MethodSource("pages")
  void isAccessible(String page) {
    browser.go(page);
    browser.find("main h1");
    browser.await(page, () -> browser.text("main .loading").isEmpty());
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

  private void nothingIsWrong() {
    assertThat(browser.driver.findElements(By.cssSelector(".toast.bad, .problem"))).isEmpty();
    browser.awaitText(".light", "Live");
  }

  private String row(String name) {
    return browser.driver.findElements(By.cssSelector("data-table tbody tr")).stream()
        .map(tr -> tr.getText())
        .filter(text -> text.startsWith(name))
        .findFirst()
        .orElse("");
  }

  private void press(String words) {
    browser.await("enabled " + words, () -> browser.button(words).isEnabled());
    browser.button(words).click();
  }

  private void type(String from, String to) {
    browser.await(
        from,
        () ->
            (Boolean)
                browser.js(
                    "const v = document.querySelector('yaml-editor').view;"
                        + "const at = v.state.doc.toString().indexOf(arguments[0]);"
                        + "if (at < 0) return false;"
                        + "v.dispatch({changes: {from: at, to: at + arguments[0].length,"
                        + " insert: arguments[1]}}); return true",
                    from,
                    to));
  }

  private String visitor() {
    return kubectl.run(
        "get", "pod", "-l", "app=visitor", "-o", "jsonpath={.items[0].metadata.name}");
  }
}
