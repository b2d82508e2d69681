package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Where the volumes of a Pod are in its containers.
 *
 * @param volumes those that can be referred to, by their names
 */
record MountRules(Map<String, JsonNode> volumes) {

  private static final Set<String> PROPAGATION = Set.of("Bidirectional", "HostToContainer", "None");
  private static final Set<String> RECURSIVE = Set.of("Disabled", "Enabled", "IfPossible");

  void check(JsonNode c, FieldPath at, FieldErrors errors) {
    mounts(c, at, errors);
    devices(c, at, errors);
  }

  private static Set<String> all(JsonNode list, String field) {
    Set<String> out = new HashSet<>();
    list.forEach(e -> out.add(Nodes.text(e, field)));
    return out;
  }

  private void mounts(JsonNode c, FieldPath at, FieldErrors errors) {
    JsonNode devices = c.path("volumeDevices");
    Set<String> deviceNames = devices.isEmpty() ? Set.of() : all(devices, "name");
    Set<String> devicePaths = devices.isEmpty() ? Set.of() : all(devices, "devicePath");
    Set<String> paths = new HashSet<>();
    int i = 0;
    for (JsonNode m : c.path("volumeMounts")) {
      FieldPath p = at.child("volumeMounts").index(i++);
      String name = Nodes.text(m, "name");
      if (name.isEmpty()) {
        errors.required(p, "name");
      }
      if (!volumes.containsKey(name)) {
        errors.notFound(p, "name", name);
      }
      String path = Nodes.text(m, "mountPath");
      if (path.isEmpty()) {
        errors.required(p, "mountPath");
      }
      if (!paths.add(path)) {
        errors.invalid(p, "mountPath", path, "must be unique");
      }
      if (deviceNames.contains(name)) {
        errors.invalid(p, "name", name, "must not already exist in volumeDevices");
      }
      if (devicePaths.contains(path)) {
        errors.invalid(p, "mountPath", path, "must not already exist as a path in volumeDevices");
      }
      parts(m, p, at.child("volumeMounts"), errors);
      propagation(m, c, at.child("volumeMounts"), errors);
    }
  }

  /** Which of the mounts it is, upstream does not tell of all the fields. */
  private static void parts(JsonNode m, FieldPath p, FieldPath all, FieldErrors errors) {
    String sub = Nodes.text(m, "subPath");
    String expression = Nodes.text(m, "subPathExpr");
    relative(sub, all, "subPath", errors);
    if (!expression.isEmpty() && !sub.isEmpty()) {
      errors.invalid(
          p, "subPathExpr", expression, "subPathExpr and subPath are mutually exclusive");
    }
    relative(expression, all, "subPathExpr", errors);
  }

  /** A path below a place that is not left. */
  static void relative(String path, FieldPath at, String field, FieldErrors errors) {
    if (path.startsWith("/")) {
      errors.invalid(at, field, path, "must be a relative path");
    }
    if (Arrays.asList(path.split("/")).contains("..")) {
      errors.invalid(at, field, path, "must not contain '..'");
    }
  }

  private static void propagation(JsonNode m, JsonNode c, FieldPath p, FieldErrors errors) {
    String propagation = Nodes.text(m, "mountPropagation");
    if (Nodes.set(m, "mountPropagation")) {
      if (!PROPAGATION.contains(propagation)) {
        errors.unsupported(p, "mountPropagation", propagation, PROPAGATION);
      }
      if (propagation.equals("Bidirectional")
          && !c.path("securityContext").path("privileged").asBoolean()) {
        errors.forbidden(
            p,
            "mountPropagation",
            "Bidirectional mount propagation is available only to privileged containers");
      }
    }
    if (!Nodes.set(m, "recursiveReadOnly")) {
      return;
    }
    String recursive = Nodes.text(m, "recursiveReadOnly");
    if (!RECURSIVE.contains(recursive)) {
      errors.unsupported(p, "recursiveReadOnly", recursive, RECURSIVE);
    } else if (!recursive.equals("Disabled")) {
      if (!m.path("readOnly").asBoolean()) {
        errors.forbidden(p, "recursiveReadOnly", "may only be specified when readOnly is true");
      }
      if (!propagation.isEmpty() && !propagation.equals("None")) {
        errors.forbidden(
            p,
            "recursiveReadOnly",
            "may only be specified when mountPropagation is None or not specified");
      }
    }
  }

  private void devices(JsonNode c, FieldPath at, FieldErrors errors) {
    JsonNode devices = c.path("volumeDevices");
    if (devices.isEmpty()) {
      return;
    }
    Set<String> mountedNames = all(c.path("volumeMounts"), "name");
    Set<String> mountedPaths = all(c.path("volumeMounts"), "mountPath");
    Set<String> seen = new HashSet<>();
    Set<String> paths = new HashSet<>();
    int i = 0;
    for (JsonNode d : devices) {
      FieldPath p = at.child("volumeDevices").index(i++);
      String name = Nodes.text(d, "name");
      JsonNode volume = volumes.get(name);
      if (name.isEmpty()) {
        errors.required(p, "name");
      } else if (!seen.add(name)) {
        errors.invalid(p, "name", name, "must be unique");
      }
      if (volume == null) {
        errors.notFound(p, "name", name);
      } else if (!Nodes.set(volume, "persistentVolumeClaim") && !Nodes.set(volume, "ephemeral")) {
        errors.invalid(
            p,
            "name",
            name,
            "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
      }
      device(Nodes.text(d, "devicePath"), p, paths, errors);
      if (mountedNames.contains(name)) {
        errors.invalid(p, "name", name, "must not already exist in volumeMounts");
      }
      String path = Nodes.text(d, "devicePath");
      if (mountedPaths.contains(path)) {
        errors.invalid(p, "devicePath", path, "must not already exist as a path in volumeMounts");
      }
    }
  }

  private static void device(String path, FieldPath p, Set<String> paths, FieldErrors errors) {
    if (path.isEmpty()) {
      errors.required(p, "devicePath");
    }
    if (paths.contains(path)) {
      errors.invalid(p, "devicePath", path, "must be unique");
    }
    if (Arrays.asList(path.split("/")).contains("..")) {
      errors.invalid(p, "devicePath", path, "can not contain backsteps ('..')");
    } else {
      paths.add(path);
    }
  }
}
