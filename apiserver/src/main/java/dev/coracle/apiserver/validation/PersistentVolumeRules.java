package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.patch.Trees;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** PersistentVolumes, and those that stand inside a VolumeAttachment. */
final class PersistentVolumeRules implements KindRules {

  private static final Set<String> RECLAIM = Set.of("Delete", "Recycle", "Retain");

  /** The kinds of volumes in the order in which upstream looks for them. */
  private static final List<String> SOURCES =
      List.of(
          "hostPath",
          "gcePersistentDisk",
          "awsElasticBlockStore",
          "glusterfs",
          "flocker",
          "nfs",
          "rbd",
          "quobyte",
          "cephfs",
          "iscsi",
          "cinder",
          "fc",
          "flexVolume",
          "azureFile",
          "vsphereVolume",
          "photonPersistentDisk",
          "portworxVolume",
          "azureDisk",
          "scaleIO",
          "local",
          "storageos",
          "csi");

  private static final List<String> SECRETS =
      List.of(
          "controllerPublishSecretRef",
          "controllerExpandSecretRef",
          "nodePublishSecretRef",
          "nodeExpandSecretRef");
  private static final Map<String, String> RENAMED =
      Map.of(
          "failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone",
          "failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region",
          "beta.kubernetes.io/os", "kubernetes.io/os",
          "beta.kubernetes.io/arch", "kubernetes.io/arch",
          "beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type");
  private static final String INLINE = "may not be specified in the context of inline volumes";

  @Override
  public void check(ObjectNode volume, FieldErrors errors) {
    spec(volume, false, errors);
  }

  @Override
  public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
    FieldErrors old = new FieldErrors();
    affinity(before.path("spec"), false, old);
    FieldErrors lax = new FieldErrors();
    affinity(before.path("spec"), true, lax);
    spec(now, old.causes().size() > lax.causes().size(), errors);
    checkUpdate(now, before, errors);
  }

  private static void spec(ObjectNode volume, boolean anyValues, FieldErrors errors) {
    JsonNode spec = volume.path("spec");
    FieldPath path = FieldPath.SPEC;
    access(spec, path, errors);
    if (!Nodes.has(spec, "capacity")) {
      errors.required(path, "capacity");
    }
    JsonNode capacity = spec.path("capacity");
    if (!capacity.has("storage") || capacity.size() > 1) {
      errors.unsupported(
          path, "capacity", capacity.isMissingNode() ? Nodes.NULL : capacity, List.of("storage"));
    }
    capacity.forEachEntry((name, value) -> {
      FieldPath at = path.child("capacity").key(name);
      ResourceRules.basic(value, at, errors);
      BigDecimal q = Nodes.quantity(value);
      if (q != null && q.signum() <= 0) {
        errors.invalid(at, "", value.asText(), "must be greater than zero");
      }
    });
    String reclaim = Nodes.text(spec, "persistentVolumeReclaimPolicy");
    if (!reclaim.isEmpty() && !RECLAIM.contains(reclaim)) {
      errors.unsupported(path, "persistentVolumeReclaimPolicy", reclaim, RECLAIM);
    }
    affinity(spec, anyValues, errors);
    sources(spec, Nodes.text(volume.path("metadata"), "name"), path, errors);
    String className = Nodes.text(spec, "storageClassName");
    if (!className.isEmpty()) {
      errors.invalid(path, "storageClassName", className, NameRules.dnsSubdomain(className));
    }
    VolumeModes.form(spec, path, errors);
    attributes(spec, path, errors);
  }

  private static void access(JsonNode spec, FieldPath path, FieldErrors errors) {
    if (!Nodes.has(spec, "accessModes")) {
      errors.required(path, "accessModes");
    }
    VolumeModes.access(spec, path, errors);
  }

  private static void affinity(JsonNode spec, boolean anyValues, FieldErrors errors) {
    if (!Nodes.set(spec, "nodeAffinity")) {
      return;
    }
    FieldPath at = FieldPath.SPEC.child("nodeAffinity");
    JsonNode required = spec.path("nodeAffinity").path("required");
    if (!required.isObject()) {
      errors.required(at, "required", "must specify required node constraints");
    } else if (anyValues) {
      SelectorRules.node(required, at.child("required"), errors);
    } else {
      SelectorRules.strictNode(required, at.child("required"), errors);
    }
  }

  private static void attributes(JsonNode spec, FieldPath path, FieldErrors errors) {
    if (!Nodes.set(spec, "volumeAttributesClassName")) {
      return;
    }
    String attributes = Nodes.text(spec, "volumeAttributesClassName");
    if (attributes.isEmpty()) {
      errors.required(path, "volumeAttributesClassName", "an empty string is disallowed");
    } else {
      errors.invalid(
          path, "volumeAttributesClassName", attributes, NameRules.dnsSubdomain(attributes));
    }
    if (!Nodes.set(spec, "csi")) {
      errors.required(path, "csi", "has to be specified when using volumeAttributesClassName");
    }
  }

  /** A volume that stands inside a VolumeAttachment: of CSI, and nothing that binds or sizes it. */
  static void inline(JsonNode spec, FieldPath path, FieldErrors errors) {
    for (String field : List.of("claimRef", "capacity")) {
      if (Nodes.has(spec, field)) {
        errors.forbidden(path, field, INLINE);
      }
    }
    if (!Nodes.set(spec, "csi")) {
      errors.required(path, "csi", "has to be specified in the context of inline volumes");
    }
    access(spec, path, errors);
    String reclaim = Nodes.text(spec, "persistentVolumeReclaimPolicy");
    if (!reclaim.isEmpty() && !reclaim.equals("Retain")) {
      errors.forbidden(
          path,
          "persistentVolumeReclaimPolicy",
          "may only be Retain in the context of inline volumes");
    }
    if (Nodes.set(spec, "nodeAffinity")) {
      errors.forbidden(path, "nodeAffinity", INLINE);
    }
    sources(spec, "", path, errors);
    if (Nodes.has(spec, "storageClassName")) {
      errors.forbidden(path, "storageClassName", INLINE);
    }
    if (Nodes.set(spec, "volumeMode") && !Nodes.text(spec, "volumeMode").equals("Filesystem")) {
      errors.forbidden(
          path,
          "volumeMode",
          "may not specify volumeMode other than Filesystem in the context of inline volumes");
    }
    attributes(spec, path, errors);
  }

  private static void sources(JsonNode spec, String name, FieldPath path, FieldErrors errors) {
    int sources = 0;
    for (String kind : SOURCES) {
      if (!Nodes.set(spec, kind)) {
        continue;
      }
      // A flexVolume beside another one is the one case in which both are looked at.
      if (sources++ > 0 && !kind.equals("flexVolume")) {
        errors.forbidden(
            path,
            kind.equals("cephfs") ? "cephFS" : kind,
            "may not specify more than 1 volume type");
      } else {
        source(kind, spec, name, path, errors);
      }
    }
    if (sources == 0) {
      errors.required(path, "", "must specify a volume type");
    }
    String host = Nodes.text(spec.path("hostPath"), "path");
    if (host.matches("/[/.]*")
        && Nodes.text(spec, "persistentVolumeReclaimPolicy").equals("Recycle")) {
      errors.forbidden(
          path,
          "persistentVolumeReclaimPolicy",
          "may not be 'recycle' for a hostPath mount of '/'");
    }
  }

  private static void source(
      String kind, JsonNode spec, String name, FieldPath path, FieldErrors errors) {
    JsonNode s = spec.path(kind);
    switch (kind) {
      case "csi" -> csi(s, path.child(kind), errors);
      case "gcePersistentDisk" ->
          VolumeSourceRules.check(kind, s, path.child("persistentDisk"), name, errors);
      default -> VolumeSourceRules.check(kind, s, path.child(kind), name, errors);
    }
    if (kind.equals("local") && !Nodes.set(spec, "nodeAffinity")) {
      errors.required(path, "nodeAffinity", "Local volume requires node affinity");
    }
  }

  private static void csi(JsonNode s, FieldPath at, FieldErrors errors) {
    CsiRules.driverName(Nodes.text(s, "driver"), at.child("driver"), errors);
    if (!Nodes.has(s, "volumeHandle")) {
      errors.required(at, "volumeHandle");
    }
    for (String field : SECRETS) {
      if (!Nodes.set(s, field)) {
        continue;
      }
      String secret = Nodes.text(s.path(field), "name");
      if (secret.isEmpty()) {
        errors.required(at.child(field), "name");
      } else {
        errors.invalid(at.child(field), "name", secret, NameRules.dnsSubdomain(secret));
      }
      String namespace = Nodes.text(s.path(field), "namespace");
      if (namespace.isEmpty()) {
        errors.required(at.child(field), "namespace");
      } else {
        errors.invalid(at.child(field), "namespace", namespace, NameRules.dnsLabel(namespace));
      }
    }
  }

  @Override
  public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
    JsonNode spec = now.path("spec");
    JsonNode old = before.path("spec");
    ObjectNode a = Nodes.copy(spec).retain(SOURCES);
    ObjectNode b = Nodes.copy(old).retain(SOURCES);
    if (a.get("csi") instanceof ObjectNode csi
        && b.path("csi").isObject()
        && !Nodes.set(b.path("csi"), "controllerExpandSecretRef")) {
      csi.remove("controllerExpandSecretRef");
    }
    if (!Trees.equal(a, b)) {
      errors.forbidden(
          FieldPath.SPEC,
          "persistentvolumesource",
          "spec.persistentvolumesource is immutable after creation\n" + Differences.of(a, b));
    }
    MetaRules.immutable(spec, old, FieldPath.ROOT, "volumeMode", errors);
    if (Nodes.set(old, "nodeAffinity")) {
      moved(spec.path("nodeAffinity"), old.path("nodeAffinity"), errors);
    }
    if (Nodes.set(old, "volumeAttributesClassName")
        && !Nodes.set(spec, "volumeAttributesClassName")) {
      errors.forbidden(
          FieldPath.SPEC,
          "volumeAttributesClassName",
          "update from non-nil value to nil is forbidden");
    }
  }

  /** Where a volume is stays, but labels of nodes may be called as they are now. */
  private static void moved(JsonNode now, JsonNode before, FieldErrors errors) {
    ObjectNode renamed = Nodes.copy(before);
    JsonNode terms = renamed.path("required").path("nodeSelectorTerms");
    for (int i = 0; i < terms.size(); i++) {
      JsonNode fresh = now.path("required").path("nodeSelectorTerms").path(i);
      for (String list : List.of("matchExpressions", "matchFields")) {
        JsonNode requirements = terms.path(i).path(list);
        for (int k = 0; k < requirements.size(); k++) {
          String today = Nodes.text(fresh.path(list).path(k), "key");
          if (requirements.get(k) instanceof ObjectNode requirement
              && today.equals(RENAMED.get(Nodes.text(requirement, "key")))) {
            requirement.put("key", today);
          }
        }
      }
    }
    if (!Trees.equal(now, renamed)) {
      errors.invalid(
          FieldPath.ROOT,
          "nodeAffinity",
          now.isMissingNode() ? Nodes.NULL : now,
          "field is immutable, except for updating from beta label to GA");
    }
  }
}
