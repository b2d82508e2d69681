package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** The rules of every object's metadata. */
final class MetaRules {

  private static final int MAX_ANNOTATIONS = 256 << 10;
  private static final String ORPHAN = "orphan";
  private static final String FOREGROUND = "foregroundDeletion";
  private static final Set<String> STANDARD_FINALIZERS =
      Set.of("customresourcecleanup.apiextensions.k8s.io", ORPHAN, FOREGROUND, "kubernetes");

  private MetaRules() {}

  static void check(
      ObjectNode object,
      boolean namespaced,
      Function<String, List<String>> nameRule,
      FieldErrors errors) {
    check(object.path("metadata"), FieldPath.METADATA, namespaced, nameRule, errors);
  }

  static void check(
      JsonNode meta,
      FieldPath path,
      boolean namespaced,
      Function<String, List<String>> nameRule,
      FieldErrors errors) {
    String generateName = Nodes.text(meta, "generateName");
    if (!generateName.isEmpty()) {
      String masked =
          generateName.length() > 1 && generateName.endsWith("-")
              ? generateName.substring(0, generateName.length() - 2) + "a"
              : generateName;
      errors.invalid(path, "generateName", generateName, nameRule.apply(masked));
    }
    String name = Nodes.text(meta, "name");
    if (name.isEmpty()) {
      errors.required(path, "name", "name or generateName is required");
    } else {
      errors.invalid(path, "name", name, nameRule.apply(name));
    }
    String namespace = Nodes.text(meta, "namespace");
    if (!namespaced) {
      if (!namespace.isEmpty()) {
        errors.forbidden(path, "namespace", "not allowed on this type");
      }
    } else if (namespace.isEmpty()) {
      errors.required(path, "namespace");
    } else {
      errors.invalid(path, "namespace", namespace, NameRules.dnsLabel(namespace));
    }
    labels(meta.path("labels"), path, "labels", errors);
    annotations(meta.path("annotations"), path, errors);
    owners(meta.path("ownerReferences"), path, errors);
    finalizers(meta.path("finalizers"), path, errors);
  }

  private static void finalizers(JsonNode finalizers, FieldPath path, FieldErrors errors) {
    Set<String> seen = new HashSet<>();
    for (JsonNode finalizer : finalizers) {
      String f = finalizer.asText();
      seen.add(f);
      errors.invalid(path, "finalizers", f, NameRules.qualifiedName(f));
    }
    if (seen.contains(ORPHAN) && seen.contains(FOREGROUND)) {
      errors.invalid(
          path,
          "finalizers",
          finalizers,
          "finalizer " + FOREGROUND + " and " + ORPHAN + " cannot be both set");
    }
  }

  /**
   * Kubernetes' own kinds want finalizers with a domain; extensions and custom resources do not.
   */
  static void checkFinalizers(ObjectNode object, FieldErrors errors) {
    int i = 0;
    for (JsonNode finalizer : object.path("metadata").path("finalizers")) {
      standardFinalizer(
          finalizer.asText(), FieldPath.METADATA.child("finalizers").index(i++), errors);
    }
  }

  static void standardFinalizer(String name, FieldPath at, FieldErrors errors) {
    if (name.indexOf('/') < 0 && !STANDARD_FINALIZERS.contains(name)) {
      errors.invalid(
          at, "", name, "name is neither a standard finalizer name nor is it fully qualified");
    }
  }

  static void labels(JsonNode labels, FieldPath path, String child, FieldErrors errors) {
    if (labels.isEmpty()) {
      return;
    }
    labels.forEachEntry((key, value) -> {
      errors.invalid(path, child, key, NameRules.qualifiedName(key));
      errors.invalid(path, child, value.asText(), NameRules.labelValue(value.asText()));
    });
  }

  static void annotations(JsonNode annotations, FieldPath path, FieldErrors errors) {
    if (annotations.isEmpty()) {
      return;
    }
    long[] size = {0};
    annotations.forEachEntry((key, value) -> {
      errors.invalid(
          path,
          "annotations",
          key,
          NameRules.qualifiedName(key.toLowerCase(java.util.Locale.ROOT)));
      size[0] += bytes(key) + bytes(value.asText());
    });
    if (size[0] > MAX_ANNOTATIONS) {
      errors.tooLong(path, "annotations", MAX_ANNOTATIONS);
    }
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  /** Which of the references is wrong is not told, as upstream does not. */
  private static void owners(JsonNode owners, FieldPath path, FieldErrors errors) {
    String controller = "";
    FieldPath at = path.child("ownerReferences");
    for (JsonNode owner : owners) {
      String kind = Nodes.text(owner, "kind");
      if (Nodes.text(owner, "apiVersion").isEmpty()) {
        errors.invalid(at, "apiVersion", "", "version must not be empty");
      }
      if (kind.isEmpty()) {
        errors.invalid(at, "kind", "", "must not be empty");
      }
      if (Nodes.text(owner, "name").isEmpty()) {
        errors.invalid(at, "name", "", "must not be empty");
      }
      if (Nodes.text(owner, "uid").isEmpty()) {
        errors.invalid(at, "uid", "", "must not be empty");
      }
      if (kind.equals("Event") && Nodes.text(owner, "apiVersion").equals("v1")) {
        errors.invalid(at, "", owner, "/v1, Kind=Event is disallowed from being an owner");
      }
      if (owner.path("controller").asBoolean()) {
        String name = kind + "/" + Nodes.text(owner, "name");
        if (!controller.isEmpty()) {
          errors.invalid(
              at,
              "",
              owners,
              "Only one reference can have Controller set to true. Found \"true\" in references for "
                  + controller
                  + " and "
                  + name);
        }
        controller = controller.isEmpty() ? name : controller;
      }
    }
  }

  static void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
    JsonNode meta = now.path("metadata");
    JsonNode old = before.path("metadata");
    for (String field :
        new String[] {
          "name",
          "namespace",
          "uid",
          "creationTimestamp",
          "deletionTimestamp",
          "deletionGracePeriodSeconds"
        }) {
      // What an update leaves out stays as it is.
      if (Nodes.has(meta, field) && !Nodes.same(meta, old, field)) {
        errors.invalid(FieldPath.METADATA, field, text(meta.path(field)), "field is immutable");
      }
    }
    if (old.hasNonNull("deletionTimestamp")) {
      List<String> added = new ArrayList<>();
      for (JsonNode f : meta.path("finalizers")) {
        boolean known = false;
        for (JsonNode o : old.path("finalizers")) {
          known |= o.equals(f);
        }
        if (!known) {
          added.add(f.toString());
        }
      }
      if (!added.isEmpty()) {
        errors.forbidden(
            FieldPath.METADATA,
            "finalizers",
            "no new finalizers can be added if the object is being deleted, found new finalizers"
                + " []string{"
                + String.join(", ", added)
                + "}");
      }
    }
  }

  static Object text(JsonNode value) {
    return value.isTextual() ? value.textValue() : value;
  }

  /** A field that keeps the value it was created with. */
  static void immutable(
      JsonNode now, JsonNode before, FieldPath path, String field, FieldErrors errors) {
    if (!Nodes.same(now, before, field)) {
      JsonNode value = now.path(field);
      errors.invalid(
          path, field, value.isMissingNode() ? "null" : text(value), "field is immutable");
    }
  }
}
