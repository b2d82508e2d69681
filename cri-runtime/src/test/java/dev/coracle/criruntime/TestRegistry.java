package dev.coracle.criruntime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.criruntime.internal.image.FileTrees;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Debian's docker-registry on a free port, filled by skopeo; nothing of it stays. */
public final class TestRegistry implements AutoCloseable {
  public static final String USER = "ali";
  public static final String PASSWORD = "open sesame";

  /** USER's line for the registry: its password by bcrypt. */
  private static final String HTPASSWD =
      "ali:$2b$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW";

  private static final Path REGISTRY = Path.of("/usr/bin/docker-registry");
  private static final Path SKOPEO = Path.of("/usr/bin/skopeo");

  private final Path root;
  private final boolean locked;
  private final String address;
  private final Process process;

  /**
   * @param locked whether it serves only {@link #USER}
   */
  public TestRegistry(boolean locked) throws IOException {
    assumeTrue(Files.isExecutable(REGISTRY), "needs docker-registry (Debian: docker-registry)");
    assumeTrue(Files.isExecutable(SKOPEO), "needs skopeo (Debian: skopeo)");
    this.root = Files.createTempDirectory("registry");
    this.locked = locked;
    int port;
    try (ServerSocket s = new ServerSocket(0)) {
      port = s.getLocalPort();
    }
    this.address = "127.0.0.1:" + port;
    Path users = Files.writeString(root.resolve("htpasswd"), HTPASSWD + "\n");
    Path config =
        Files.writeString(
            root.resolve("config.yml"),
            """
            version: 0.1
            storage:
              filesystem:
                rootdirectory: %s
            http:
              addr: %s
            """
                    .formatted(root.resolve("data"), address)
                + (locked ? "auth:\n  htpasswd:\n    realm: test\n    path: " + users + "\n" : ""));
    this.process =
        new ProcessBuilder(REGISTRY.toString(), "serve", config.toString())
            .redirectErrorStream(true)
            .redirectOutput(root.resolve("log").toFile())
            .start();
    await()
        .atMost(Duration.ofSeconds(20))
        .ignoreExceptions()
        .until(() -> {
          try (Socket s = new Socket("127.0.0.1", port)) {
            return s.isConnected();
          }
        });
  }

  public String address() {
    return address;
  }

  /**
   * Pushes an image of one file with this content.
   *
   * @param options of {@code skopeo copy}
   */
  public void push(String name, String content, String... options) throws Exception {
    Path archive = root.resolve(name.replace(':', '_') + ".tar");
    new ImageBuilder("demo:1").file("/a", content, 0644).cmd("/" + content).writeArchive(archive);
    List<String> command = new ArrayList<>();
    command.add(SKOPEO.toString());
    command.addAll(List.of("copy", "--insecure-policy", "--dest-tls-verify=false"));
    if (locked) {
      command.addAll(List.of("--dest-creds", USER + ":" + PASSWORD));
    }
    command.addAll(List.of(options));
    command.add("oci-archive:" + archive);
    command.add("docker://" + address + "/" + name);
    Process p =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(root.resolve("skopeo.log").toFile())
            .start();
    assertThat(p.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(p.exitValue()).as(Files.readString(root.resolve("skopeo.log"))).isZero();
  }

  /** The digest and size of a manifest, as JSON fields of a descriptor. */
  String descriptor(String repository, String tag) throws Exception {
    HttpResponse<byte[]> answer = get(repository, tag);
    return "\"digest\":\""
        + answer.headers().firstValue("Docker-Content-Digest").orElseThrow()
        + "\",\"size\":"
        + answer.body().length;
  }

  /** The manifest's text. */
  String manifestOf(String repository, String tag) throws Exception {
    return new String(get(repository, tag).body(), StandardCharsets.UTF_8);
  }

  private HttpResponse<byte[]> get(String repository, String tag) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
          HttpRequest.newBuilder(manifest(repository, tag))
              .header("Accept", "application/vnd.oci.image.manifest.v1+json")
              .build(),
          HttpResponse.BodyHandlers.ofByteArray());
    }
  }

  void putIndex(String repository, String tag, String index) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(manifest(repository, tag))
                  .header("Content-Type", "application/vnd.oci.image.index.v1+json")
                  .PUT(HttpRequest.BodyPublishers.ofString(index))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    }
  }

  private URI manifest(String repository, String tag) {
    return URI.create("http://" + address + "/v2/" + repository + "/manifests/" + tag);
  }

  @Override
  public void close() throws Exception {
    process.destroy();
    process.waitFor(10, TimeUnit.SECONDS);
    FileTrees.delete(root);
  }
}
