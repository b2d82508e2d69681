package dev.coracle.dashboard.fake;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Serves the bundle exactly as the README tells a server to. */
public final class DashboardFiles {
  private record Asset(String type, String cache, Buffer plain, Buffer gzip) {}

  private final Map<String, Asset> assets = new HashMap<>();

  private final String policy =
      new String(read("META-INF/dashboard.policy"), StandardCharsets.UTF_8);

  public DashboardFiles() {
    String list = new String(read("META-INF/dashboard.files"), StandardCharsets.UTF_8);
    for (String line : list.lines().toList()) {
      String[] parts = line.split("\t");
      String path = "META-INF/dashboard/" + parts[0];
      assets.put(
          parts[0],
          new Asset(
              parts[1], parts[2], Buffer.buffer(read(path)), Buffer.buffer(read(path + ".gz"))));
    }
  }

  /** Answers a request below {@code /dashboard/}. */
  public void handle(HttpServerRequest request) {
    HttpServerResponse response = request.response();
    String path = request.path().substring("/dashboard".length());
    if (path.isEmpty()) {
      response.setStatusCode(308).putHeader("Location", "/dashboard/").end();
      return;
    }
    @Nullable Asset asset = assets.get(path.equals("/") ? "index.html" : path.substring(1));
    if (asset == null) {
      response.setStatusCode(404).end();
      return;
    }
    response
        .putHeader("Content-Type", asset.type)
        .putHeader("Cache-Control", asset.cache)
        .putHeader("Content-Security-Policy", policy)
        .putHeader("X-Content-Type-Options", "nosniff")
        .putHeader("Referrer-Policy", "no-referrer")
        .putHeader("Vary", "Accept-Encoding");
    String accepted = request.getHeader("Accept-Encoding");
    if (accepted != null && accepted.contains("gzip")) {
      response.putHeader("Content-Encoding", "gzip").end(asset.gzip);
    } else {
      response.end(asset.plain);
    }
  }

  private static byte[] read(String name) {
    try (InputStream in = DashboardFiles.class.getClassLoader().getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("The bundle has no " + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
