package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.HashSet;
import java.util.Set;

/** The volumes of a Pod. */
final class VolumeRules {

  private static final Set<String> HOST_PATH_TYPES =
      Set.of(
          "",
          "DirectoryOrCreate",
          "Directory",
          "FileOrCreate",
          "File",
          "Socket",
          "CharDevice",
          "BlockDevice");
  private static final Set<String> DOWNWARD =
      Set.of(
          "metadata.name",
          "metadata.namespace",
          "metadata.uid",
          "metadata.labels",
          "metadata.annotations");

  private VolumeRules() {}

  /** Gives back the names, for the mounts to refer to. */
  static Set<String> check(JsonNode volumes, FieldPath path, FieldErrors errors) {
    Set<String> names = new HashSet<>();
    int i = 0;
    for (JsonNode v : volumes) {
      FieldPath at = path.index(i++);
      String name = Nodes.text(v, "name");
      source(v, at, errors);
      if (name.isEmpty()) {
        errors.required(at, "name");
      } else {
        errors.invalid(at, "name", name, NameRules.dnsLabel(name));
        if (!names.add(name)) {
          errors.duplicate(at, "name", name);
        }
      }
    }
    return names;
  }

  /** The names of volumes that are claims, which alone may be block devices. */
  static Set<String> ofClaims(JsonNode volumes) {
    Set<String> names = new HashSet<>();
    for (JsonNode v : volumes) {
      if (Nodes.set(v, "persistentVolumeClaim") || Nodes.set(v, "ephemeral")) {
        names.add(Nodes.text(v, "name"));
      }
    }
    return names;
  }

  private static void source(JsonNode volume, FieldPath at, FieldErrors errors) {
    int sources = 0;
    for (var e : volume.properties()) {
      if (e.getKey().equals("name") || e.getValue().isNull()) {
        continue;
      }
      if (sources++ > 0) {
        errors.forbidden(at, e.getKey(), "may not specify more than 1 volume type");
        continue;
      }
      JsonNode s = e.getValue();
      FieldPath p = at.child(e.getKey());
      switch (e.getKey()) {
        case "secret" -> {
          if (Nodes.text(s, "secretName").isEmpty()) {
            errors.required(p, "secretName");
          }
          mode(s, "defaultMode", p, errors);
          items(s.path("items"), p.child("items"), errors);
        }
        case "configMap" -> {
          if (Nodes.text(s, "name").isEmpty()) {
            errors.required(p, "name");
          }
          mode(s, "defaultMode", p, errors);
          items(s.path("items"), p.child("items"), errors);
        }
        case "hostPath" -> {
          String path = Nodes.text(s, "path");
          if (path.isEmpty()) {
            errors.required(p, "path");
          } else if (java.util.Arrays.asList(path.split("/")).contains("..")) {
            errors.invalid(p, "path", path, "must not contain '..'");
          }
          if (!HOST_PATH_TYPES.contains(Nodes.text(s, "type"))) {
            errors.unsupported(p, "type", Nodes.text(s, "type"), HOST_PATH_TYPES);
          }
        }
        case "persistentVolumeClaim" -> {
          if (Nodes.text(s, "claimName").isEmpty()) {
            errors.required(p, "claimName");
          }
        }
        case "emptyDir" -> {
          var limit = Nodes.quantity(s.path("sizeLimit"));
          if (limit != null && limit.signum() < 0) {
            errors.forbidden(p, "sizeLimit", "SizeLimit field must be a valid resource quantity");
          }
        }
        case "projected" -> projected(s, p, errors);
        case "downwardAPI" -> downward(s.path("items"), p.child("items"), errors);
        case "csi" -> {
          if (Nodes.text(s, "driver").isEmpty()) {
            errors.required(p, "driver");
          }
        }
        case "nfs" -> {
          if (Nodes.text(s, "server").isEmpty()) {
            errors.required(p, "server");
          }
          if (Nodes.text(s, "path").isEmpty()) {
            errors.required(p, "path");
          }
        }
        case "ephemeral" -> {
          if (!Nodes.set(s, "volumeClaimTemplate")) {
            errors.required(p, "volumeClaimTemplate");
          } else {
            StorageRules.claimSpec(
                s.path("volumeClaimTemplate").path("spec"),
                p.child("volumeClaimTemplate", "spec"),
                errors);
          }
        }
        default -> {}
      }
    }
    if (sources == 0) {
      errors.required(at, "", "must specify a volume type");
    }
  }

  private static void mode(JsonNode source, String field, FieldPath path, FieldErrors errors) {
    if (Nodes.set(source, field)) {
      int mode = source.path(field).asInt();
      if (mode < 0 || mode > 0777) {
        errors.invalid(
            path, field, mode, "must be a number between 0 and 0777 (octal), both inclusive");
      }
    }
  }

  private static void items(JsonNode items, FieldPath path, FieldErrors errors) {
    int i = 0;
    for (JsonNode item : items) {
      FieldPath at = path.index(i++);
      if (Nodes.text(item, "key").isEmpty()) {
        errors.required(at, "key");
      }
      file(item, at, errors);
    }
  }

  private static void file(JsonNode item, FieldPath at, FieldErrors errors) {
    String path = Nodes.text(item, "path");
    if (path.isEmpty()) {
      errors.required(at, "path");
    } else {
      localPath(path, at, "path", errors);
    }
    mode(item, "mode", at, errors);
  }

  /** A file's path below its volume. */
  static void localPath(String path, FieldPath at, String field, FieldErrors errors) {
    if (path.startsWith("/")) {
      errors.invalid(at, field, path, "must be a relative path");
    } else if (java.util.Arrays.asList(path.split("/")).contains("..")) {
      errors.invalid(at, field, path, "must not contain '..'");
    }
  }

  private static void downward(JsonNode items, FieldPath path, FieldErrors errors) {
    int i = 0;
    for (JsonNode item : items) {
      FieldPath at = path.index(i++);
      file(item, at, errors);
      if (Nodes.set(item, "fieldRef")) {
        ContainerRules.fieldRef(item.path("fieldRef"), at.child("fieldRef"), DOWNWARD, errors);
      } else if (!Nodes.set(item, "resourceFieldRef")) {
        errors.required(at, "", "one of fieldRef and resourceFieldRef is required");
      }
    }
  }

  private static void projected(JsonNode projected, FieldPath path, FieldErrors errors) {
    mode(projected, "defaultMode", path, errors);
    Set<String> certificates = new HashSet<>();
    int i = 0;
    for (JsonNode source : projected.path("sources")) {
      FieldPath at = path.child("sources").index(i++);
      if (source.isEmpty()) {
        errors.required(at, "", "must specify a projected volume type");
      }
      if (source.size() > 1) {
        errors.forbidden(at, "", "may not specify more than 1 volume type");
      }
      for (String kind : new String[] {"secret", "configMap"}) {
        if (Nodes.set(source, kind)) {
          if (Nodes.text(source.path(kind), "name").isEmpty()) {
            errors.required(at.child(kind), "name");
          }
          items(source.path(kind).path("items"), at.child(kind, "items"), errors);
        }
      }
      JsonNode token = source.path("serviceAccountToken");
      if (token.isObject()) {
        long seconds = token.path("expirationSeconds").asLong(3600);
        if (seconds < 600) {
          errors.invalid(
              at.child("serviceAccountToken"),
              "expirationSeconds",
              seconds,
              "may not specify a duration less than 10 minutes");
        }
        if (Nodes.text(token, "path").isEmpty()) {
          errors.required(at.child("serviceAccountToken"), "path");
        }
      }
      if (Nodes.set(source, "podCertificate")) {
        PodCertificateRules.source(
            source.path("podCertificate"), at.child("podCertificate"), certificates, errors);
      }
      downward(source.path("downwardAPI").path("items"), at.child("downwardAPI", "items"), errors);
    }
  }
}
