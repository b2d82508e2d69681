package dev.coracle.cridocker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.cridocker.internal.engine.Engine;
import dev.coracle.cridocker.internal.image.DockerImages;
import dev.coracle.criruntime.CriClient;
import dev.coracle.criruntime.ImageBuilder;
import dev.coracle.criruntime.RegistryAuth;
import dev.coracle.criruntime.TestRegistry;
import dev.coracle.criruntime.TestVertx;
import dev.coracle.criruntime.config.ImageOptions;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Pulls with a real Docker Engine from a real registry on this machine. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DockerPullTest {
  private Vertx vertx;
  private DockerDaemon daemon;
  private TestRegistry registry;
  private TestRegistry locked;
  private Engine engine;
  private DockerImages images;

  @BeforeAll
  void start(@TempDir Path archives) throws Exception {
    daemon = DockerDaemon.start();
    registry = new TestRegistry(false);
    locked = new TestRegistry(true);
    registry.push("demo:1", "a");
    registry.push("demo:latest", "b");
    locked.push("secret:1", "c");
    new ImageBuilder("docker.io/made/here:1")
        .file("/x", "x", 0644)
        .writeArchive(archives.resolve("docker.io_made_here_1.tar"));
    vertx = TestVertx.create();
    engine = new Engine(vertx, daemon.socket());
    engine.connect();
    images = new DockerImages(engine, ImageOptions.defaults().withArchives(archives));
  }

  @AfterAll
  void stop() throws Exception {
    for (AutoCloseable one : new AutoCloseable[] {engine, registry, locked, daemon}) {
      if (one != null) {
        one.close();
      }
    }
    if (vertx != null) {
      CriClient.get(vertx.close());
    }
  }

  @Test
  void pullsByTagAndByDigestAndRemoves() throws Exception {
    String name = registry.address() + "/demo:1";
    String id = images.pull(name, RegistryAuth.NONE);
    assertThat(images.find(name).orElseThrow().path("Id").asText()).isEqualTo(id);
    String digest = images.find(id).orElseThrow().path("RepoDigests").path(0).asText();
    assertThat(digest).startsWith(registry.address() + "/demo@sha256:");
    images.remove(name);
    assertThat(images.find(id)).isEmpty();
    images.remove(name);
    assertThat(images.pull(digest, RegistryAuth.NONE)).isEqualTo(id);
    images.remove(id);
    assertThat(images.find(id)).isEmpty();
  }

  @Test
  void aNameWithoutTagIsTheLatest() throws Exception {
    images.pull(registry.address() + "/demo", RegistryAuth.NONE);
    assertThat(images.find(registry.address() + "/demo:latest")).isPresent();
  }

  @Test
  void showsCredentials() throws Exception {
    String name = locked.address() + "/secret:1";
    assertThatThrownBy(() -> images.pull(name, RegistryAuth.NONE))
        .hasMessageContaining("no basic auth credentials");
    RegistryAuth auth = new RegistryAuth(TestRegistry.USER, TestRegistry.PASSWORD, "", "");
    assertThat(images.pull(name, auth)).startsWith("sha256:");
  }

  @Test
  void saysWhatIsNotThere() {
    assertThatThrownBy(() -> images.pull(registry.address() + "/demo:none", RegistryAuth.NONE))
        .hasMessageContaining("manifest")
        .hasMessageContaining("demo:none");
    assertThatThrownBy(() -> images.pull("Not A Name", RegistryAuth.NONE))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void takesWhatTheBuildMadeWithoutARegistry() throws Exception {
    assertThat(images.pull("made/here:1", RegistryAuth.NONE)).startsWith("sha256:");
    assertThat(images.find("docker.io/made/here:1")).isPresent();
  }

  @Test
  void tellsHowMuchImagesTake() throws Exception {
    images.pull(registry.address() + "/demo:latest", RegistryAuth.NONE);
    assertThat(images.usedBytes()).isPositive();
  }
}
