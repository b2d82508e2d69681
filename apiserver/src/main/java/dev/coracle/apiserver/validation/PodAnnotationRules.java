package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.Map;
import java.util.TreeSet;

/** Annotations of pods that mean something: what they may say, and which stay as they are. */
final class PodAnnotationRules {
  private static final String MIRROR = "kubernetes.io/config.mirror";
  private static final String DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";
  private static final String APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/";

  private PodAnnotationRules() {}

  /**
   * @param path of the annotations
   */
  static void check(JsonNode annotations, JsonNode spec, FieldPath path, FieldErrors errors) {
    if (annotations.has(MIRROR) && Nodes.text(spec, "nodeName").isEmpty()) {
      errors.invalid(
          path.key(MIRROR),
          "",
          Nodes.text(annotations, MIRROR),
          "must set spec.nodeName if mirror pod annotation is set");
    }
    String cost = Nodes.text(annotations, DELETION_COST);
    if (annotations.has(DELETION_COST) && !isInt32(cost)) {
      errors.invalid(path.key(DELETION_COST), "", cost, "must be a 32bit integer");
    }
    SecurityProfileRules.annotations(annotations, spec, path, errors);
  }

  static void checkUpdate(JsonNode now, JsonNode before, FieldPath path, FieldErrors errors) {
    for (Map.Entry<String, JsonNode> old : before.properties()) {
      String key = old.getKey();
      if (!old.getValue().equals(now.path(key))) {
        fixed(key, "may not remove or update ", path, errors);
      }
    }
    for (String key : new TreeSet<>(now.propertyStream().map(Map.Entry::getKey).toList())) {
      if (!before.has(key)) {
        fixed(key, "may not add ", path, errors);
      }
    }
  }

  private static void fixed(String key, String verb, FieldPath path, FieldErrors errors) {
    if (key.startsWith(APP_ARMOR)) {
      errors.forbidden(path.key(key), "", verb + "AppArmor annotations");
    } else if (key.equals(MIRROR)) {
      errors.forbidden(path.key(key), "", verb + "mirror pod annotation");
    }
  }

  /** One number is written in one way: without a plus, and zeros before it. */
  private static boolean isInt32(String text) {
    if (text.startsWith("+") || text.length() > 1 && text.startsWith("0")) {
      return false;
    }
    try {
      Integer.parseInt(text);
      return true;
    } catch (NumberFormatException e) {
      return false;
    }
  }
}
