package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The environment of containers, and what that and volumes may be told of a Pod. */
final class EnvironmentRules {

  private static final Set<String> RESOURCES =
      Set.of(
          "limits.cpu",
          "limits.memory",
          "limits.ephemeral-storage",
          "requests.cpu",
          "requests.memory",
          "requests.ephemeral-storage");
  private static final Set<String> CPU_DIVISORS = Set.of("1m", "1");
  private static final Set<String> DIVISORS =
      Set.of("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei");

  private static final Set<String> FIELDS =
      Set.of(
          "metadata.name",
          "metadata.namespace",
          "metadata.uid",
          "spec.nodeName",
          "spec.serviceAccountName",
          "status.hostIP",
          "status.hostIPs",
          "status.podIP",
          "status.podIPs");

  /** Fields of a Pod that have a name in selectors, and that not every reference may take. */
  private static final Set<String> OTHER_LABELS =
      Set.of(
          "metadata.annotations",
          "metadata.labels",
          "metadata.name",
          "metadata.namespace",
          "metadata.uid",
          "spec.nodeName",
          "spec.restartPolicy",
          "spec.schedulerName",
          "spec.serviceAccountName",
          "status.hostIP",
          "status.hostIPs",
          "status.phase",
          "status.podIP",
          "status.podIPs");

  private static final Pattern SUBSCRIPTED = Pattern.compile("(.+?)\\['(.*)'\\]", Pattern.DOTALL);

  /** How old clients call {@code spec.nodeName}. */
  private static final String NODE_OF_OLD = "spec.host";

  private static final Set<String> SOURCES =
      Set.of("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef");

  private EnvironmentRules() {}

  /**
   * @param volumes those of the Pod, by their names
   */
  static void check(JsonNode c, Map<String, JsonNode> volumes, FieldPath at, FieldErrors errors) {
    int i = 0;
    for (JsonNode e : c.path("env")) {
      String name = Nodes.text(e, "name");
      boolean from = Nodes.set(e, "valueFrom");
      if (name.isEmpty() || from || !NameRules.envName(name).isEmpty()) {
        FieldPath p = at.child("env").index(i);
        if (name.isEmpty()) {
          errors.required(p, "name");
        } else {
          errors.invalid(p, "name", name, NameRules.envName(name));
        }
        if (from) {
          valueFrom(e, p.child("valueFrom"), volumes, errors);
        }
      }
      i++;
    }
    i = 0;
    for (JsonNode e : c.path("envFrom")) {
      from(e, at.child("envFrom"), i++, errors);
    }
  }

  private static void from(JsonNode e, FieldPath list, int index, FieldErrors errors) {
    FieldPath at = list.index(index);
    String prefix = Nodes.text(e, "prefix");
    if (!prefix.isEmpty()) {
      errors.invalid(at, "prefix", prefix, NameRules.envName(prefix));
    }
    int sources = 0;
    for (String source : new String[] {"configMapRef", "secretRef"}) {
      if (Nodes.set(e, source)) {
        sources++;
        String name = Nodes.text(e.path(source), "name");
        if (name.isEmpty()) {
          errors.required(at.child(source), "name");
        } else {
          String whole = name.endsWith("-") ? name.substring(0, name.length() - 1) + "a" : name;
          errors.invalid(at.child(source), "name", name, NameRules.dnsSubdomain(whole));
        }
      }
    }
    // The path of these is the list's, as upstream has it.
    if (sources == 0) {
      errors.invalid(list, "", "", "must specify one of: `configMapRef` or `secretRef`");
    } else if (sources > 1) {
      errors.invalid(list, "", "", "may not have more than one field specified at a time");
    }
  }

  private static void valueFrom(
      JsonNode e, FieldPath path, Map<String, JsonNode> volumes, FieldErrors errors) {
    JsonNode from = e.path("valueFrom");
    int sources = 0;
    for (String source : SOURCES) {
      sources += Nodes.set(from, source) ? 1 : 0;
    }
    if (Nodes.set(from, "fieldRef")) {
      fieldRef(from.path("fieldRef"), path.child("fieldRef"), FIELDS, errors);
    }
    if (Nodes.set(from, "resourceFieldRef")) {
      resource(from.path("resourceFieldRef"), path.child("resourceFieldRef"), false, errors);
    }
    if (Nodes.set(from, "fileKeyRef")) {
      file(from.path("fileKeyRef"), path.child("fileKeyRef"), volumes, errors);
    }
    for (String source : new String[] {"configMapKeyRef", "secretKeyRef"}) {
      if (Nodes.set(from, source)) {
        JsonNode ref = from.path(source);
        String name = Nodes.text(ref, "name");
        errors.invalid(path.child(source), "name", name, NameRules.dnsSubdomain(name));
        String key = Nodes.text(ref, "key");
        if (key.isEmpty()) {
          errors.required(path.child(source), "key");
        } else {
          errors.invalid(path.child(source), "key", key, NameRules.configKey(key));
        }
      }
    }
    if (sources == 0) {
      errors.invalid(
          path,
          "",
          "",
          "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef`"
              + " or `fileKeyRef`");
    } else if (!Nodes.text(e, "value").isEmpty()) {
      errors.invalid(path, "", "", "may not be specified when `value` is not empty");
    } else if (sources > 1) {
      errors.invalid(path, "", "", "may not have more than one field specified at a time");
    }
  }

  /** A line of a file that an earlier container has written (KEP-3721). */
  private static void file(
      JsonNode ref, FieldPath at, Map<String, JsonNode> volumes, FieldErrors errors) {
    String key = Nodes.text(ref, "key");
    if (key.isEmpty()) {
      errors.required(at, "key");
    } else {
      errors.invalid(at, "key", key, NameRules.envName(key));
    }
    String name = Nodes.text(ref, "volumeName");
    if (name.isEmpty()) {
      errors.required(at, "volumeName");
    } else if (!volumes.containsKey(name)) {
      errors.invalid(at, "volumeName", name, NameRules.dnsLabel(name));
      errors.notFound(at, "volumeName", name);
    } else if (!Nodes.set(volumes.get(name), "emptyDir")) {
      errors.invalid(at, "volumeName", name, "the volume must be an emptyDir");
    }
    String path = Nodes.text(ref, "path");
    if (path.isEmpty()) {
      errors.required(at, "path");
    } else {
      VolumeRules.localPath(path, at, "path", errors);
    }
  }

  static void fieldRef(JsonNode ref, FieldPath path, Set<String> allowed, FieldErrors errors) {
    String version = Nodes.text(ref, "apiVersion");
    String field = Nodes.text(ref, "fieldPath");
    if (version.isEmpty()) {
      errors.required(path, "apiVersion");
    } else if (field.isEmpty()) {
      errors.required(path, "fieldPath");
    } else if (!version.equals("v1")) {
      unreadable(field, "unsupported pod version: " + version, path, errors);
    } else if (SUBSCRIPTED.matcher(field) instanceof Matcher m && m.matches()) {
      switch (m.group(1)) {
        case "metadata.annotations" ->
            errors.invalid(
                path,
                "",
                m.group(2).toLowerCase(Locale.ROOT),
                NameRules.qualifiedName(m.group(2).toLowerCase(Locale.ROOT)));
        case "metadata.labels" ->
            errors.invalid(path, "", m.group(2), NameRules.qualifiedName(m.group(2)));
        default ->
            unreadable(field, "field label does not support subscript: " + field, path, errors);
      }
    } else if (!OTHER_LABELS.contains(field) && !field.equals(NODE_OF_OLD)) {
      unreadable(field, "field label not supported: " + field, path, errors);
    } else if (!allowed.contains(field.equals(NODE_OF_OLD) ? "spec.nodeName" : field)) {
      errors.unsupported(path, "fieldPath", field, allowed);
    }
  }

  private static void unreadable(String field, String why, FieldPath path, FieldErrors errors) {
    errors.invalid(path, "fieldPath", field, "error converting fieldPath: " + why);
  }

  /**
   * @param volume whether it stands in a volume, which has to say which container is meant
   */
  static void resource(JsonNode ref, FieldPath path, boolean volume, FieldErrors errors) {
    String resource = Nodes.text(ref, "resource");
    if (volume && Nodes.text(ref, "containerName").isEmpty()) {
      errors.required(path, "containerName");
    } else if (resource.isEmpty()) {
      errors.required(path, "resource");
    } else if (!RESOURCES.contains(resource) && !isHugePages(resource)) {
      errors.unsupported(path, "resource", resource, RESOURCES);
    }
    divisor(resource, ref.path("divisor"), path, errors);
  }

  private static boolean isHugePages(String resource) {
    return resource.startsWith("requests.hugepages-") || resource.startsWith("limits.hugepages-");
  }

  private static void divisor(
      String resource, JsonNode divisor, FieldPath path, FieldErrors errors) {
    Quantity quantity = divisor.isMissingNode() ? null : Quantity.tryParse(divisor.asText(""));
    if (quantity == null || quantity.value().signum() == 0) {
      return;
    }
    boolean known = DIVISORS.contains(quantity.toString());
    String of =
        switch (resource) {
          case "limits.cpu", "requests.cpu" -> {
            if (!CPU_DIVISORS.contains(quantity.toString())) {
              errors.invalid(
                  path,
                  "divisor",
                  resource,
                  "only divisor's values 1m and 1 are supported with the cpu resource");
            }
            yield "";
          }
          case "limits.memory", "requests.memory" -> "memory";
          case "limits.ephemeral-storage", "requests.ephemeral-storage" ->
              "local ephemeral storage";
          default -> isHugePages(resource) ? "hugepages" : "";
        };
    if (!of.isEmpty() && !known) {
      errors.invalid(
          path,
          "divisor",
          resource,
          "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are"
              + " supported with the "
              + of
              + " resource");
    }
  }
}
