package dev.coracle.system.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.coracle.api.Json;
import dev.coracle.criruntime.ImageBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * A registry on this machine that has one image under whatever name it is asked for, so that a node
 * of this machine can pull it.
 */
final class TestRegistry implements AutoCloseable {

  private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";

  private final Map<String, byte[]> blobs = new HashMap<>();
  private final AtomicInteger pulls = new AtomicInteger();
  private final String digest;
  private final HttpServer server;

  /**
   * @param layout an OCI image layout
   */
  private TestRegistry(Path layout) throws IOException {
    try (Stream<Path> files = Files.list(layout.resolve("blobs/sha256"))) {
      for (Path file : files.toList()) {
        blobs.put("sha256:" + file.getFileName(), Files.readAllBytes(file));
      }
    }
    JsonNode index = Json.parse(Files.readString(layout.resolve("index.json")));
    digest = index.at("/manifests/0/digest").asText();
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  /** One that ends with the test. */
  static TestRegistry of(Space space) {
    return of(space, TestImage.builder());
  }

  /** One with this image. */
  static TestRegistry of(Space space, ImageBuilder image) {
    try {
      Path directory = Files.createTempDirectory("coracle-registry");
      try {
        Path archive = directory.resolve("image.tar");
        image.writeArchive(archive);
        Process tar =
            new ProcessBuilder("tar", "-xf", archive.toString(), "-C", directory.toString())
                .inheritIO()
                .start();
        if (tar.waitFor() != 0) {
          throw new IOException("tar failed");
        }
        TestRegistry registry = new TestRegistry(directory);
        space.atEnd(registry::close);
        return registry;
      } finally {
        try (Stream<Path> files = Files.walk(directory)) {
          files.sorted(Comparator.reverseOrder()).forEach(f -> f.toFile().delete());
        }
      }
    } catch (IOException e) {
      throw new AssertionError("the registry does not start", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** The name of an image here. */
  String image(String repository) {
    return "127.0.0.1:" + server.getAddress().getPort() + "/" + repository + ":1";
  }

  /** How often a manifest was asked for. */
  int pulls() {
    return pulls.get();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      boolean named = path.contains("/manifests/");
      if (named) {
        pulls.incrementAndGet();
        exchange.getResponseHeaders().set("Content-Type", MANIFEST);
        exchange.getResponseHeaders().set("Docker-Content-Digest", digest);
      }
      byte[] body = blobs.get(named ? digest : path.substring(path.lastIndexOf('/') + 1));
      boolean wanted = exchange.getRequestMethod().equals("GET") && body != null;
      exchange.sendResponseHeaders(
          body != null || path.equals("/v2/") ? 200 : 404, wanted ? body.length : -1);
      if (wanted) {
        exchange.getResponseBody().write(body);
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
