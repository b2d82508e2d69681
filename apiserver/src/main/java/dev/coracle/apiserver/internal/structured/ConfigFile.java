package dev.coracle.apiserver.internal.structured;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;

/** The outermost part of a configuration of apiserver.config.k8s.io/v1. */
final class ConfigFile {

  static final String API_VERSION = "apiserver.config.k8s.io/v1";
  private static final int LARGEST = 1 << 20;

  private ConfigFile() {}

  /**
   * @throws IllegalArgumentException with words for the user
   */
  static Field parse(byte[] yaml, String kind) {
    JsonNode tree;
    try {
      tree = Yaml.parse(yaml, LARGEST);
    } catch (StatusException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
    if (!tree.isObject()) {
      throw new IllegalArgumentException("it is empty or no object; expected kind " + kind);
    }
    Field root = new Field("", tree);
    expect(root, "apiVersion", API_VERSION);
    expect(root, "kind", kind);
    return root;
  }

  private static void expect(Field root, String name, String value) {
    if (!root.text(name).equals(value)) {
      throw root.child(name)
          .error("Invalid value: \"" + root.text(name) + "\": must be \"" + value + "\"");
    }
  }
}
