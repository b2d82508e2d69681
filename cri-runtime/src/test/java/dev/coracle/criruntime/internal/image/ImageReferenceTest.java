package dev.coracle.criruntime.internal.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.criruntime.ImageReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageReferenceTest {
  @ParameterizedTest
  @CsvSource({
    "nginx, docker.io/library/nginx:latest",
    "nginx:1.27, docker.io/library/nginx:1.27",
    "user/app, docker.io/user/app:latest",
    "localhost/app, localhost/app:latest",
    "localhost:5000/a/b:x, localhost:5000/a/b:x",
    "registry.k8s.io/pause:3.10, registry.k8s.io/pause:3.10"
  })
  void fillsInDefaults(String text, String full) {
    assertThat(ImageReference.parse(text)).hasToString(full);
  }

  @Test
  void aDigestWinsOverATag() {
    String digest = "sha256:" + "0".repeat(64);
    ImageReference r = ImageReference.parse("nginx:1.27@" + digest);
    assertThat(r).hasToString("docker.io/library/nginx@" + digest);
    assertThat(r.version()).isEqualTo(digest);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "UPPER", "a b", "a@sha256:12", "a:", "../a", "a//b"})
  void refusesWhatIsNoReference(String text) {
    assertThatThrownBy(() -> ImageReference.parse(text))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
