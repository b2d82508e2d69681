package dev.coracle.api.schema;

import dev.coracle.api.GroupVersionKind;
import java.util.List;

/**
 * A part of a resource with a path of its own, such as {@code pods/status}.
 *
 * @param name the last part of the path
 * @param kind what its requests and answers carry
 * @param verbs as discovery names them, in alphabetical order
 */
public record Subresource(String name, GroupVersionKind kind, List<String> verbs) {

  public Subresource {
    verbs = List.copyOf(verbs);
  }
}
