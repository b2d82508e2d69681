package dev.coracle.kubelet.internal.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.cri.v1.AuthConfig;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pull secrets and names of images, which anybody writes who may make a pod. */
class PullSecretsFuzz {

  private static final String IMAGE = "registry.example.org:5000/team/app:1";
  private static final String CONFIG =
      "{\"auths\":{\"https://registry.example.org:5000/team\":{\"auth\":\"dTpw\"},"
          + "\"*.example.org:5000\":{\"username\":\"a\",\"password\":\"b\"}}}";

  @FuzzTest(maxDuration = "60s")
  void secrets(byte[] input) {
    secret(input);
    name(new String(input, StandardCharsets.UTF_8));
  }

  private static List<AuthConfig> read(byte[] config, String image) {
    List<PullCredential> out = new ArrayList<>();
    PullSecrets.read(
        KubeObject.create(
            new GroupVersionKind("", "v1", "Secret"),
            "a",
            "b",
            s ->
                s.putObject("data")
                    .put(".dockerconfigjson", Base64.getEncoder().encodeToString(config))),
        image,
        out);
    return out.stream().map(PullCredential::auth).toList();
  }

  private static void secret(byte[] input) {
    try {
      read(input, IMAGE);
    } catch (StatusException | IllegalArgumentException e) {
      return; // told by an event
    }
  }

  private static void name(String image) {
    try {
      ImageReference.withTag(image);
    } catch (IllegalArgumentException e) {
      return; // InvalidImageName
    }
  }

  @Test
  void configsOfDocker() throws InterruptedException {
    new Fuzzer()
        .seeds(CONFIG, "{\"auths\":{}}", "{}")
        .words("\"auths\":", "*", "(a+)+", "[", "\\\\Q", "://", "/v1/", ".", "\"auth\":\"")
        .run(PullSecretsFuzz::secret);
  }

  @Test
  void namesOfImages() throws InterruptedException {
    new Fuzzer()
        .seeds(IMAGE, "nginx", "a/b@sha256:" + "0".repeat(64), "[::1]:5000/a:b")
        .words(":", "/", "@sha256:", "-", "__", ".a", "A")
        .run(input -> name(new String(input, StandardCharsets.UTF_8)));
  }

  private static boolean fits(String server, String image) {
    return CredentialServer.of(server).fits(image);
  }

  /** It was taken for a pattern, and looked for longer than anybody waits. */
  @Test
  void aServerIsNoPatternBesideItsStars() throws InterruptedException {
    String image = "a".repeat(200) + ".org/x";
    new Fuzzer()
        .seeds("(a+)+b.org", "(a|aa)+$", "*a".repeat(90) + "b.org", "[", "\\Qa")
        .percent(0)
        .run(input -> assertThat(fits(new String(input, StandardCharsets.UTF_8), image)).isFalse());
  }

  /** The stack ended in the pattern of names. */
  @Test
  void aNameLongerThanAnyIsRefused() throws InterruptedException {
    new Fuzzer()
        .seeds("a" + "-1".repeat(60_000), "a@a" + "-a".repeat(60_000) + ":" + "0".repeat(64))
        .percent(0)
        .run(input ->
            assertThatThrownBy(
                    () -> ImageReference.withTag(new String(input, StandardCharsets.UTF_8)))
                .hasMessageContaining("must not be more than 255 characters"));
  }

  @Test
  void serversFitAsUpstreamHasIt() {
    assertThat(fits("registry.example.org:5000", IMAGE)).isTrue();
    assertThat(fits("https://registry.example.org:5000/v2/", IMAGE)).isTrue();
    assertThat(fits("registry.example.org:5000/team", IMAGE)).isTrue();
    assertThat(fits("registry.example.org:5000/team/app", IMAGE)).isTrue();
    assertThat(fits("registry.example.org:5000/other", IMAGE)).isFalse();
    assertThat(fits("*.example.org:5000", IMAGE)).isTrue();
    assertThat(fits("reg*ry.ex*.org:5000", IMAGE)).isTrue();
    assertThat(fits("*.org:5000", IMAGE)).isFalse();
    assertThat(fits("registry.example.org", IMAGE)).isFalse();
    assertThat(fits("registry.example.*", IMAGE)).as("no star stands for a port").isFalse();
    assertThat(fits("registry.example.*:5000", IMAGE)).isTrue();
    assertThat(fits("https://index.docker.io/v1/", "nginx")).isTrue();
    assertThat(fits("docker.io", "docker.io/library/nginx")).isTrue();
    assertThat(fits("docker.io/team", "docker.io/team/app")).isTrue();
    assertThat(fits("docker.io/team", "nginx")).isFalse();
    assertThat(fits("docker.io", IMAGE)).isFalse();
    assertThat(read(CONFIG.getBytes(StandardCharsets.UTF_8), IMAGE))
        .extracting(AuthConfig::getUsername)
        .containsExactly("u", "a");
  }
}
