package dev.coracle.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.client.fake.ManualContext;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EventRecorderTest {

  private final ManualContext context = new ManualContext();
  private final FakeClient api = new FakeClient(context.clock());
  private final EventRecorder recorder =
      new EventRecorder(api, context, "kubelet", "node-1", new SimpleMeterRegistry());
  private final KubeObject pod =
      KubeObject.parse(
          "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"a\",\"name\":\"p\",\"uid\":\"u\"}}");

  @Test
  void writesWhatKubectlShows() {
    recorder.event(pod, "spec.containers{app}", "Normal", "Started", "Container started");
    context.runUntilIdle();
    KubeObject event = api.all(Resources.EVENTS).getFirst();
    assertThat(event.namespace()).isEqualTo("a");
    assertThat(event.name()).startsWith("p.");
    assertThat(event.text("involvedObject", "fieldPath")).isEqualTo("spec.containers{app}");
    assertThat(event.text("source", "host")).isEqualTo("node-1");
    assertThat(event.text("reportingComponent")).isEqualTo("kubelet");
    assertThat(event.text("firstTimestamp")).isEqualTo("2026-01-01T00:00:00Z");
  }

  @Test
  void countsEqualEvents() {
    for (int i = 0; i < 3; i++) {
      recorder.warning(pod, "BackOff", "Back-off");
      context.advance(Duration.ofSeconds(10));
    }
    assertThat(api.all(Resources.EVENTS)).hasSize(1);
    KubeObject event = api.all(Resources.EVENTS).getFirst();
    assertThat(event.at("count").asInt()).isEqualTo(3);
    assertThat(event.text("lastTimestamp")).isEqualTo("2026-01-01T00:00:20Z");
    api.remove(Resources.EVENTS, "a", event.name());
    recorder.warning(pod, "BackOff", "Back-off");
    context.runUntilIdle();
    assertThat(api.all(Resources.EVENTS).getFirst().at("count").asInt()).isEqualTo(4);
  }

  @Test
  void combinesSimilarEventsAndHoldsBackChattyObjects() {
    for (int i = 0; i < 100; i++) {
      recorder.warning(pod, "Failed", "attempt " + i);
    }
    context.runUntilIdle();
    assertThat(api.all(Resources.EVENTS)).hasSize(11);
    assertThat(api.all(Resources.EVENTS))
        .anySatisfy(event -> {
          assertThat(event.text("message")).startsWith("(combined from similar events): ");
          assertThat(event.at("count").asInt()).isEqualTo(15);
        });
  }

  @Test
  void writesNoFasterThanAsked() {
    EventRecorder slow = recorder.atMost(2, 3);
    for (int i = 0; i < 8; i++) {
      slow.normal(pod, "Reason" + i, "message");
    }
    context.runUntilIdle();
    assertThat(api.all(Resources.EVENTS)).as("at once").hasSize(3);
    context.advance(Duration.ofMillis(500));
    assertThat(api.all(Resources.EVENTS)).hasSize(4);
    context.advance(Duration.ofMillis(1000));
    assertThat(api.all(Resources.EVENTS)).hasSize(6);
    context.advance(Duration.ofMinutes(1));
    assertThat(api.all(Resources.EVENTS)).as("what waited").hasSize(8);
  }

  @Test
  void triesAgainWhenTheApiIsAway() {
    api.failWhen(_ -> Optional.of(StatusException.unavailable("away")));
    recorder.normal(pod, "Scheduled", "ok");
    context.advance(Duration.ofSeconds(1));
    api.failWhen(_ -> Optional.empty());
    context.advance(Duration.ofSeconds(10));
    assertThat(api.all(Resources.EVENTS)).hasSize(1);
  }
}
