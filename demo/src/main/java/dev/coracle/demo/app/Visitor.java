package dev.coracle.demo.app;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * Finds the greeter by its DNS name, asks it, and tells what it heard and at which address. Each
 * request looks the name up again and makes a new connection, so every one shows the Service's
 * balancing.
 */
public final class Visitor {

  private static final int TIMEOUT_MILLIS = 2000;

  private Visitor() {}

  public static void main(String[] args) throws IOException {
    int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "8080"));
    URI greeter = URI.create(System.getenv().getOrDefault("GREETER_URL", "http://greeter"));
    HttpServer server = HttpServer.create(new InetSocketAddress(port), 64);
    server.setExecutor(java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/healthz", exchange -> Http.answer(exchange, 200, "ok\n"));
    server.createContext(
        "/",
        exchange -> {
          try {
            String address = InetAddress.getByName(greeter.getHost()).getHostAddress();
            String heard = ask(greeter);
            Http.answer(exchange, 200, greeter.getHost() + " (" + address + ") says: " + heard);
          } catch (IOException e) {
            System.out.println(Instant.now() + " " + e);
            Http.answer(
                exchange, 502, "nobody answers at " + greeter + ": " + e.getMessage() + "\n");
          }
        });
    server.start();
    System.out.println(Instant.now() + " visitor of " + greeter + " listens on port " + port);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> server.stop(0)));
  }

  private static String ask(URI greeter) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) greeter.toURL().openConnection();
    connection.setConnectTimeout(TIMEOUT_MILLIS);
    connection.setReadTimeout(TIMEOUT_MILLIS);
    connection.setRequestProperty("Connection", "close");
    try {
      return new String(connection.getInputStream().readNBytes(4096), StandardCharsets.UTF_8);
    } finally {
      connection.disconnect();
    }
  }
}
