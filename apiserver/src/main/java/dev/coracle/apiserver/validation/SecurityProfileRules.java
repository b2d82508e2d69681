package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Profiles of seccomp and AppArmor, in fields and in the annotations that were there before them.
 */
final class SecurityProfileRules {

  private static final List<String> TYPES = List.of("Localhost", "RuntimeDefault", "Unconfined");
  private static final String LOCALHOST = "localhost/";
  private static final int LONGEST_PATH = 4095;

  /** The two sorts, with the annotations of old. */
  private enum Sort {
    SECCOMP("seccompProfile", "seccomp", "container.seccomp.security.alpha.kubernetes.io/"),
    APP_ARMOR("appArmorProfile", "apparmor", "container.apparmor.security.beta.kubernetes.io/");

    final String field;
    final String word;
    final String annotation;

    Sort(String field, String word, String annotation) {
      this.field = field;
      this.word = word;
      this.annotation = annotation;
    }

    boolean isDefault(String value) {
      return value.equals("runtime/default") || this == SECCOMP && value.equals("docker/default");
    }
  }

  private static final String POD_SECCOMP = "seccomp.security.alpha.kubernetes.io/pod";

  private SecurityProfileRules() {}

  static void seccomp(JsonNode context, FieldPath contextPath, FieldErrors errors) {
    JsonNode profile = context.path("seccompProfile");
    if (!profile.isObject()) {
      return;
    }
    FieldPath at = contextPath.child("seccompProfile");
    String type = Nodes.text(profile, "type");
    if (type.isEmpty()) {
      errors.required(at, "type", "type is required when seccompProfile is set");
    } else if (!TYPES.contains(type)) {
      errors.unsupported(at, "type", type, TYPES);
    }
    boolean file = Nodes.set(profile, "localhostProfile");
    if (!type.equals("Localhost")) {
      if (file) {
        errors.invalid(
            at,
            "localhostProfile",
            Nodes.shown(profile, "type", "localhostProfile"),
            "can only be set when seccomp type is Localhost");
      }
    } else if (file) {
      MountRules.relative(Nodes.text(profile, "localhostProfile"), at, "localhostProfile", errors);
    } else {
      errors.required(at, "localhostProfile", "must be set when seccomp type is Localhost");
    }
  }

  static void appArmor(JsonNode context, FieldPath contextPath, FieldErrors errors) {
    JsonNode profile = context.path("appArmorProfile");
    if (!profile.isObject()) {
      return;
    }
    FieldPath at = contextPath.child("appArmorProfile");
    boolean named = Nodes.set(profile, "localhostProfile");
    String name = Nodes.text(profile, "localhostProfile");
    switch (Nodes.text(profile, "type")) {
      case "Localhost" -> localhost(named, name, at, errors);
      case "RuntimeDefault", "Unconfined" -> {
        if (named) {
          errors.invalid(
              at, "localhostProfile", name, "can only be set when AppArmor type is Localhost");
        }
      }
      case "" -> errors.required(at, "type", "type is required when appArmorProfile is set");
      case String other -> errors.unsupported(at, "type", other, TYPES);
    }
  }

  private static void localhost(boolean named, String name, FieldPath at, FieldErrors errors) {
    String field = "localhostProfile";
    if (!name.strip().equals(name)) {
      errors.invalid(at, field, name, "must not be padded with whitespace");
    } else if (!named || name.isEmpty()) {
      errors.required(at, field, "must be set when AppArmor type is Localhost");
    }
    if (name.getBytes(StandardCharsets.UTF_8).length > LONGEST_PATH) {
      errors.tooLong(at, field, LONGEST_PATH);
    }
  }

  /**
   * @param path of the annotations
   */
  static void annotations(JsonNode annotations, JsonNode spec, FieldPath path, FieldErrors errors) {
    if (annotations.has(POD_SECCOMP)) {
      seccomp(Nodes.text(annotations, POD_SECCOMP), path.child(POD_SECCOMP), errors);
    }
    annotations.forEachEntry((key, node) -> {
      String value = node.asText("");
      if (key.startsWith(Sort.SECCOMP.annotation)) {
        seccomp(value, path.child(key), errors);
      } else if (key.startsWith(Sort.APP_ARMOR.annotation)) {
        String container = key.substring(Sort.APP_ARMOR.annotation.length());
        if (!hasContainer(spec, container)) {
          errors.invalid(path.key(key), "", container, "container not found");
        }
        if (!value.isEmpty()
            && !value.equals("runtime/default")
            && !value.equals("unconfined")
            && !value.startsWith(LOCALHOST)) {
          errors.invalid(
              path.key(key), "", value, "invalid AppArmor profile name: \"" + value + "\"");
        }
      }
    });
  }

  private static void seccomp(String value, FieldPath at, FieldErrors errors) {
    if (value.startsWith(LOCALHOST)) {
      MountRules.relative(value.substring(LOCALHOST.length()), at, "", errors);
    } else if (!Sort.SECCOMP.isDefault(value) && !value.equals("unconfined")) {
      errors.invalid(at, "", value, "must be a valid seccomp profile");
    }
  }

  private static boolean hasContainer(JsonNode spec, String name) {
    for (String list : PodHostRules.LISTS) {
      for (JsonNode container : spec.path(list)) {
        if (Nodes.text(container, "name").equals(name)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Where there are both, an annotation and a field say the same. */
  static void match(JsonNode annotations, JsonNode spec, FieldPath path, FieldErrors errors) {
    if (annotations.isEmpty()) {
      return;
    }
    JsonNode ofPod = spec.path("securityContext");
    if (annotations.has(POD_SECCOMP)) {
      match(
          Sort.SECCOMP,
          Nodes.text(annotations, POD_SECCOMP),
          ofPod.path(Sort.SECCOMP.field),
          path.child("securityContext", Sort.SECCOMP.field),
          errors);
    }
    boolean windows = Nodes.text(spec.path("os"), "name").equals("windows");
    for (String list : PodHostRules.LISTS) {
      int i = 0;
      for (JsonNode container : spec.path(list)) {
        FieldPath at = path.child(list).index(i++).child("securityContext");
        for (Sort sort : Sort.values()) {
          String key = sort.annotation + Nodes.text(container, "name");
          JsonNode own = container.path("securityContext").path(sort.field);
          JsonNode inForce = own.isObject() || sort == Sort.SECCOMP ? own : ofPod.path(sort.field);
          if (annotations.has(key) && !(windows && sort == Sort.APP_ARMOR)) {
            match(sort, Nodes.text(annotations, key), inForce, at.child(sort.field), errors);
          }
        }
      }
    }
  }

  private static void match(
      Sort sort, String annotation, JsonNode profile, FieldPath at, FieldErrors errors) {
    boolean same =
        switch (Nodes.text(profile, "type")) {
          case "Unconfined" -> annotation.equals("unconfined");
          case "RuntimeDefault" -> sort.isDefault(annotation);
          case "Localhost" -> annotation.startsWith(LOCALHOST);
          default -> true;
        };
    if (!same) {
      errors.forbidden(at, "type", sort.word + " type in annotation and field must match");
    } else if (Nodes.text(profile, "type").equals("Localhost")
        && !annotation
            .substring(LOCALHOST.length())
            .equals(Nodes.text(profile, "localhostProfile"))) {
      errors.forbidden(
          at, "localhostProfile", sort.word + " profile in annotation and field must match");
    }
  }
}
