package dev.coracle.api.patch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.Json;
import org.junit.jupiter.api.Test;

/** Owners of the number of replicas, between an object and its Scale. */
class ScaleFieldsTest {

  private static final ScaleFields FIELDS = new ScaleFields("apps/v1", "spec", "replicas");

  private static final ScaleFields DEEPER = new ScaleFields("a.b/v1", "spec", "pool", "size");

  private static JsonNode entry(
      String manager, String operation, String version, String subresource, String fields) {
    var entry = Json.object();
    entry.put("manager", manager).put("operation", operation).put("apiVersion", version);
    entry.put("time", "2026-01-02T03:04:05Z").put("fieldsType", "FieldsV1");
    entry.set("fieldsV1", Json.parse(fields));
    if (!subresource.isEmpty()) {
      entry.put("subresource", subresource);
    }
    return entry;
  }

  private static ArrayNode list(JsonNode... entries) {
    ArrayNode out = Json.array();
    for (JsonNode entry : entries) {
      out.add(entry);
    }
    return out;
  }

  private static final String REPLICAS = "{\"f:spec\":{\"f:replicas\":{}}}";
  private static final String MORE = "{\"f:spec\":{\"f:paused\":{},\"f:replicas\":{}}}";
  private static final String OTHERS = "{\"f:spec\":{\"f:paused\":{}}}";

  @Test
  void onlyOwnersOfTheNumberAreShown() {
    ArrayNode shown =
        FIELDS.ofScale(
            list(
                entry("a", "Apply", "apps/v1", "", MORE),
                entry("b", "Update", "apps/v1", "", OTHERS),
                entry("c", "Update", "apps/v1", "scale", REPLICAS)));
    assertThat(shown)
        .isEqualTo(
            list(
                entry("a", "Apply", "autoscaling/v1", "", REPLICAS),
                entry("c", "Update", "autoscaling/v1", "scale", REPLICAS)));
  }

  @Test
  void aNewOwnerTakesTheNumberAndNothingElse() {
    ArrayNode before =
        list(
            entry("a", "Apply", "apps/v1", "", MORE),
            entry("b", "Update", "apps/v1", "", REPLICAS));
    ArrayNode after =
        FIELDS.ofObject(before, list(entry("c", "Apply", "autoscaling/v1", "scale", REPLICAS)));
    assertThat(after)
        .isEqualTo(
            list(
                entry("a", "Apply", "apps/v1", "", OTHERS),
                entry("c", "Apply", "apps/v1", "scale", REPLICAS)));
  }

  @Test
  void whoKeepsTheNumberKeepsItInTheVersionItWasWrittenIn() {
    ArrayNode before =
        list(
            entry("a", "Apply", "apps/v1beta1", "", MORE),
            entry("b", "Update", "apps/v1beta1", "", MORE));
    assertThat(FIELDS.ofObject(before, FIELDS.ofScale(before))).isEqualTo(before);
  }

  @Test
  void whatElseAScaleSaysBelongsToNobody() {
    ArrayNode none =
        FIELDS.ofObject(
            list(),
            list(
                entry(
                    "c",
                    "Update",
                    "autoscaling/v1",
                    "scale",
                    "{\"f:metadata\":{\"f:labels\":{}}}")));
    assertThat(none).isEmpty();
  }

  @Test
  void theNumberIsWhereACustomResourceHasIt() {
    String size = "{\"f:spec\":{\"f:pool\":{\"f:size\":{}}}}";
    ArrayNode before = list(entry("a", "Apply", "a.b/v1", "", size));
    assertThat(DEEPER.ofScale(before))
        .isEqualTo(list(entry("a", "Apply", "autoscaling/v1", "", REPLICAS)));
    assertThat(
            DEEPER.ofObject(
                before, list(entry("c", "Update", "autoscaling/v1", "scale", REPLICAS))))
        .isEqualTo(list(entry("c", "Update", "a.b/v1", "scale", size)));
  }
}
