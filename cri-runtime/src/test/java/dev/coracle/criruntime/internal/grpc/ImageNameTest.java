package dev.coracle.criruntime.internal.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.cri.v1.ImageSpec;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How the status of a container calls its image. */
class ImageNameTest {
  private static final String ID = "sha256:" + "1".repeat(64);

  @ParameterizedTest
  @CsvSource({
    "nginx, docker.io/library/nginx:latest",
    "nginx:1.27, docker.io/library/nginx:1.27",
    "bitnami/redis, docker.io/bitnami/redis:latest",
    "localhost/test/busybox:1, localhost/test/busybox:1",
    "registry.example:5000/a/b:c, registry.example:5000/a/b:c",
  })
  void isTheFullNameOfItsTag(String asked, String told) {
    assertThat(name(asked)).isEqualTo(told);
  }

  @ParameterizedTest
  @CsvSource({"nginx@", "nginx:1.27@", "''", "Not A Name"})
  void isTheIdWhereNoTagIsKnown(String asked) {
    assertThat(name(asked.endsWith("@") ? asked + "sha256:" + "2".repeat(64) : asked))
        .isEqualTo(ID);
  }

  private static String name(String asked) {
    return Statuses.imageName(
        ImageSpec.newBuilder().setImage(ID).setUserSpecifiedImage(asked).build());
  }
}
