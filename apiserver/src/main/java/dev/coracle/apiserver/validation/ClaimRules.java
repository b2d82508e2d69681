package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.patch.Trees;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.math.BigDecimal;
import java.util.List;
import java.util.Set;

/** PersistentVolumeClaims, and the templates for them. */
final class ClaimRules implements KindRules {

  private static final String CLASS = "volume.beta.kubernetes.io/storage-class";
  private static final List<String> STORAGE = List.of("storage");
  private static final Set<String> RESIZES =
      Set.of(
          "ControllerResizeInProgress",
          "ControllerResizeInfeasible",
          "NodeResizePending",
          "NodeResizeInProgress",
          "NodeResizeInfeasible");

  @Override
  public void check(ObjectNode claim, FieldErrors errors) {
    spec(claim.path("spec"), FieldPath.SPEC, errors);
  }

  /** Of a claim that is new, or a template. */
  static void spec(JsonNode spec, FieldPath path, FieldErrors errors) {
    spec(spec, path, false, errors);
  }

  private static void spec(JsonNode spec, FieldPath path, boolean anyGroup, FieldErrors errors) {
    if (!Nodes.has(spec, "accessModes")) {
      errors.required(path, "accessModes", "at least 1 access mode is required");
    }
    if (Nodes.set(spec, "selector")) {
      SelectorRules.label(spec.path("selector"), path.child("selector"), errors);
    }
    VolumeModes.access(spec, path, errors);
    JsonNode storage = spec.path("resources").path("requests").path("storage");
    FieldPath at = path.child("resources").key("storage");
    BigDecimal amount = Nodes.quantity(storage);
    if (amount == null) {
      errors.required(at, "");
    } else if (amount.signum() <= 0) {
      errors.invalid(at, "", storage.asText(), "must be greater than zero");
    }
    String name = Nodes.text(spec, "storageClassName");
    if (!name.isEmpty()) {
      errors.invalid(path, "storageClassName", name, NameRules.dnsSubdomain(name));
    }
    VolumeModes.form(spec, path, errors);
    sources(spec, path, anyGroup, errors);
    String attributes = Nodes.text(spec, "volumeAttributesClassName");
    if (!attributes.isEmpty()) {
      errors.invalid(
          path, "volumeAttributesClassName", attributes, NameRules.dnsSubdomain(attributes));
    }
  }

  private static void sources(JsonNode spec, FieldPath path, boolean anyGroup, FieldErrors errors) {
    JsonNode source = spec.path("dataSource");
    JsonNode ref = spec.path("dataSourceRef");
    for (String field : List.of("dataSource", "dataSourceRef")) {
      if (Nodes.set(spec, field)) {
        source(spec.path(field), path.child(field), anyGroup, errors);
      }
    }
    String namespace = Nodes.text(ref, "namespace");
    if (!namespace.isEmpty()) {
      FieldPath at = path.child("dataSourceRef");
      errors.invalid(at, "namespace", namespace, NameRules.dnsLabel(namespace));
    }
    if (!source.isObject() || !ref.isObject()) {
      return;
    }
    if (!namespace.isEmpty()) {
      errors.invalid(
          path, "", Nodes.EMPTY, "may not be specified when dataSourceRef.namespace is specified");
    } else if (!Nodes.same(source, ref, "apiGroup")
        || !Nodes.same(source, ref, "kind")
        || !Nodes.same(source, ref, "name")) {
      errors.invalid(path, "", Nodes.EMPTY, "must match dataSourceRef");
    }
  }

  private static void source(
      JsonNode source, FieldPath path, boolean anyGroup, FieldErrors errors) {
    for (String field : List.of("name", "kind")) {
      if (!Nodes.has(source, field)) {
        errors.required(path, field);
      }
    }
    String group = Nodes.text(source, "apiGroup");
    String kind = Nodes.text(source, "kind");
    if (group.isEmpty()) {
      if (!kind.equals("PersistentVolumeClaim")) {
        errors.invalid(
            path,
            "",
            kind,
            "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
      }
    } else if (!anyGroup) {
      errors.invalid(path, "apiGroup", group, NameRules.dnsSubdomain(group));
    }
  }

  private static boolean hasGroup(JsonNode spec) {
    return Nodes.set(spec.path("dataSource"), "apiGroup")
        || Nodes.set(spec.path("dataSourceRef"), "apiGroup");
  }

  @Override
  public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
    spec(now.path("spec"), FieldPath.SPEC, hasGroup(before.path("spec")), errors);
    checkUpdate(now, before, errors);
  }

  @Override
  public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
    ObjectNode spec = Nodes.copy(now.path("spec"));
    ObjectNode old = Nodes.copy(before.path("spec"));
    if (Nodes.text(old, "volumeName").isEmpty()) {
      take(old, spec, "volumeName");
    }
    storageClass(spec, old, now, before, errors);
    BigDecimal size = storage(spec);
    BigDecimal was = storage(old);
    boolean bound = before.path("status").path("phase").asText("").equals("Bound");
    if (bound && spec.path("resources").path("requests") instanceof ObjectNode requests) {
      take(requests, old.path("resources").path("requests"), "storage");
    }
    take(spec, old, "volumeAttributesClassName");
    normalizeSources(spec);
    normalizeSources(old);
    if (!Trees.equal(spec, old)) {
      errors.forbidden(
          FieldPath.ROOT,
          "spec",
          "spec is immutable after creation except resources.requests and"
              + " volumeAttributesClassName for bound claims\n"
              + Differences.of(spec, old));
    }
    BigDecimal capacity = Nodes.quantity(before.path("status").path("capacity").path("storage"));
    if (size.compareTo(was) < 0
        && size.compareTo(capacity == null ? BigDecimal.ZERO : capacity) <= 0) {
      errors.forbidden(
          FieldPath.SPEC.child("resources", "requests"),
          "storage",
          "field can not be less than status.capacity");
    }
    MetaRules.immutable(
        now.path("spec"), before.path("spec"), FieldPath.ROOT, "volumeMode", errors);
    attributes(now.path("spec"), before, errors);
  }

  /** A class may move from the annotation to the field, and be chosen where none was. */
  private static void storageClass(
      ObjectNode spec, ObjectNode old, ObjectNode now, JsonNode before, FieldErrors errors) {
    JsonNode annotation = now.path("metadata").path("annotations").path(CLASS);
    JsonNode was = before.path("metadata").path("annotations").path(CLASS);
    boolean chosen = Nodes.set(spec, "storageClassName") && !Nodes.set(old, "storageClassName");
    boolean moved = was.isTextual() && spec.path("storageClassName").equals(was);
    if (chosen && moved && (annotation.isMissingNode() || annotation.equals(was))) {
      spec.remove("storageClassName");
      return;
    }
    if (!annotation.asText("").equals(was.asText(""))) {
      errors.invalid(
          FieldPath.METADATA.child("annotations"),
          CLASS,
          annotation.asText(""),
          "field is immutable");
    }
    if (chosen && (was.isMissingNode() || moved)) {
      take(spec, old, "storageClassName");
    }
  }

  /** Each of the two ways to name where the data comes from stands for the other. */
  private static void normalizeSources(ObjectNode spec) {
    JsonNode source = spec.path("dataSource");
    JsonNode ref = spec.path("dataSourceRef");
    if (source.isObject() && !ref.isObject()) {
      spec.set("dataSourceRef", source.deepCopy());
    } else if (ref.isObject() && !source.isObject() && !Nodes.has(ref, "namespace")) {
      ObjectNode copy = ref.deepCopy();
      copy.remove("namespace");
      spec.set("dataSource", copy);
    }
  }

  private static void attributes(JsonNode spec, JsonNode before, FieldErrors errors) {
    String field = "volumeAttributesClassName";
    boolean applied = Nodes.set(before.path("status"), "currentVolumeAttributesClassName");
    if (applied && Nodes.set(before.path("spec"), field) && !Nodes.has(spec, field)) {
      errors.forbidden(
          FieldPath.SPEC,
          field,
          "update to "
              + (Nodes.set(spec, field) ? "empty string" : "nil")
              + " is forbidden when status.currentVolumeAttributesClassName is not nil");
    }
  }

  private static BigDecimal storage(JsonNode spec) {
    BigDecimal q = Nodes.quantity(spec.path("resources").path("requests").path("storage"));
    return q == null ? BigDecimal.ZERO : q;
  }

  private static void take(ObjectNode into, JsonNode from, String field) {
    JsonNode value = from.get(field);
    if (value == null) {
      into.remove(field);
    } else {
      into.set(field, value);
    }
  }

  @Override
  public void checkSubresource(
      String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
    if (!subresource.equals("status")) {
      return;
    }
    JsonNode status = now.path("status");
    status
        .path("capacity")
        .forEachEntry((name, value) ->
            ResourceRules.basic(value, FieldPath.STATUS.child("capacity").key(name), errors));
    FieldPath resizes = FieldPath.STATUS.child("allocatedResourceStatus");
    status
        .path("allocatedResourceStatuses")
        .forEachEntry((name, value) -> {
          resource(name, resizes, errors);
          if (!RESIZES.contains(value.asText())) {
            errors.unsupported(resizes, "", name, RESIZES);
          }
        });
    FieldPath allocated = FieldPath.STATUS.child("allocatedResources");
    status
        .path("allocatedResources")
        .forEachEntry((name, value) -> {
          if (resource(name, allocated, errors)) {
            ResourceRules.basic(value, allocated.key(name), errors);
          }
        });
  }

  /** Of Kubernetes' own resources a claim has storage alone. */
  private static boolean resource(String name, FieldPath path, FieldErrors errors) {
    List<String> problems = NameRules.qualifiedName(name);
    errors.invalid(path, "", name, problems);
    if (!problems.isEmpty()) {
      return false;
    }
    boolean ours = name.indexOf('/') < 0 || name.contains("kubernetes.io/");
    if (ours && !name.equals("storage")) {
      errors.unsupported(path, "", name, STORAGE);
      return false;
    }
    return true;
  }
}
