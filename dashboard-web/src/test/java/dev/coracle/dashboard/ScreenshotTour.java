package dev.coracle.dashboard;

import dev.coracle.dashboard.fake.DemoCluster;
import dev.coracle.dashboard.fake.FakeApiServer;
import dev.coracle.dashboard.fake.FakeCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.openqa.selenium.By;

/**
 * Takes a picture of every page: light, dark, narrow, wide. Not a test; run by hand. Arguments: the
 * folder to write into, the pages ({@code all} or names with commas), and, to look at a running
 * cluster in place of the demo, its dashboard's address with the token.
 */
public final class ScreenshotTour {
  private static final Map<String, int[]> LOOKS = new LinkedHashMap<>();

  static {
    LOOKS.put("light", new int[] {1440, 900});
    LOOKS.put("dark", new int[] {1440, 900});
    LOOKS.put("narrow", new int[] {360, 780});
    LOOKS.put("wide", new int[] {3840, 2160});
  }

  private ScreenshotTour() {}

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    List<String> only = args[1].equals("all") ? List.of() : List.of(args[1].split(","));
    try (Browser browser = Browser.start()) {
      if (args.length > 2) {
        browser.open(args[2]);
        browser.find("coracle-app main h1");
        tour(
            browser,
            folder,
            only,
            firstOf(browser, "#/pods"),
            firstOf(browser, "#/nodes"),
            firstOf(browser, "#/workloads"),
            firstOf(browser, "#/network"));
      } else {
        demo(browser, folder, only);
      }
      browser.complaints().forEach(System.out::println);
    }
  }

  private static void demo(Browser browser, Path folder, List<String> only) throws Exception {
    try (FakeApiServer server = new FakeApiServer(new FakeCluster(), true, 0)) {
      DemoCluster demo = new DemoCluster(server);
      demo.fill();
      browser.open(server.url() + "#token=admin");
      browser.find("coracle-app main h1");
      tour(
          browser,
          folder,
          only,
          "#/object/core/v1/pods/shop/" + demo.firstPod("frontend"),
          "#/object/core/v1/nodes/-/node-1",
          "#/object/apps/v1/deployments/shop/payments",
          "#/object/core/v1/services/shop/frontend");
    }
  }

  /** The address of the first object in a list, or of the list where there is none. */
  private static String firstOf(Browser browser, String list) {
    browser.go(list);
    browser.await(list, () -> browser.text(".loading").isEmpty());
    return browser.driver.findElements(By.cssSelector("data-table tbody a")).stream()
        .findFirst()
        .map(link -> link.getAttribute("href"))
        .map(href -> href.substring(href.indexOf('#')))
        .orElse(list);
  }

  private static void tour(
      Browser browser,
      Path folder,
      List<String> only,
      String pod,
      String node,
      String workload,
      String service)
      throws IOException {
    Map<String, String> pages = new LinkedHashMap<>();
    pages.put("overview", "#/");
    pages.put("nodes", "#/nodes");
    pages.put("node", node);
    pages.put("pods", "#/pods");
    pages.put("pod", pod);
    pages.put("logs", pod + "/logs");
    pages.put("terminal", pod + "/terminal");
    pages.put("yaml", pod + "/yaml");
    pages.put("workloads", "#/workloads");
    pages.put("deployment", workload);
    pages.put("network", "#/network");
    pages.put("service", service);
    pages.put("config", "#/config");
    pages.put("secrets", "#/config/secrets");
    pages.put("storage", "#/storage/storageclasses");
    pages.put("events", "#/events");
    pages.put("browse", "#/browse");
    pages.put("roles", "#/browse/rbac.authorization.k8s.io/v1/clusterroles");
    pages.put("flow", "#/flow");
    pages.put("create", "#/create");
    for (Map.Entry<String, String> page : pages.entrySet()) {
      if (!only.isEmpty() && !only.contains(page.getKey())) {
        continue;
      }
      browser.go(page.getValue());
      browser.await("page", () -> browser.text(".loading").isEmpty());
      for (Map.Entry<String, int[]> look : LOOKS.entrySet()) {
        browser.scheme(look.getKey().equals("dark") ? "dark" : "light");
        browser.size(look.getValue()[0], look.getValue()[1]);
        Awaitility.await().pollDelay(Duration.ofMillis(350)).until(() -> true);
        browser.screenshot(folder.resolve(page.getKey() + "-" + look.getKey() + ".png"));
      }
    }
  }
}
