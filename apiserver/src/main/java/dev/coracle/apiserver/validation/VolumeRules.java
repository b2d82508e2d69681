package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The volumes of a Pod. */
final class VolumeRules {

  /** The kinds of volumes in the order in which upstream looks for them. */
  private static final List<String> SOURCES =
      List.of(
          "emptyDir",
          "hostPath",
          "gitRepo",
          "gcePersistentDisk",
          "awsElasticBlockStore",
          "secret",
          "nfs",
          "iscsi",
          "glusterfs",
          "flocker",
          "persistentVolumeClaim",
          "rbd",
          "cinder",
          "cephfs",
          "quobyte",
          "downwardAPI",
          "fc",
          "flexVolume",
          "configMap",
          "azureFile",
          "vsphereVolume",
          "photonPersistentDisk",
          "portworxVolume",
          "azureDisk",
          "storageos",
          "projected",
          "scaleIO",
          "csi",
          "ephemeral",
          "image");

  private static final Set<String> DOWNWARD =
      Set.of(
          "metadata.name",
          "metadata.namespace",
          "metadata.uid",
          "metadata.labels",
          "metadata.annotations");

  private static final List<String> PULL = List.of("Always", "IfNotPresent", "Never");

  private VolumeRules() {}

  /**
   * Gives back those with which nothing is wrong by their names, for the mounts to refer to.
   *
   * @param pod of a Pod, whose claims are named after it; empty for a template
   */
  static Map<String, JsonNode> check(
      JsonNode volumes, String pod, FieldPath path, FieldErrors errors) {
    Map<String, JsonNode> good = new HashMap<>();
    int i = 0;
    for (JsonNode v : volumes) {
      FieldPath at = path.index(i++);
      String name = Nodes.text(v, "name");
      int before = errors.causes().size();
      source(v, at, errors);
      ofPod(v, name, pod, at, errors);
      if (name.isEmpty()) {
        errors.required(at, "name");
      } else {
        errors.invalid(at, "name", name, NameRules.dnsLabel(name));
      }
      if (good.containsKey(name)) {
        errors.duplicate(at, "name", name);
      }
      if (errors.causes().size() == before) {
        good.put(name, v);
      }
      String claim = Nodes.text(v.path("persistentVolumeClaim"), "claimName");
      if (!pod.isEmpty() && isMade(claim, pod, volumes)) {
        errors.invalid(
            at.child("persistentVolumeClaim"),
            "claimName",
            claim,
            "must not reference a PVC that gets created for an ephemeral volume");
      }
    }
    return good;
  }

  private static boolean isMade(String claim, String pod, JsonNode volumes) {
    for (JsonNode v : volumes) {
      if (Nodes.set(v, "ephemeral") && claim.equals(pod + "-" + Nodes.text(v, "name"))) {
        return true;
      }
    }
    return false;
  }

  /** What a volume's own name, or that of its Pod, has to do with it. */
  private static void ofPod(
      JsonNode volume, String name, String pod, FieldPath at, FieldErrors errors) {
    JsonNode iscsi = volume.path("iscsi");
    if (Nodes.set(iscsi, "initiatorName")
        && VolumeSourceRules.isTooLong(name, Nodes.text(iscsi, "targetPortal"))) {
      errors.invalid(at, "name", name, VolumeSourceRules.TOO_LONG_TOGETHER);
    }
    if (pod.isEmpty()) {
      return;
    }
    if (Nodes.set(volume, "image") && !Nodes.has(volume.path("image"), "reference")) {
      errors.required(at.child("image"), "reference");
    }
    if (Nodes.set(volume, "ephemeral") && !name.isEmpty()) {
      String claim = pod + "-" + name;
      for (String problem : NameRules.dnsSubdomain(claim)) {
        errors.invalid(at, "name", name, "PVC name \"" + claim + "\": " + problem);
      }
    }
  }

  private static void source(JsonNode volume, FieldPath at, FieldErrors errors) {
    List<String> kinds = new ArrayList<>(1);
    for (var e : volume.properties()) {
      if (!e.getKey().equals("name") && !e.getValue().isNull()) {
        kinds.add(e.getKey());
      }
    }
    if (kinds.isEmpty()) {
      errors.required(at, "", "must specify a volume type");
      return;
    }
    if (kinds.size() > 1) {
      kinds.sort(Comparator.comparingInt(SOURCES::indexOf));
    }
    source(kinds.getFirst(), volume.path(kinds.getFirst()), at, errors);
    for (String other : kinds.subList(1, kinds.size())) {
      errors.forbidden(at, misspelt(other), "may not specify more than 1 volume type");
    }
  }

  /** As upstream writes the field where there is more than one. */
  private static String misspelt(String kind) {
    return switch (kind) {
      case "cephfs" -> "cephFS";
      case "downwardAPI" -> "downwarAPI";
      default -> kind;
    };
  }

  private static void source(String kind, JsonNode s, FieldPath at, FieldErrors errors) {
    FieldPath p = at.child(kind.equals("gcePersistentDisk") ? "persistentDisk" : kind);
    switch (kind) {
      case "secret", "configMap" -> {
        String name = kind.equals("secret") ? "secretName" : "name";
        if (Nodes.text(s, name).isEmpty()) {
          errors.required(p, name);
        }
        mode(s, "defaultMode", p, errors);
        items(s.path("items"), p.child("items"), errors);
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
      case "gitRepo" -> {
        if (Nodes.text(s, "repository").isEmpty()) {
          errors.required(p, "repository");
        }
        localPath(Nodes.text(s, "directory"), p, "directory", errors);
      }
      case "projected" -> ProjectedVolumeRules.check(s, p, errors);
      case "downwardAPI" -> {
        mode(s, "defaultMode", p, errors);
        for (JsonNode item : s.path("items")) {
          downward(item, p, errors);
        }
      }
      case "csi" -> csi(s, p, errors);
      case "ephemeral" -> {
        if (Nodes.set(s, "volumeClaimTemplate")) {
          claimTemplate(s.path("volumeClaimTemplate"), p.child("volumeClaimTemplate"), errors);
        } else {
          errors.required(p, "volumeClaimTemplate");
        }
      }
      case "image" -> PodSpecRules.choice(s, "pullPolicy", PULL, p, errors);
      default -> VolumeSourceRules.check(kind, s, p, "", errors);
    }
  }

  /** Its path of the secret's name is upstream's. */
  private static void csi(JsonNode s, FieldPath p, FieldErrors errors) {
    CsiRules.driverName(Nodes.text(s, "driver"), p.child("driver"), errors);
    if (Nodes.set(s, "nodePublishSecretRef")) {
      String name = Nodes.text(s.path("nodePublishSecretRef"), "name");
      if (name.isEmpty()) {
        errors.required(p.child("nodePublishSecretRef"), "name");
      } else {
        errors.invalid(p, "name", name, NameRules.dnsSubdomain(name));
      }
    }
  }

  private static void claimTemplate(JsonNode template, FieldPath p, FieldErrors errors) {
    JsonNode meta = template.path("metadata");
    FieldPath at = p.child("metadata");
    MetaRules.annotations(meta.path("annotations"), at, errors);
    MetaRules.labels(meta.path("labels"), at, "labels", errors);
    for (var e : meta.properties()) {
      String field = e.getKey();
      if (!field.equals("labels") && !field.equals("annotations") && Nodes.has(meta, field)) {
        errors.forbidden(at, field.equals("uid") ? "uID" : field, "cannot be set");
      }
    }
    ClaimRules.spec(template.path("spec"), p.child("spec"), errors);
  }

  static void mode(JsonNode source, String field, FieldPath path, FieldErrors errors) {
    if (Nodes.set(source, field)) {
      int mode = source.path(field).asInt();
      if (mode < 0 || mode > 0777) {
        errors.invalid(
            path, field, mode, "must be a number between 0 and 0777 (octal), both inclusive");
      }
    }
  }

  static void items(JsonNode items, FieldPath path, FieldErrors errors) {
    int i = 0;
    for (JsonNode item : items) {
      FieldPath at = path.index(i++);
      if (Nodes.text(item, "key").isEmpty()) {
        errors.required(at, "key");
      }
      String file = Nodes.text(item, "path");
      if (file.isEmpty()) {
        errors.required(at, "path");
      }
      localPath(file, at, "path", errors);
      mode(item, "mode", at, errors);
    }
  }

  /** A file's path below its volume. */
  static void localPath(String path, FieldPath at, String field, FieldErrors errors) {
    if (path.startsWith("/")) {
      errors.invalid(at, field, path, "must be a relative path");
    }
    if (Arrays.asList(path.split("/")).contains("..")) {
      errors.invalid(at, field, path, "must not contain '..'");
    }
    if (path.startsWith("..") && !path.startsWith("../")) {
      errors.invalid(at, field, path, "must not start with '..'");
    }
  }

  /** A file that tells of its own pod. Upstream's paths do not say which file it is. */
  static void downward(JsonNode item, FieldPath at, FieldErrors errors) {
    String file = Nodes.text(item, "path");
    if (file.isEmpty()) {
      errors.required(at, "path");
    }
    localPath(file, at, "path", errors);
    if (Nodes.set(item, "fieldRef")) {
      EnvironmentRules.fieldRef(item.path("fieldRef"), at.child("fieldRef"), DOWNWARD, errors);
      if (Nodes.set(item, "resourceFieldRef")) {
        errors.invalid(
            at,
            "",
            "resource",
            "fieldRef and resourceFieldRef can not be specified simultaneously");
      }
    } else if (Nodes.set(item, "resourceFieldRef")) {
      EnvironmentRules.resource(
          item.path("resourceFieldRef"), at.child("resourceFieldRef"), true, errors);
    } else {
      errors.required(at, "", "one of fieldRef and resourceFieldRef is required");
    }
    mode(item, "mode", at, errors);
  }
}
