package dev.coracle.controllers.internal.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** How far the rules of a behavior let a target go, by how large it was when the period began. */
class ScalingHistoryTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private static final JsonNode BEHAVIOR =
      Json.parse(
          "{\"scaleUp\":{\"stabilizationWindowSeconds\":0,\"policies\":[{\"type\":\"Pods\","
              + "\"value\":2,\"periodSeconds\":60}]},"
              + "\"scaleDown\":{\"stabilizationWindowSeconds\":0,\"policies\":[{\"type\":\"Pods\","
              + "\"value\":2,\"periodSeconds\":60}]}}");

  private final ScalingHistory history = new ScalingHistory(Duration.ofMinutes(5));

  private int decide(int size, int wanted) {
    return history.decide(BEHAVIOR, size, wanted, 1, 100, NOW).size();
  }

  @Test
  void whatWentInThePeriodMayComeBack() {
    history.scaled(-3, NOW.minusSeconds(30));
    assertThat(decide(7, 20)).isEqualTo(12);
  }

  @Test
  void whatCameInThePeriodMayGoAgain() {
    history.scaled(3, NOW.minusSeconds(30));
    assertThat(decide(10, 1)).isEqualTo(5);
  }

  @Test
  void whatIsLongAgoDoesNotCount() {
    history.scaled(-3, NOW.minusSeconds(61));
    assertThat(decide(7, 20)).isEqualTo(9);
  }
}
