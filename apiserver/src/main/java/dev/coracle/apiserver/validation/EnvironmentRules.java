package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.Set;

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

  private static final Set<String> SOURCES =
      Set.of("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef");

  private EnvironmentRules() {}

  static void check(JsonNode c, FieldPath at, FieldErrors errors) {
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
          valueFrom(e, p.child("valueFrom"), errors);
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

  private static void valueFrom(JsonNode e, FieldPath path, FieldErrors errors) {
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

  static void fieldRef(JsonNode ref, FieldPath path, Set<String> allowed, FieldErrors errors) {
    String field = Nodes.text(ref, "fieldPath");
    if (Nodes.text(ref, "apiVersion").isEmpty()) {
      errors.required(path, "apiVersion");
    } else if (field.isEmpty()) {
      errors.required(path, "fieldPath");
    } else if (!field.startsWith("metadata.annotations['")
        && !field.startsWith("metadata.labels['")
        && !allowed.contains(field)) {
      if (field.contains("[")) {
        errors.invalid(
            path,
            "fieldPath",
            field,
            "error converting fieldPath: field label does not support subscript");
      } else if (!OTHER_LABELS.contains(field)) {
        errors.invalid(
            path,
            "fieldPath",
            field,
            "error converting fieldPath: field label not supported: " + field);
      } else {
        errors.unsupported(path, "fieldPath", field, allowed);
      }
    }
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
