package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** {@code activeDeadlineSeconds}. */
class PodDeadlineTest {

  @Test
  void aPodPastItsDeadlineFails() throws Exception {
    try (KubeletHarness k = new KubeletHarness()) {
      k.create(
          "late",
          "\"activeDeadlineSeconds\":2,\"containers\":[{\"name\":\"c\",\"image\":\"busybox:1\"}]");
      // It may be over before anybody sees the phase.
      k.eventually(() -> assertThat(k.events()).anyMatch(e -> e.startsWith("Started: ")));
      k.awaitPhase("late", "Failed");
      assertThat(k.pod("late").text("status", "reason")).isEqualTo("DeadlineExceeded");
      assertThat(k.pod("late").text("status", "message"))
          .isEqualTo("Pod was active on the node longer than the specified deadline");
      k.eventually(() -> assertThat(k.container("late").path("state").has("terminated")).isTrue());
      k.eventually(() ->
          assertThat(k.events()).anyMatch(e -> e.startsWith("DeadlineExceeded: Pod was active")));
    }
  }
}
