package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.ProbeIT.probed;
import static dev.coracle.system.conformance.ProbeIT.restarts;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Liveness that fails again and again; back-off makes it take minutes, so it begins early. */
@Conformance
@Order(1)
class RestartCountIT {

  @Test
  @DisplayName(
      "[sig-node] Probing container should have monotonically increasing restart count"
          + " [Conformance] [NodeConformance]")
  void increasing(Space space) {
    space.create(
        probed(
                "echo ok >/tmp/health; sleep 1; rm /tmp/health; exec sleep 600",
                "exec: {command: [cat, /tmp/health]}")
            .json());
    int last = 0;
    for (int wanted = 1; wanted <= 5; wanted++) {
      int least = wanted;
      int now =
          restarts(space.await("pods", "main", "restarted " + wanted, p -> restarts(p) >= least));
      assertThat(now).isGreaterThan(last);
      last = now;
    }
  }
}
