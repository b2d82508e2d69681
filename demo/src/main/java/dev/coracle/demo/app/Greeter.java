package dev.coracle.demo.app;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/**
 * Says hello on {@code PORT}: the greeting of its ConfigMap (read for each request, so a change
 * shows), its pod's name and its version. {@code /healthz} is for probes; {@code /crash} ends the
 * process, to watch it come back.
 */
public final class Greeter {

  private Greeter() {}

  public static void main(String[] args) throws IOException {
    int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "8080"));
    String pod = System.getenv().getOrDefault("POD_NAME", "unknown");
    String version = System.getenv().getOrDefault("APP_VERSION", "1");
    Path greeting = Path.of(System.getenv().getOrDefault("GREETING_FILE", "/config/greeting"));
    HttpServer server = HttpServer.create(new InetSocketAddress(port), 64);
    server.setExecutor(java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/healthz", exchange -> Http.answer(exchange, 200, "ok\n"));
    server.createContext(
        "/crash",
        exchange -> {
          Http.answer(exchange, 200, "goodbye from " + pod + "\n");
          System.out.println(Instant.now() + " crashing as asked");
          Runtime.getRuntime().halt(1);
        });
    server.createContext(
        "/",
        exchange -> {
          String words =
              Files.exists(greeting)
                  ? Files.readString(greeting, StandardCharsets.UTF_8).strip()
                  : "Hello";
          System.out.println(
              Instant.now() + " " + exchange.getRequestMethod() + " " + exchange.getRequestURI());
          Http.answer(exchange, 200, words + " from " + pod + ", version " + version + "\n");
        });
    server.start();
    System.out.println(Instant.now() + " greeter version " + version + " listens on port " + port);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> server.stop(0)));
  }
}
