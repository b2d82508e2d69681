package dev.coracle.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.selenium.AxeBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/** The installed Chromium, headless, with an empty profile of its own. */
public final class Browser implements AutoCloseable {
  private static final List<Path> BROWSERS =
      List.of(Path.of("/usr/bin/chromium"), Path.of("/usr/bin/google-chrome"));
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
  private static final String AXE = axe();

  public final ChromeDriver driver;
  private final Path profile;

  private static String axe() {
    try (InputStream script = AxeBuilder.class.getResourceAsStream("/axe.min.js")) {
      return new String(Objects.requireNonNull(script).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Browser(Path binary) throws IOException {
    profile = Files.createTempDirectory("dashboard-browser");
    ChromeOptions options = new ChromeOptions();
    options.setBinary(binary.toFile());
    options.setAcceptInsecureCerts(true);
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--enable-auto-reload",
        "--user-data-dir=" + profile);
    // As a person's browser does: a page that could not be loaded is loaded again.
    options.setExperimentalOption("excludeSwitches", List.of("enable-automation"));
    options.setCapability("goog:loggingPrefs", Map.of("browser", "ALL"));
    ChromeDriverService service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(DRIVER.toFile())
            .usingAnyFreePort()
            .build();
    driver = new ChromeDriver(service, options);
    size(1440, 900);
  }

  /** Starts one, or skips the test where there is none. */
  public static Browser start() throws IOException {
    @Nullable Path binary = BROWSERS.stream().filter(Files::isExecutable).findFirst().orElse(null);
    Assumptions.assumeTrue(
        binary != null && Files.isExecutable(DRIVER), "needs chromium and chromedriver");
    return new Browser(binary);
  }

  public void size(int width, int height) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    assertThat(driver.manage().window().getSize()).isInstanceOf(Dimension.class);
  }

  /** Follows the system's setting: "light" or "dark". */
  public void scheme(String scheme) {
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
  }

  public Object js(String script, Object... arguments) {
    Object result = driver.executeScript(script, arguments);
    return result == null ? "" : result;
  }

  /**
   * Opens an address as a person does, who asks again where the browser says that the network
   * changed: a device of another process may come or go at any time.
   */
  public void open(String url) {
    driver.get("about:blank");
    await(
        "an answer of " + url.replaceFirst("#.*", ""),
        () ->
            !driver
                .executeCdpCommand("Page.navigate", Map.of("url", url))
                .containsKey("errorText"));
  }

  /** Goes to a page of the dashboard that is already open. */
  public void go(String hash) {
    driver.executeScript("location.hash = arguments[0]", hash);
  }

  public String text(String css) {
    List<WebElement> found = driver.findElements(By.cssSelector(css));
    return found.isEmpty() ? "" : found.getFirst().getText();
  }

  public WebElement find(String css) {
    await(css, () -> !driver.findElements(By.cssSelector(css)).isEmpty());
    return driver.findElement(By.cssSelector(css));
  }

  /** The first button whose words contain the given ones. */
  public WebElement button(String words) {
    By by = By.xpath("//button[contains(normalize-space(.), '" + words + "')]");
    await("button " + words, () -> !driver.findElements(by).isEmpty());
    return driver.findElement(by);
  }

  public void awaitText(String css, String words) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(40))
        .pollInterval(Duration.ofMillis(40))
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(text(css)).as(this::watches).contains(words));
  }

  /** What the dashboard says of its lists and watches, for messages. */
  private String watches() {
    return String.valueOf(js("return JSON.stringify(window.coracle?.inspect() ?? null)"));
  }

  public void await(String what, java.util.concurrent.Callable<Boolean> condition) {
    Awaitility.await(what)
        .atMost(Duration.ofSeconds(40))
        .pollInterval(Duration.ofMillis(40))
        .ignoreExceptions()
        .until(condition);
  }

  /**
   * What the page complained of in the console, CSP violations among it. That a connection broke,
   * as when the machine's network changes, is the browser's own note and no fault of the page.
   */
  public List<String> complaints() {
    return driver.manage().logs().get("browser").getAll().stream()
        .map(entry -> entry.getMessage())
        .filter(message -> !message.contains("Failed to load resource: net::ERR_"))
        .toList();
  }

  /**
   * What axe has against the page as it is shown, by all of its rules: each with the places it is
   * broken at. The page keeps axe while it is not loaded anew, since to read axe's half a megabyte
   * takes longer than to run it.
   */
  public List<String> violations() {
    if (!(Boolean) js("return typeof axe === 'object'")) {
      js(AXE);
    }
    Object broken =
        driver.executeAsyncScript(
            """
            const done = arguments[0];
            axe.run(document, {resultTypes: ["violations"]}).then(
              found => done(found.violations.map(rule => rule.id + " "
                + rule.nodes.map(node => node.target + ": " + node.failureSummary).join("; "))),
              fault => done(["axe failed: " + fault]));
            """);
    return ((List<?>) broken).stream().map(String::valueOf).toList();
  }

  public void screenshot(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    Files.write(file, driver.getScreenshotAs(OutputType.BYTES));
  }

  /** As it was at its start, for others; what a page stored belongs to its server's port. */
  void leave() {
    driver.get("about:blank");
    driver.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features", List.of()));
    size(1440, 900);
    complaints();
  }

  @Override
  public void close() throws IOException {
    driver.quit();
    try (var files = Files.walk(profile)) {
      for (Path path : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
