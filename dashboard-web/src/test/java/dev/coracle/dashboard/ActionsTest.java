package dev.coracle.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.dashboard.fake.FakeKind;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;

/** What the buttons send to the server. */
class ActionsTest {
  private static final FakeKind DEPLOYMENT = FakeKind.of("apps/v1", "Deployment");
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

  private static ObjectNode deployment(String name) {
    return Objects.requireNonNull(dashboard.cluster().get(DEPLOYMENT, "shop", name));
  }

  private static void open(String name, String tab) {
    dashboard.browser.go("#/object/apps/v1/deployments/shop/" + name + tab);
    dashboard.browser.awaitText("object-page h1", name);
  }

  private static void press(String words) {
    dashboard.browser.await("enabled " + words, () -> dashboard.browser.button(words).isEnabled());
    dashboard.browser.button(words).click();
  }

  @Test
  void scales() {
    open("frontend", "");
    press("Scale");
    var input = dashboard.browser.find("dialog input[name=replicas]");
    input.sendKeys(Keys.chord(Keys.CONTROL, "a"), "5", Keys.ENTER);
    dashboard.browser.await("5", () -> deployment("frontend").at("/spec/replicas").asInt() == 5);
    dashboard.browser.awaitText(".toasts", "Scaled frontend to 5");
  }

  @Test
  void restartsByTheAnnotation() {
    open("cart", "");
    press("Restart");
    dashboard.browser.find("dialog .primary").click();
    dashboard.browser.await(
        "annotation",
        () ->
            !deployment("cart")
                .at("/spec/template/metadata/annotations")
                .path("kubectl.kubernetes.io/restartedAt")
                .asText()
                .isEmpty());
  }

  @Test
  void rollsBackToTheTemplateOfAnEarlierRevision() {
    open("payments", "");
    press("Roll back");
    dashboard.browser.find("dialog .primary").click();
    dashboard.browser.await(
        "old image",
        () ->
            deployment("payments")
                .at("/spec/template/spec/containers/0/image")
                .asText()
                .endsWith("-old"));
    assertThat(deployment("payments").at("/spec/template/metadata/labels").has("pod-template-hash"))
        .isFalse();
  }

  @Test
  void deletesAfterAQuestion() {
    open("search", "");
    press("Delete");
    dashboard.browser.find("dialog .danger").click();
    dashboard.browser.await(
        "gone", () -> dashboard.cluster().get(DEPLOYMENT, "shop", "search") == null);
    assertThat(dashboard.server.requests)
        .anyMatch(
            r -> r.startsWith("DELETE") && r.contains("\"propagationPolicy\":\"Background\""));
  }

  private static void type(String from, String to) {
    dashboard.browser.js(
        "const v = document.querySelector('yaml-editor').view; const t = v.state.doc.toString();"
            + "const at = t.indexOf(arguments[0]);"
            + "v.dispatch({changes: {from: at, to: at + arguments[0].length, insert: arguments[1]}})",
        from,
        to);
  }

  @Test
  void savesYamlAfterADryRunAndShowsTheServersObjections() {
    open("frontend", "/yaml");
    dashboard.browser.find("yaml-editor");
    dashboard.browser.await(
        "text",
        () ->
            dashboard
                    .browser
                    .js("return document.querySelector('yaml-editor').view.state.doc.length")
                    .hashCode()
                > 100);
    int replicas = deployment("frontend").at("/spec/replicas").asInt();
    type("replicas: " + replicas, "replicas: -1");
    press("Save");
    dashboard.browser.awaitText(".problem", "spec.replicas");
    assertThat(deployment("frontend").at("/spec/replicas").asInt()).isEqualTo(replicas);
    type("replicas: -1", "replicas: 4");
    press("Check");
    dashboard.browser.awaitText("yaml-view", "would accept");
    press("Save");
    dashboard.browser.await("4", () -> deployment("frontend").at("/spec/replicas").asInt() == 4);
  }

  @Test
  void createsFromYaml() {
    dashboard.browser.go("#/create");
    dashboard.browser.find("yaml-editor");
    type("name: web", "name: made-here");
    dashboard.browser.find("create-page .primary").click();
    dashboard.browser.awaitText("create-page", "Created");
    assertThat(dashboard.cluster().get(DEPLOYMENT, "default", "made-here")).isNotNull();
  }

  @Test
  void hidesSecretsUntilAsked() {
    dashboard.browser.go("#/object/core/v1/secrets/shop/payments-api");
    dashboard.browser.awaitText("data-summary", "token");
    assertThat(dashboard.browser.driver.getPageSource()).doesNotContain("hunter2");
    press("Show");
    dashboard.browser.awaitText("data-summary", "hunter2");
  }

  @Test
  void findsAnythingByItsName() {
    dashboard.browser.go("#/");
    dashboard
        .browser
        .driver
        .findElement(By.cssSelector("body"))
        .sendKeys(Keys.chord(Keys.CONTROL, "k"));
    dashboard.browser.find("search-box input").sendKeys("coracle boat");
    dashboard.browser.driver.findElement(By.cssSelector("search-box input")).clear();
    dashboard.browser.find("search-box input").sendKeys("orders-db-1");
    dashboard.browser.awaitText("#search-results", "data-orders-db-1");
    dashboard.browser.find("search-box input").sendKeys(Keys.ENTER);
    dashboard.browser.awaitText("object-page h1", "orders-db-1");
  }
}
