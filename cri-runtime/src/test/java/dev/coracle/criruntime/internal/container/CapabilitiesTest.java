package dev.coracle.criruntime.internal.container;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.criruntime.server.StopSignals;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class CapabilitiesTest {
  private final Set<String> all = new TreeSet<>(Capabilities.all());

  @Test
  void dropsThenAdds() {
    assertThat(
            Capabilities.bounding(false, List.of("NET_ADMIN", "CAP_SYS_TIME"), List.of("ALL"), all))
        .containsExactly("NET_ADMIN", "SYS_TIME");
    assertThat(Capabilities.bounding(false, List.of("ALL"), List.of("NET_RAW"), all))
        .contains("SYS_ADMIN")
        .doesNotContain("NET_RAW");
    assertThat(Capabilities.bounding(false, List.of(), List.of("cap_chown"), all))
        .hasSize(13)
        .doesNotContain("CHOWN");
  }

  @Test
  void nobodyGetsMoreThanWeHave() {
    assertThat(Capabilities.bounding(true, List.of(), List.of(), Set.of("CHOWN")))
        .containsExactly("CHOWN");
  }

  @Test
  void numbersAreTheKernels() {
    assertThat(Capabilities.number("CHOWN")).isZero();
    assertThat(Capabilities.number("SYS_ADMIN")).isEqualTo(21);
    assertThat(Capabilities.number("CHECKPOINT_RESTORE")).isEqualTo(40);
  }

  @Test
  void knowsStopSignals() {
    assertThat(StopSignals.number("SIGTERM")).isEqualTo(15);
    assertThat(StopSignals.number("quit")).isEqualTo(3);
    assertThat(StopSignals.number("37")).isEqualTo(37);
    assertThat(StopSignals.number("SIGRTMIN+3")).isEqualTo(37);
    assertThat(StopSignals.choose(dev.coracle.cri.v1.Signal.SIGRTMAXMINUS1, "SIGINT"))
        .isEqualTo(63);
    assertThat(StopSignals.choose(dev.coracle.cri.v1.Signal.RUNTIME_DEFAULT, "SIGINT"))
        .isEqualTo(2);
    assertThat(StopSignals.toProtocol(10)).isEqualTo(dev.coracle.cri.v1.Signal.SIGUSR1);
  }
}
