package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.schema.StructuralSchema;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import dev.coracle.apiserver.internal.crd.SchemaPath;
import dev.coracle.apiserver.internal.crd.ValidationRules;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The versions of a custom resource. What all of them share upstream keeps in one place, and names
 * that place: such a schema is said to be wrong in {@code spec.validation}.
 */
final class CrdVersionRules {

  private static final List<String> AT_ROOT =
      List.of(
          "description",
          "type",
          "format",
          "title",
          "maximum",
          "exclusiveMaximum",
          "minimum",
          "exclusiveMinimum",
          "maxLength",
          "minLength",
          "pattern",
          "maxItems",
          "minItems",
          "uniqueItems",
          "multipleOf",
          "required",
          "items",
          "properties",
          "externalDocs",
          "example",
          "x-kubernetes-preserve-unknown-fields",
          "x-kubernetes-validations");
  private static final String AT_ROOT_SHOWN =
      "[Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength"
          + " MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties"
          + " ExternalDocs Example XPreserveUnknownFields XValidations]";
  private static final String WITH_STATUS =
      " at the root of the schema if the status subresource is enabled";
  private static final String COLUMN_TYPES = "must be one of boolean,date,integer,number,string";
  private static final Set<String> COLUMNS =
      Set.of("boolean", "date", "integer", "number", "string");
  private static final String FORMAT_LIST =
      "must be one of byte,date,date-time,double,float,int32,int64,password";
  private static final Set<String> FORMATS =
      Set.of("byte", "date", "date-time", "double", "float", "int32", "int64", "password");
  private static final Set<String> SELECTABLE = Set.of("string", "boolean", "integer");
  private static final int MOST_SELECTABLE = 8;
  private static final int LONGEST_WARNING = 256;

  private CrdVersionRules() {}

  /** Whether all versions have the same in this field, which may be nothing. */
  static boolean share(JsonNode spec, String field) {
    JsonNode first = spec.path("versions").path(0).path(field);
    for (JsonNode version : spec.path("versions")) {
      if (!version.path(field).equals(first)) {
        return false;
      }
    }
    return true;
  }

  /**
   * @param before the stored spec; empty on create
   */
  static void check(JsonNode spec, JsonNode before, FieldErrors errors) {
    JsonNode versions = spec.path("versions");
    FieldPath path = FieldPath.SPEC.child("versions");
    int i = 0;
    for (JsonNode version : versions) {
      if (!Nodes.set(version.path("schema"), "openAPIV3Schema")) {
        errors.required(path.index(i).child("schema"), "openAPIV3Schema");
      }
      i++;
    }
    int stored = 0;
    Set<String> seen = new LinkedHashSet<>();
    boolean unique = true;
    i = 0;
    for (JsonNode version : versions) {
      FieldPath at = path.index(i++);
      String name = Nodes.text(version, "name");
      unique &= seen.add(name);
      stored += version.path("storage").asBoolean() ? 1 : 0;
      List<String> problems = NameRules.dns1035(name);
      if (!problems.isEmpty()) {
        errors.invalid(at, "name", name, String.join(",", problems));
      }
      warning(version, at, errors);
      parts(spec, version, before, at, false, errors);
    }
    String shown = String.join(",", seen);
    if (!unique) {
      errors.invalid(FieldPath.SPEC, "versions", shown, "must contain unique version names");
    }
    if (stored != 1) {
      errors.invalid(
          FieldPath.SPEC,
          "versions",
          versions.isMissingNode() ? Nodes.NULL : versions.isEmpty() ? versions : shown,
          "must have exactly one version marked as storage version");
    }
    first(versions.path(0), errors);
  }

  /** Upstream has the first version in a field of its own too. */
  private static void first(JsonNode version, FieldErrors errors) {
    String name = Nodes.text(version, "name");
    List<String> problems = NameRules.dns1035(name);
    if (!name.isEmpty() && !problems.isEmpty()) {
      errors.invalid(FieldPath.SPEC, "version", name, String.join(",", problems));
    }
  }

  /** What all versions have in common. */
  static void checkShared(JsonNode spec, JsonNode before, FieldErrors errors) {
    parts(spec, spec.path("versions").path(0), before, FieldPath.SPEC, true, errors);
  }

  private static void parts(
      JsonNode spec,
      JsonNode version,
      JsonNode before,
      FieldPath at,
      boolean shared,
      FieldErrors errors) {
    JsonNode schema = version.path("schema").path("openAPIV3Schema");
    if (share(spec, "schema") == shared && schema.isObject()) {
      boolean status = Nodes.set(version.path("subresources"), "status");
      if (shared) {
        for (JsonNode v : spec.path("versions")) {
          status |= Nodes.set(v.path("subresources"), "status");
        }
      }
      GroupVersionKind kind =
          new GroupVersionKind(
              Nodes.text(spec, "group"),
              Nodes.text(version, "name"),
              Nodes.text(spec.path("names"), "kind"));
      boolean changed = !schema.equals(schemaBefore(before, kind.version()));
      schema(
          schema,
          kind,
          before,
          changed,
          status,
          at.child(shared ? "validation" : "schema"),
          errors);
    }
    if (share(spec, "subresources") == shared) {
      scale(version.path("subresources").path("scale"), at.child("subresources"), errors);
    }
    if (share(spec, "additionalPrinterColumns") == shared) {
      int i = 0;
      for (JsonNode column : version.path("additionalPrinterColumns")) {
        column(column, at.child("additionalPrinterColumns").index(i++), errors);
      }
    }
    if (share(spec, "selectableFields") == shared) {
      selectable(version.path("selectableFields"), schema, at.child("selectableFields"), errors);
    }
  }

  private static JsonNode schemaBefore(JsonNode before, String version) {
    for (JsonNode v : before.path("versions")) {
      if (Nodes.text(v, "name").equals(version)) {
        return v.path("schema").path("openAPIV3Schema");
      }
    }
    return Nodes.NULL;
  }

  private static void warning(JsonNode version, FieldPath at, FieldErrors errors) {
    if (!Nodes.set(version, "deprecationWarning")) {
      return;
    }
    String text = Nodes.text(version, "deprecationWarning");
    if (!version.path("deprecated").asBoolean()) {
      errors.invalid(at, "deprecationWarning", text, "can only be set for deprecated versions");
      return;
    }
    if (text.length() > LONGEST_WARNING) {
      errors.invalid(at, "deprecationWarning", text, "must be <= 256 characters long");
    }
    if (text.isEmpty()) {
      errors.invalid(at, "deprecationWarning", text, "must not be an empty string");
    }
    int i = 0;
    for (int c : text.codePoints().toArray()) {
      if (Character.isISOControl(c) || !Character.isDefined(c)) {
        errors.invalid(
            at,
            "deprecationWarning",
            text,
            "must only contain printable UTF-8 characters; non-printable character found at index "
                + i);
        return;
      }
      i += Character.toString(c).getBytes(StandardCharsets.UTF_8).length;
    }
  }

  /**
   * @param changed whether the version had another schema before, or none: what its rules may cost
   *     was another matter then
   */
  private static void schema(
      JsonNode schema,
      GroupVersionKind kind,
      JsonNode before,
      boolean changed,
      boolean status,
      FieldPath path,
      FieldErrors errors) {
    if (status) {
      String type = Nodes.text(schema, "type");
      for (var e : schema.properties()) {
        if (e.getKey().equals("type") && !type.isEmpty() && !type.equals("object")) {
          errors.invalid(
              path.child("openAPIV3Schema"),
              "type",
              type,
              "only \"object\" is allowed as the type" + WITH_STATUS);
          break;
        }
        if (Nodes.has(schema, e.getKey())
            && !(e.getValue().isBoolean() && !e.getValue().asBoolean())
            && !AT_ROOT.contains(e.getKey())) {
          errors.invalid(
              path,
              "openAPIV3Schema",
              schema,
              "only " + AT_ROOT_SHOWN + " fields are allowed" + WITH_STATUS);
          break;
        }
      }
    }
    FieldPath at = path.child("openAPIV3Schema");
    if (schema.path("nullable").asBoolean()) {
      errors.forbidden(at, "nullable", "nullable cannot be true at the root");
    }
    FieldErrors form = new FieldErrors();
    FieldErrors structure = new FieldErrors();
    String unsupported = SchemaFormRules.unsupported(schema);
    if (SchemaFormRules.check(schema, at, form) && unsupported.isEmpty()) {
      StructuralRules.check(schema, at, structure);
      if (structure.isEmpty()) {
        defaults(schema, before, at, structure);
      }
    }
    errors.causes().addAll(structure.causes());
    errors.causes().addAll(form.causes());
    if (!structure.isEmpty() || !form.isEmpty()) {
      return;
    }
    if (!unsupported.isEmpty()) {
      errors.invalid(at, "", "", unsupported);
    } else if (changed && ValidationRules.in(schema)) {
      ValidationRules.check(StructuralSchema.compile(schema, kind), at, errors);
    }
  }

  /**
   * A schema that was there before is not held to its defaults again; and where a default had
   * unknown fields before, any may.
   */
  private static void defaults(JsonNode schema, JsonNode before, FieldPath at, FieldErrors errors) {
    boolean pruned = true;
    for (JsonNode version : before.path("versions")) {
      JsonNode old = version.path("schema").path("openAPIV3Schema");
      if (old.equals(schema)) {
        return;
      }
      pruned &= !SchemaDefaultRules.hasUnknown(old);
    }
    SchemaDefaultRules.check(schema, at, pruned, errors);
  }

  private static void scale(JsonNode scale, FieldPath at, FieldErrors errors) {
    if (!scale.isObject()) {
      return;
    }
    FieldPath path = at.child("scale");
    for (String field : List.of("specReplicasPath", "statusReplicasPath")) {
      String text = Nodes.text(scale, field);
      String prefix = field.startsWith("spec") ? ".spec" : ".status";
      if (text.isEmpty()) {
        errors.required(path, field);
      } else if (simple(text, path, field, errors) && !text.startsWith(prefix + ".")) {
        errors.invalid(path, field, text, "should be a json path under " + prefix);
      }
    }
    String selector = Nodes.text(scale, "labelSelectorPath");
    if (!selector.isEmpty()
        && simple(selector, path, "labelSelectorPath", errors)
        && !selector.startsWith(".spec.")
        && !selector.startsWith(".status.")) {
      errors.invalid(
          path,
          "labelSelectorPath",
          selector,
          "should be a json path under either .spec or .status");
    }
  }

  private static boolean simple(String text, FieldPath at, String field, FieldErrors errors) {
    if (text.startsWith(".")) {
      return true;
    }
    errors.invalid(at, field, text, "must be a simple json path starting with .");
    return false;
  }

  /** Upstream writes the path of a column in capitals. */
  private static void column(JsonNode column, FieldPath at, FieldErrors errors) {
    if (!Nodes.has(column, "name")) {
      errors.required(at, "name");
    }
    String type = Nodes.text(column, "type");
    if (type.isEmpty()) {
      errors.required(at, "type", COLUMN_TYPES);
    } else if (!COLUMNS.contains(type)) {
      errors.invalid(at, "type", type, COLUMN_TYPES);
    }
    String format = Nodes.text(column, "format");
    if (!format.isEmpty() && !FORMATS.contains(format)) {
      errors.invalid(at, "format", format, FORMAT_LIST);
    }
    String path = Nodes.text(column, "jsonPath");
    if (path.isEmpty()) {
      errors.required(at, "JSONPath");
    } else {
      simple(path, at, "JSONPath", errors);
    }
  }

  private static void selectable(
      JsonNode fields, JsonNode schema, FieldPath path, FieldErrors errors) {
    Set<String> seen = new HashSet<>();
    int i = 0;
    for (JsonNode field : fields) {
      FieldPath at = path.index(i++);
      String text = Nodes.text(field, "jsonPath");
      if (text.isEmpty()) {
        errors.required(at, "jsonPath");
        continue;
      }
      SchemaPath found = SchemaPath.of(text, schema, false);
      if (!found.isValid()) {
        errors.invalid(at, "jsonPath", text, "is an invalid path: " + found.problem());
        continue;
      }
      if (found.root().equals("metadata")) {
        errors.invalid(at, "jsonPath", text, "must not point to fields in metadata");
      }
      if (!SELECTABLE.contains(Nodes.text(found.schema(), "type"))) {
        errors.invalid(
            at,
            "jsonPath",
            text,
            "must point to a field of type string, boolean or integer. Enum string fields and"
                + " strings with formats are allowed.");
      }
      if (!seen.add(found.shown())) {
        errors.duplicate(at, "jsonPath", text);
      }
    }
    if (seen.size() > MOST_SELECTABLE) {
      errors.tooMany(path, "", seen.size(), MOST_SELECTABLE);
    }
  }
}
