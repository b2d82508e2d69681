package dev.coracle.apiserver.internal.aggregation;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.fuzz.Fuzzer;
import org.junit.jupiter.api.Test;

/** Discovery documents of extension servers: what they have is told, or they have nothing. */
class DiscoveredVersionFuzz {

  private static final String LIST =
      """
      {"kind":"APIResourceList","groupVersion":"g/v1","resources":[{"name":"a","singularName":"b",\
      "namespaced":true,"kind":"A","verbs":["get"],"shortNames":["x"],"categories":["all"]},{"name":\
      "a/status","kind":"A","verbs":["get"]}]}\
      """;
  private static final String AGGREGATED =
      """
      {"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":"g"},"versions":[{"version":\
      "v1","resources":[{"resource":"a","responseKind":{"kind":"A"},"scope":"Namespaced"}]}]}]}\
      """;

  @FuzzTest(maxDuration = "30s")
  void documents(byte[] input) {
    read(input);
  }

  private static void read(byte[] input) {
    JsonNode tree;
    try {
      tree = Json.parse(input);
    } catch (StatusException e) {
      return;
    }
    check(DiscoveredVersion.of("g", "v1", tree, Json.object()));
    check(DiscoveredVersion.of("g", "v1", Json.object(), tree));
    check(DiscoveredVersion.of("g", "v1", tree, tree));
  }

  private static void check(ObjectNode version) {
    assertThat(version.path("version").asText()).isEqualTo("v1");
    assertThat(Json.parse(Json.bytes(version.put("freshness", "Stale")))).isNotNull();
  }

  @Test
  void nearlyRightOnes() throws InterruptedException {
    new Fuzzer()
        .seeds(LIST, AGGREGATED, "[]", "null")
        .words("\"items\":", "\"versions\":{}", "\"name\":\"a/\"", "\"/\"", "\"verbs\":1", "[", "{")
        .run(DiscoveredVersionFuzz::read);
  }

  /** Every resource was compared with every other one. */
  @Test
  void aLongListTakesNoLongerThanItsLength() throws InterruptedException {
    ObjectNode list = Json.object();
    ArrayNode resources = list.putArray("resources");
    for (int i = 0; i < 60_000; i++) {
      resources.addObject().put("name", "a" + i);
    }
    new Fuzzer().seed(Json.bytes(list)).percent(0).run(DiscoveredVersionFuzz::read);
  }

  @Test
  void subresourcesBelongToTheirResource() {
    ObjectNode version =
        DiscoveredVersion.of("g", "v1", Json.parse(LIST.getBytes()), Json.object());
    assertThat(version.path("resources")).hasSize(1);
    assertThat(version.at("/resources/0/subresources/0/subresource").asText()).isEqualTo("status");
    assertThat(version.at("/resources/0/subresources/0/verbs/0").asText()).isEqualTo("get");
    assertThat(DiscoveredVersion.of("g", "v1", Json.object(), Json.parse(AGGREGATED.getBytes())))
        .isEqualTo(Json.parse(AGGREGATED.getBytes()).at("/items/0/versions/0"));
  }
}
