package dev.coracle.cridocker.internal.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.cri.v1.ContainerMetadata;
import dev.coracle.cri.v1.PodSandboxMetadata;
import org.junit.jupiter.api.Test;

class NamesTest {
  private static final PodSandboxMetadata POD =
      PodSandboxMetadata.newBuilder()
          .setName("web-1.x")
          .setNamespace("default")
          .setUid("0b2e-77")
          .setAttempt(2)
          .build();

  @Test
  void sandboxesAreNamedAsDockershimNamedThem() {
    String name = Names.of(POD);
    assertThat(name).isEqualTo("k8s_POD_web-1.x_default_0b2e-77_2");
    assertThat(Names.parse("/" + name)).map(Names.Parsed::pod).contains(POD);
  }

  @Test
  void containersAreNamedAsDockershimNamedThem() {
    ContainerMetadata container =
        ContainerMetadata.newBuilder().setName("app").setAttempt(7).build();
    String name = Names.of(POD, container);
    assertThat(name).isEqualTo("k8s_app_web-1.x_default_0b2e-77_7");
    assertThat(Names.parse(name)).map(Names.Parsed::metadata).contains(container);
  }

  @Test
  void somethingRandomAtTheEndChangesNothing() {
    assertThat(Names.parse(Names.of(POD) + "_0a1b2c3d")).map(Names.Parsed::pod).contains(POD);
  }

  @Test
  void otherNamesSayNothing() {
    assertThat(Names.parse("/zealous_hopper")).isEmpty();
    assertThat(Names.parse("k8s_a_b_c_d_e")).isEmpty();
    assertThatThrownBy(() -> Names.of(POD.toBuilder().setName("a_b").build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a_b");
  }
}
