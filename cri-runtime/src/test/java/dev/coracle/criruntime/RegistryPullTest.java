package dev.coracle.criruntime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.criruntime.config.ImageOptions;
import dev.coracle.criruntime.internal.image.Puller;
import dev.coracle.criruntime.server.NotFoundException;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pulls from a real registry on this machine, filled by skopeo. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RegistryPullTest {
  private static final String DENIED =
      "pull access denied, repository does not exist or may require authorization: authorization"
          + " failed";

  @TempDir Path dir;
  private TestRegistry registry;
  private TestRegistry locked;
  private String address;
  private ImageStore store;
  private Puller puller;

  @BeforeAll
  void startRegistries() throws Exception {
    registry = new TestRegistry(false);
    locked = new TestRegistry(true);
    address = registry.address();
    registry.push("demo:1", "a");
    locked.push("secret:1", "b");
  }

  @AfterAll
  void stopRegistries() throws Exception {
    for (TestRegistry r : new TestRegistry[] {registry, locked}) {
      if (r != null) {
        r.close();
      }
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

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "zstd"})
  void pullsLayersInEveryForm(String form) throws Exception {
    registry.push("packed:" + form, form, "--dest-compress-format", form);
    assertThat(registry.manifestOf("packed", form)).contains("layer.v1.tar+" + form);
    StoredImage image = puller.pull(address + "/packed:" + form, RegistryAuth.NONE);
    Path layer = store.images().layers().path(image.layers().getFirst());
    assertThat(layer.resolve("a")).hasContent(form);
  }

  @Test
  void saysWhatIsNotThere() {
    assertThatThrownBy(() -> puller.pull(address + "/demo:none", RegistryAuth.NONE))
        .isInstanceOf(NotFoundException.class)
        .hasMessage(
            "failed to pull and unpack image \"%1$s/demo:none\": failed to resolve reference"
                + " \"%1$s/demo:none\": %1$s/demo:none: not found",
            address);
    assertThatThrownBy(() -> puller.pull("127.0.0.1:1/demo:1", RegistryAuth.NONE))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(
            "failed to pull and unpack image \"127.0.0.1:1/demo:1\": failed to resolve reference"
                + " \"127.0.0.1:1/demo:1\": failed to do request: Get"
                + " \"http://127.0.0.1:1/v2/demo/manifests/1\": dial tcp 127.0.0.1:1: connect: ");
  }

  @Test
  void takesThePlatformOfThisMachineFromAnIndex() throws Exception {
    registry.push("multi:ours", "ours");
    registry.push("multi:theirs", "theirs");
    String arch = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
    registry.putIndex(
        "multi",
        "1",
        """
        {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[
          {"mediaType":"application/vnd.oci.image.manifest.v1+json",%s,"platform":{"os":"linux","architecture":"s390x"}},
          {"mediaType":"application/vnd.oci.image.manifest.v1+json",%s,"platform":{"os":"linux","architecture":"%s"}}]}
        """
            .formatted(
                registry.descriptor("multi", "theirs"),
                registry.descriptor("multi", "ours"),
                arch));
    StoredImage image = puller.pull(address + "/multi:1", RegistryAuth.NONE);
    assertThat(image.config().cmd()).containsExactly("/ours");
  }

  @Test
  void aLockedRegistryOpensWithCredentialsOnly() throws IOException {
    String name = locked.address() + "/secret:1";
    assertThatThrownBy(() -> puller.pull(name, RegistryAuth.NONE))
        .isInstanceOf(IOException.class)
        .hasMessageEndingWith(DENIED + ": no basic auth credentials");
    RegistryAuth wrong = new RegistryAuth(TestRegistry.USER, "wrong", "", "");
    assertThatThrownBy(() -> puller.pull(name, wrong))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "failed to pull and unpack image \"%1$s\": failed to resolve reference \"%1$s\": %2$s",
            name, DENIED);
    RegistryAuth right = new RegistryAuth(TestRegistry.USER, TestRegistry.PASSWORD, "", "");
    assertThat(puller.pull(name, right).config().cmd()).containsExactly("/b");
  }
}
