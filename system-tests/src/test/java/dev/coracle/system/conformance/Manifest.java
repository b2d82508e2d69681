package dev.coracle.system.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** Objects written as YAML in tests; {@code $IMAGE} stands for the test image. */
final class Manifest {

  private static final LoadSettings SETTINGS =
      LoadSettings.builder().setSchema(new CoreSchema()).build();

  private Manifest() {}

  static ObjectNode parse(String yaml) {
    JsonNode node =
        Json.MAPPER.valueToTree(
            new Load(SETTINGS).loadFromString(yaml.replace("$IMAGE", TestImage.NAME)));
    return (ObjectNode) node;
  }
}
