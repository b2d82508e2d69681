package dev.coracle.dashboard;

import dev.coracle.dashboard.fake.DemoCluster;
import dev.coracle.dashboard.fake.FakeApiServer;
import dev.coracle.dashboard.fake.FakeCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;

/**
 * Takes a picture of every page: light, dark, narrow. Not a test; run by hand with a folder to write
 * into, and optionally the address of a running cluster's dashboard with its token.
 */
public final class ScreenshotTour {
  private ScreenshotTour() {}

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    List<String> only = args.length > 1 ? List.of(args[1].split(",")) : List.of();
    try (FakeApiServer server = new FakeApiServer(new FakeCluster(), true, 0);
        Browser browser = Browser.start()) {
      DemoCluster demo = new DemoCluster(server);
      demo.fill();
      String pod = "#/object/core/v1/pods/shop/" + demo.firstPod("frontend");
      List<String[]> pages =
          List.of(
              new String[] {"overview", "#/"},
              new String[] {"nodes", "#/nodes"},
              new String[] {"node", "#/object/core/v1/nodes/-/node-1"},
              new String[] {"pods", "#/pods"},
              new String[] {"pod", pod},
              new String[] {"logs", pod + "/logs"},
              new String[] {"yaml", pod + "/yaml"},
              new String[] {"workloads", "#/workloads"},
              new String[] {"deployment", "#/object/apps/v1/deployments/shop/payments"},
              new String[] {"network", "#/network"},
              new String[] {"service", "#/object/core/v1/services/shop/frontend"},
              new String[] {"secret", "#/object/core/v1/secrets/shop/payments-api"},
              new String[] {"events", "#/events"},
              new String[] {"browse", "#/browse"},
              new String[] {"boats", "#/browse/example.dev/v1/boats"},
              new String[] {"flow", "#/flow"},
              new String[] {"create", "#/create"});
      browser.driver.get(server.url() + "#token=admin");
      browser.find("coracle-app main h1");
      for (String[] page : pages) {
        if (!only.isEmpty() && !only.contains(page[0])) {
          continue;
        }
        browser.go(page[1]);
        browser.await("page", () -> browser.text(".loading").isEmpty());
        for (String look : List.of("light", "dark", "narrow", "wide")) {
          browser.scheme(look.equals("dark") ? "dark" : "light");
          browser.size(
              look.equals("narrow") ? 360 : look.equals("wide") ? 3840 : 1440,
              look.equals("narrow") ? 780 : look.equals("wide") ? 2160 : 900);
          Awaitility.await().pollDelay(Duration.ofMillis(350)).until(() -> true);
          browser.screenshot(folder.resolve(page[0] + "-" + look + ".png"));
        }
      }
      browser.complaints().forEach(System.out::println);
    }
  }
}
