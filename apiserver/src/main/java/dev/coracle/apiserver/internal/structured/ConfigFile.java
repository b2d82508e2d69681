package dev.coracle.apiserver.internal.structured;

import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import java.util.List;

/** The outermost part of a configuration of apiserver.config.k8s.io/v1. */
final class ConfigFile {

  private static final String GROUP = "apiserver.config.k8s.io/";

  /** Of one shape, in what is read here. */
  static final List<String> VERSIONS = List.of(GROUP + "v1", GROUP + "v1beta1", GROUP + "v1alpha1");

  private static final int LARGEST = 1 << 20;

  private ConfigFile() {}

  /**
   * @throws IllegalArgumentException with words for the user
   */
  static Field parse(byte[] yaml, String kind) {
    Field root = tree(yaml);
    if (!root.value().isObject()) {
      throw new IllegalArgumentException("it is empty or no object; expected kind " + kind);
    }
    expect(root, kind, VERSIONS);
    return root;
  }

  /**
   * A file without a kind, or of one that is yet to be looked at.
   *
   * @throws IllegalArgumentException with words for the user
   */
  static Field tree(byte[] yaml) {
    try {
      return new Field("", Yaml.parse(yaml, LARGEST));
    } catch (StatusException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  static void expect(Field root, String kind, List<String> versions) {
    one(root, "apiVersion", versions);
    one(root, "kind", List.of(kind));
  }

  private static void one(Field root, String name, List<String> values) {
    if (!values.contains(root.text(name))) {
      throw root.child(name)
          .error(
              "Invalid value: \"" + root.text(name) + "\": must be \"" + values.getFirst() + "\"");
    }
  }
}
