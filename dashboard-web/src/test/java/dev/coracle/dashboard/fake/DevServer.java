package dev.coracle.dashboard.fake;

import java.time.Instant;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Serves the bundle and the demo cluster until it is interrupted: for looking at the pages by hand.
 * Arguments: port (0 for any) and, for HTTP/2, {@code tls}.
 */
public final class DevServer {
  private DevServer() {}

  public static void main(String[] args) throws Exception {
    int port = args.length > 0 ? Integer.parseInt(args[0]) : 0;
    boolean secure = args.length > 1 && args[1].equals("tls");
    FakeApiServer server = new FakeApiServer(new FakeCluster(), secure, port);
    DemoCluster demo = new DemoCluster(server);
    demo.fill();
    String pod = demo.firstPod("frontend");
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    timer.scheduleAtFixedRate(demo::measure, 5, 5, TimeUnit.SECONDS);
    timer.scheduleAtFixedRate(
        () -> server.logs.append("shop/" + pod + "/frontend", Instant.now() + " INFO  GET / 200"),
        1,
        1,
        TimeUnit.SECONDS);
    System.out.println(server.url() + "#token=admin");
    Runtime.getRuntime().addShutdownHook(new Thread(timer::shutdownNow));
  }
}
