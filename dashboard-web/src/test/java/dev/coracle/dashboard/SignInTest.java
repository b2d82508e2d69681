package dev.coracle.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;

/** Tokens: typed, handed over in the address, refused, ended. */
class SignInTest {
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

  @Test
  void takesTheTokenOutOfTheAddressAtOnce() {
    dashboard.signIn("admin");
    assertThat(dashboard.browser.driver.getCurrentUrl()).doesNotContain("token").endsWith("#/");
    dashboard.browser.awaitText(".user", "admin");
    dashboard.browser.driver.navigate().refresh();
    dashboard.browser.awaitText(".user", "admin");
  }

  @Test
  void asksForATokenAndSaysWhenItIsWrong() {
    dashboard.signIn("admin");
    dashboard.browser.find("[aria-label='Sign out']").click();
    dashboard.browser.awaitText("login-page", "signed out");
    dashboard.browser.find("login-page input").sendKeys("nonsense", Keys.ENTER);
    dashboard.browser.awaitText("login-page [role=alert]", "not accepted");
    dashboard.browser.find("login-page input").clear();
    dashboard.browser.find("login-page input").sendKeys("viewer", Keys.ENTER);
    dashboard.browser.awaitText(".user", "viewer");
  }

  @Test
  void disablesWhatTheUserMayNotDo() {
    dashboard.signIn("viewer");
    dashboard.browser.go("#/object/apps/v1/deployments/shop/cart");
    dashboard.browser.awaitText("object-page", "Revisions");
    assertThat(dashboard.browser.driver.findElements(By.cssSelector(".actions button")))
        .hasSize(4)
        .noneMatch(button -> button.isEnabled());
    dashboard.signIn("admin");
    dashboard.browser.go("#/object/apps/v1/deployments/shop/cart");
    dashboard.browser.await(
        "enabled",
        () ->
            dashboard.browser.driver.findElements(By.cssSelector(".actions button")).stream()
                .allMatch(button -> button.isEnabled()));
  }
}
