package dev.coracle.apiserver.internal.admission;

import dev.coracle.api.validation.NameRules;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The configuration of {@code PodNodeSelector}.
 *
 * @param unsaid labels of nodes for the Pods of namespaces that do not say any
 * @param namespaces the labels that Pods of a namespace may select nodes by; any where it is absent
 */
public record NodeSelectors(
    Map<String, String> unsaid, Map<String, Map<String, String>> namespaces) {

  public static final NodeSelectors NONE = new NodeSelectors(Map.of(), Map.of());

  public NodeSelectors {
    unsaid = Map.copyOf(unsaid);
    namespaces = Map.copyOf(namespaces);
  }

  Map<String, String> allowed(String namespace) {
    return namespaces.getOrDefault(namespace, Map.of());
  }

  /**
   * @param text {@code key=value,key=value}
   * @throws IllegalArgumentException with words for the user
   */
  public static Map<String, String> parse(String text) {
    Map<String, String> out = new LinkedHashMap<>();
    if (text.isEmpty()) {
      return out;
    }
    for (String label : text.split(",", -1)) {
      int equals = label.indexOf('=');
      if (equals < 0 || label.indexOf('=', equals + 1) >= 0) {
        throw new IllegalArgumentException("invalid selector: " + text);
      }
      String key = label.substring(0, equals).strip();
      String value = label.substring(equals + 1).strip();
      List<String> wrong = new ArrayList<>(NameRules.qualifiedName(key));
      wrong.addAll(NameRules.labelValue(value));
      if (!wrong.isEmpty()) {
        throw new IllegalArgumentException(
            "invalid selector: " + text + ": " + String.join("; ", wrong));
      }
      out.put(key, value);
    }
    return out;
  }
}
