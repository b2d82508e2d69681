package dev.coracle.launcher;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Serves the dashboard's files below {@code /dashboard/}, exactly those its jar lists. They hold no
 * secret, so they need no identity; everything they show comes from the API, which does. A file is
 * read from the jar once, when it is first asked for.
 */
final class DashboardRoute implements Handler<HttpServerRequest> {

  static final String PREFIX = "/dashboard/";

  private record Entry(String contentType, String cacheControl) {}

  private final Map<String, Entry> entries = new HashMap<>();
  private final Map<String, Buffer> contents = new ConcurrentHashMap<>();

  private final String securityPolicy =
      new String(resource("META-INF/dashboard.policy").getBytes(), StandardCharsets.UTF_8);

  DashboardRoute() {
    String list =
        new String(resource("META-INF/dashboard.files").getBytes(), StandardCharsets.UTF_8);
    for (String line : list.split("\n")) {
      String[] columns = line.split("\t");
      if (columns.length == 3) {
        entries.put(columns[0], new Entry(columns[1], columns[2].strip()));
      }
    }
  }

  @Override
  public void handle(HttpServerRequest request) {
    HttpServerResponse response = request.response();
    String path = request.path() == null ? "" : request.path();
    if (path.equals("/dashboard")) {
      response.setStatusCode(308).putHeader("Location", PREFIX).end();
      return;
    }
    if (request.method() != HttpMethod.GET && request.method() != HttpMethod.HEAD) {
      response.setStatusCode(405).putHeader("Allow", "GET, HEAD").end();
      return;
    }
    String name = path.equals(PREFIX) ? "index.html" : path.substring(PREFIX.length());
    Entry entry = entries.get(name);
    if (entry == null) {
      response.setStatusCode(404).end();
      return;
    }
    String accepted = request.getHeader("Accept-Encoding");
    boolean gzip = accepted != null && accepted.contains("gzip");
    response
        .putHeader("Content-Type", entry.contentType())
        .putHeader("Cache-Control", entry.cacheControl())
        .putHeader("Vary", "Accept-Encoding")
        .putHeader("Content-Security-Policy", securityPolicy)
        .putHeader("X-Content-Type-Options", "nosniff")
        .putHeader("Referrer-Policy", "no-referrer");
    if (gzip) {
      response.putHeader("Content-Encoding", "gzip");
    }
    Buffer body =
        contents.computeIfAbsent(
            "META-INF/dashboard/" + name + (gzip ? ".gz" : ""), DashboardRoute::resource);
    response.putHeader("Content-Length", String.valueOf(body.length()));
    if (request.method() == HttpMethod.HEAD) {
      response.end();
    } else {
      response.end(body);
    }
  }

  private static Buffer resource(String name) {
    try (@Nullable InputStream in =
        DashboardRoute.class.getClassLoader().getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the dashboard's jar lacks " + name);
      }
      return Buffer.buffer(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
