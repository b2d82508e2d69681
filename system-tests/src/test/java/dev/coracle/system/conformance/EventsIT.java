package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Events in both of their APIs. */
@Conformance
class EventsIT {

  @Test
  @DisplayName("[sig-instrumentation] Events should manage the lifecycle of an event [Conformance]")
  void lifecycle(Space space) {
    space.create(
        """
        apiVersion: v1
        kind: Event
        metadata: {name: event-test, labels: {testevent-constant: 'true'}}
        message: This is a test event
        reason: Test
        type: Normal
        count: 1
        involvedObject: {namespace: %s}
        """
            .formatted(space.namespace()));
    JsonNode all = space.api().get("/api/v1/events?labelSelector=testevent-constant%3Dtrue").ok();
    assertThat(Space.items(all))
        .anyMatch(e -> text(e, "/metadata/namespace").equals(space.namespace()));
    space.strategic("events", "event-test", "{message: This is a test event - patched}");
    assertThat(text(space.get("events", "event-test"), "/message"))
        .isEqualTo("This is a test event - patched");
    space.edit(
        "events",
        "event-test",
        e ->
            e.putObject("series")
                .put("count", 100)
                .put("lastObservedTime", "2026-01-01T00:00:00.000000Z"));
    assertThat(space.get("events", "event-test").at("/series/count").asInt()).isEqualTo(100);
    space.delete("events", "event-test");
    assertThat(space.list("events", "testevent-constant=true")).isEmpty();
  }

  @Test
  @DisplayName("[sig-instrumentation] Events should delete a collection of events [Conformance]")
  void collection(Space space) {
    for (int i = 1; i <= 3; i++) {
      space.create(
          """
          {apiVersion: v1, kind: Event, metadata: {name: test-event-%d, labels: {set: test}}, reason: Test,
           type: Normal, message: m, involvedObject: {namespace: %s}}
          """
              .formatted(i, space.namespace()));
    }
    assertThat(space.list("events", "set=test")).hasSize(3);
    space.deleteAll("events", "set=test");
    assertThat(space.list("events", "set=test")).isEmpty();
  }

  private static final String EVENT =
      """
      apiVersion: events.k8s.io/v1
      kind: Event
      metadata: {name: %s, labels: {set: test}}
      regarding: {namespace: %s}
      reason: Test
      action: Do
      type: Normal
      note: This is a test event
      reportingController: test-controller
      reportingInstance: test-node
      eventTime: '2026-01-01T00:00:00.000001Z'
      """;

  @Test
  @DisplayName(
      "[sig-instrumentation] Events API should ensure that an event can be fetched, patched,"
          + " deleted, and listed [Conformance]")
  void eventsApi(Space space) {
    String events = "events.events.k8s.io";
    space.create(EVENT.formatted("event-test", space.namespace()));
    JsonNode event = space.get(events, "event-test");
    assertThat(text(event, "/eventTime")).isEqualTo("2026-01-01T00:00:00.000001Z");
    assertThat(text(event, "/note")).isEqualTo("This is a test event");
    assertThat(
            Space.items(
                space.api().get("/apis/events.k8s.io/v1/events?labelSelector=set%3Dtest").ok()))
        .anyMatch(e -> text(e, "/metadata/namespace").equals(space.namespace()));
    space.strategic(
        events,
        "event-test",
        "{series: {count: 2, lastObservedTime: '2026-01-01T00:00:01.000000Z'}}");
    assertThat(space.get(events, "event-test").at("/series/count").asInt()).isEqualTo(2);
    space.edit(events, "event-test", e -> ((ObjectNode) e.get("series")).put("count", 100));
    assertThat(space.get(events, "event-test").at("/series/count").asInt()).isEqualTo(100);
    // The same object in the older API.
    assertThat(text(space.get("events", "event-test"), "/message"))
        .isEqualTo("This is a test event");
    space.delete(events, "event-test");
    assertThat(space.list(events, "set=test")).isEmpty();
  }

  @Test
  @DisplayName(
      "[sig-instrumentation] Events API should delete a collection of events [Conformance]")
  void eventsApiCollection(Space space) {
    String events = "events.events.k8s.io";
    for (int i = 0; i < 3; i++) {
      space.create(EVENT.formatted("test-event-" + i, space.namespace()));
    }
    assertThat(space.list(events, "set=test")).hasSize(3);
    space.deleteAll(events, "set=test");
    assertThat(space.list(events, "set=test")).isEmpty();
  }
}
