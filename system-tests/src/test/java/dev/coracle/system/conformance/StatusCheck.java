package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.hasCondition;
import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The status subresource of a workload, read, replaced and patched while its controller lives. */
final class StatusCheck {

  private StatusCheck() {}

  static void run(Space space, String resource, String name) {
    String path = space.path(resource, name) + "/status";
    assertThat(text(space.api().get(path).ok(), "/metadata/name")).isEqualTo(name);
    try (Watcher watcher = space.watch(resource, "&fieldSelector=metadata.name%3D" + name)) {
      JsonNode updated =
          space.edit(
              resource,
              name,
              "status",
              o -> {
                ObjectNode condition =
                    ((ObjectNode) o.get("status")).withArray("conditions").addObject();
                condition
                    .put("type", "StatusUpdate")
                    .put("status", "True")
                    .put("reason", "E2E")
                    .put("message", "Set from e2e test");
                ((ObjectNode) o.get("spec")).put("minReadySeconds", 77);
              });
      assertThat(hasCondition(updated, "StatusUpdate", "True")).isTrue();
      // Only the status is written there.
      assertThat(updated.at("/spec/minReadySeconds").asInt()).isZero();
      watcher.next(e -> hasCondition(e.path("object"), "StatusUpdate", "True"));
      space.mergeStatus(
          resource, name, "{status: {conditions: [{type: StatusPatched, status: 'True'}]}}");
      watcher.next(e -> hasCondition(e.path("object"), "StatusPatched", "True"));
    }
  }
}
