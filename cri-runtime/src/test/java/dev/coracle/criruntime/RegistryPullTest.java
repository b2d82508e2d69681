package dev.coracle.criruntime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.criruntime.config.ImageOptions;
import dev.coracle.criruntime.internal.image.FileTrees;
import dev.coracle.criruntime.internal.image.Puller;
import dev.coracle.criruntime.internal.image.RegistryAuth;
import dev.coracle.criruntime.internal.pod.NotFoundException;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Pulls from a real registry on this machine, filled by skopeo. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RegistryPullTest {
  private static final Path REGISTRY = Path.of("/usr/bin/docker-registry");
  private static final Path SKOPEO = Path.of("/usr/bin/skopeo");
  @TempDir Path dir;
  private Path root;
  private Process registry;
  private String address;
  private ImageStore store;
  private Puller puller;

  @BeforeAll
  void startRegistry() throws Exception {
    assumeTrue(Files.isExecutable(REGISTRY), "needs docker-registry (Debian: docker-registry)");
    assumeTrue(Files.isExecutable(SKOPEO), "needs skopeo (Debian: skopeo)");
    root = Files.createTempDirectory("registry");
    int port;
    try (ServerSocket s = new ServerSocket(0)) {
      port = s.getLocalPort();
    }
    address = "127.0.0.1:" + port;
    Path config = root.resolve("config.yml");
    Files.writeString(
        config,
        """
        version: 0.1
        storage:
          filesystem:
            rootdirectory: %s
        http:
          addr: %s
        """
            .formatted(root.resolve("data"), address));
    registry =
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
    Path archive = root.resolve("image.tar");
    new ImageBuilder("demo:1").file("/a", "content", 0644).cmd("/a").writeArchive(archive);
    push("oci-archive:" + archive, "demo:1");
  }

  private void push(String source, String name) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(SKOPEO.toString());
    command.addAll(List.of("copy", "--insecure-policy", "--dest-tls-verify=false", source));
    command.add("docker://" + address + "/" + name);
    Process p =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(root.resolve("skopeo.log").toFile())
            .start();
    assertThat(p.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(p.exitValue()).as(Files.readString(root.resolve("skopeo.log"))).isZero();
  }

  @AfterAll
  void stopRegistry() throws Exception {
    if (registry != null) {
      registry.destroy();
      registry.waitFor(10, TimeUnit.SECONDS);
      FileTrees.delete(root);
    }
  }

  @BeforeEach
  void open() throws IOException {
    store = ImageStore.open(dir.resolve("data"), false, ImageOptions.defaults());
    puller = new Puller(store.images());
  }

  @Test
  void pullsByTagAndByDigest() throws IOException {
    StoredImage image = puller.pull(address + "/demo:1", RegistryAuth.NONE);
    assertThat(image.tags()).containsExactly(address + "/demo:1");
    assertThat(image.config().cmd()).containsExactly("/a");
    assertThat(store.find(address + "/demo:1")).contains(image);
    String byDigest = image.digests().getFirst();
    assertThat(puller.pull(byDigest, RegistryAuth.NONE).id()).isEqualTo(image.id());
    assertThat(store.find(byDigest)).isPresent();
  }

  @Test
  void saysWhatIsNotThere() {
    assertThatThrownBy(() -> puller.pull(address + "/demo:none", RegistryAuth.NONE))
        .isInstanceOf(NotFoundException.class)
        .hasMessageContaining("not found");
    assertThatThrownBy(() -> puller.pull("127.0.0.1:1/demo:1", RegistryAuth.NONE))
        .isInstanceOf(IOException.class);
  }
}
