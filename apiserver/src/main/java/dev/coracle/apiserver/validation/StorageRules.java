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

/** Volumes and claims. */
final class StorageRules {

  private static final Set<String> MODES =
      Set.of("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod");
  private static final Set<String> VOLUME_MODES = Set.of("Block", "Filesystem");
  private static final Set<String> RECLAIM = Set.of("Delete", "Recycle", "Retain");
  private static final Set<String> NOT_SOURCES =
      Set.of(
          "accessModes",
          "capacity",
          "claimRef",
          "mountOptions",
          "nodeAffinity",
          "persistentVolumeReclaimPolicy",
          "storageClassName",
          "volumeMode",
          "volumeAttributesClassName");

  private static final String INLINE = " in the context of inline volumes";
  private static final List<String> NOT_INLINE =
      List.of(
          "claimRef", "capacity", "nodeAffinity", "storageClassName", "volumeAttributesClassName");

  private StorageRules() {}

  private static void modes(JsonNode spec, FieldPath path, String needed, FieldErrors errors) {
    if (!Nodes.has(spec, "accessModes")) {
      errors.required(path, "accessModes", needed);
    }
    boolean pod = false;
    boolean others = false;
    for (JsonNode mode : spec.path("accessModes")) {
      if (!MODES.contains(mode.asText())) {
        errors.unsupported(path, "accessModes", mode.asText(), MODES);
      } else if (mode.asText().equals("ReadWriteOncePod")) {
        pod = true;
      } else {
        others = true;
      }
    }
    if (pod && others) {
      errors.forbidden(path, "accessModes", "may not use ReadWriteOncePod with other access modes");
    }
    String mode = Nodes.text(spec, "volumeMode");
    if (!mode.isEmpty() && !VOLUME_MODES.contains(mode)) {
      errors.unsupported(path, "volumeMode", mode, VOLUME_MODES);
    }
  }

  static void claimSpec(JsonNode spec, FieldPath path, FieldErrors errors) {
    modes(spec, path, "at least 1 access mode is required", errors);
    if (Nodes.set(spec, "selector")) {
      SelectorRules.label(spec.path("selector"), path.child("selector"), errors);
    }
    JsonNode storage = spec.path("resources").path("requests").path("storage");
    FieldPath at = path.child("resources");
    BigDecimal amount = Nodes.quantity(storage);
    if (amount == null) {
      errors.required(at.key("storage"), "");
    } else if (amount.signum() <= 0) {
      errors.invalid(
          at.child("requests").key("storage"), "", storage.asText(), "must be greater than zero");
    }
    String name = Nodes.text(spec, "storageClassName");
    if (!name.isEmpty()) {
      errors.invalid(path, "storageClassName", name, NameRules.dnsSubdomain(name));
    }
  }

  static final class Claim implements KindRules {
    @Override
    public void check(ObjectNode claim, FieldErrors errors) {
      claimSpec(claim.path("spec"), FieldPath.SPEC, errors);
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      ObjectNode spec = Nodes.copy(now.path("spec"));
      ObjectNode old = Nodes.copy(before.path("spec"));
      BigDecimal size = storage(spec);
      BigDecimal was = storage(old);
      if (Nodes.text(old, "volumeName").isEmpty()) {
        copy(spec, old, "volumeName");
      }
      boolean bound = before.path("status").path("phase").asText("").equals("Bound");
      BigDecimal capacity = Nodes.quantity(before.path("status").path("capacity").path("storage"));
      for (ObjectNode s : List.of(spec, old)) {
        if (s.path("resources").path("requests") instanceof ObjectNode r) {
          r.remove("storage");
        }
        s.remove("volumeAttributesClassName");
      }
      if (!old.has("storageClassName")) {
        copy(spec, old, "storageClassName");
      }
      if (!Trees.equal(spec, old)) {
        errors.forbidden(
            FieldPath.ROOT,
            "spec",
            "spec is immutable after creation except resources.requests and"
                + " volumeAttributesClassName for bound claims\n"
                + Differences.of(spec, old));
      } else if (size != null && was != null && size.compareTo(was) != 0) {
        FieldPath at = FieldPath.SPEC.child("resources");
        if (!bound) {
          errors.forbidden(
              FieldPath.ROOT,
              "spec",
              "spec is immutable after creation except resources.requests and"
                  + " volumeAttributesClassName for bound claims\n");
        } else if (size.compareTo(was) < 0 && (capacity == null || size.compareTo(capacity) < 0)) {
          errors.forbidden(
              at.child("requests"), "storage", "field can not be less than status.capacity");
        }
      }
    }

    private static BigDecimal storage(JsonNode spec) {
      BigDecimal q = Nodes.quantity(spec.path("resources").path("requests").path("storage"));
      return q == null ? BigDecimal.ZERO : q;
    }

    private static void copy(ObjectNode from, ObjectNode to, String field) {
      JsonNode value = from.get(field);
      if (value != null) {
        to.set(field, value);
      }
    }
  }

  static final class Volume implements KindRules {
    @Override
    public void check(ObjectNode volume, FieldErrors errors) {
      JsonNode spec = volume.path("spec");
      modes(spec, FieldPath.SPEC, "", errors);
      if (!Nodes.has(spec, "capacity")) {
        errors.required(FieldPath.SPEC, "capacity");
      } else if (!spec.path("capacity").has("storage") || spec.path("capacity").size() > 1) {
        errors.unsupported(FieldPath.SPEC, "capacity", spec.path("capacity"), Set.of("storage"));
      }
      spec.path("capacity")
          .forEachEntry((name, value) -> {
            BigDecimal q = Nodes.quantity(value);
            if (q != null && q.signum() <= 0) {
              errors.invalid(
                  FieldPath.SPEC.child("capacity").key(name),
                  "",
                  value.asText(),
                  "must be greater than zero");
            }
          });
      String reclaim = Nodes.text(spec, "persistentVolumeReclaimPolicy");
      if (!reclaim.isEmpty() && !RECLAIM.contains(reclaim)) {
        errors.unsupported(FieldPath.SPEC, "persistentVolumeReclaimPolicy", reclaim, RECLAIM);
      }
      sources(spec, FieldPath.SPEC, errors);
      if (Nodes.set(spec, "nodeAffinity")) {
        FieldPath at = FieldPath.SPEC.child("nodeAffinity");
        if (!Nodes.set(spec.path("nodeAffinity"), "required")) {
          errors.required(at, "required", "must specify required node constraints");
        } else {
          SelectorRules.node(
              spec.path("nodeAffinity").path("required"), at.child("required"), errors);
        }
      }
    }

    /**
     * A volume that stands inside a VolumeAttachment: of CSI, and nothing that binds or sizes it.
     */
    static void inline(JsonNode spec, FieldPath path, FieldErrors errors) {
      for (String field : NOT_INLINE) {
        if (Nodes.has(spec, field)) {
          errors.forbidden(path, field, "may not be specified" + INLINE);
        }
      }
      if (!Nodes.set(spec, "csi")) {
        errors.required(path, "csi", "has to be specified" + INLINE);
      }
      modes(spec, path, "", errors);
      String reclaim = Nodes.text(spec, "persistentVolumeReclaimPolicy");
      if (!reclaim.isEmpty() && !reclaim.equals("Retain")) {
        errors.forbidden(path, "persistentVolumeReclaimPolicy", "may only be Retain" + INLINE);
      }
      String mode = Nodes.text(spec, "volumeMode");
      if (!mode.isEmpty() && !mode.equals("Filesystem")) {
        errors.forbidden(
            path, "volumeMode", "may not specify volumeMode other than Filesystem" + INLINE);
      }
      sources(spec, path, errors);
    }

    private static void sources(JsonNode spec, FieldPath path, FieldErrors errors) {
      int sources = 0;
      for (var e : spec.properties()) {
        if (!NOT_SOURCES.contains(e.getKey()) && !e.getValue().isNull()) {
          if (sources++ > 0) {
            errors.forbidden(path, e.getKey(), "may not specify more than 1 volume type");
          } else {
            source(e.getKey(), e.getValue(), spec, path, errors);
          }
        }
      }
      if (sources == 0) {
        errors.required(path, "", "must specify a volume type");
      }
    }

    private static void source(
        String kind, JsonNode s, JsonNode spec, FieldPath path, FieldErrors errors) {
      FieldPath at = path.child(kind);
      switch (kind) {
        case "hostPath" -> {
          String where = Nodes.text(s, "path");
          if (where.isEmpty()) {
            errors.required(at, "path");
          } else if (java.util.Arrays.asList(where.split("/")).contains("..")) {
            errors.invalid(at, "path", where, "must not contain '..'");
          }
        }
        case "local" -> {
          if (Nodes.text(s, "path").isEmpty()) {
            errors.required(at, "path");
          }
          if (!Nodes.set(spec, "nodeAffinity")) {
            errors.required(path, "nodeAffinity", "Local volume requires node affinity");
          }
        }
        case "nfs" -> {
          if (Nodes.text(s, "server").isEmpty()) {
            errors.required(at, "server");
          }
          if (Nodes.text(s, "path").isEmpty()) {
            errors.required(at, "path");
          }
        }
        case "csi" -> {
          if (Nodes.text(s, "driver").isEmpty()) {
            errors.required(at, "driver");
          }
          if (Nodes.text(s, "volumeHandle").isEmpty()) {
            errors.required(at, "volumeHandle");
          }
        }
        default -> {}
      }
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      ObjectNode a = sources(now.path("spec"));
      ObjectNode b = sources(before.path("spec"));
      if (!Trees.equal(a, b)) {
        errors.forbidden(
            FieldPath.SPEC,
            "persistentvolumesource",
            "spec.persistentvolumesource is immutable after creation\n" + Differences.of(a, b));
      }
      MetaRules.immutable(
          now.path("spec"), before.path("spec"), FieldPath.SPEC, "volumeMode", errors);
      if (Nodes.set(before.path("spec"), "nodeAffinity")) {
        MetaRules.immutable(
            now.path("spec"), before.path("spec"), FieldPath.SPEC, "nodeAffinity", errors);
      }
    }

    private static ObjectNode sources(JsonNode spec) {
      ObjectNode out = Nodes.copy(spec);
      out.remove(NOT_SOURCES);
      return out;
    }
  }
}
