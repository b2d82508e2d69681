package dev.coracle.apiserver.internal.table;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StorageClasses;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/** Volumes, claims and their classes. */
final class StoragePrinters {

  /** How access modes are written in a cell, in the order they are. */
  private static final SequencedMap<String, String> MODES = new LinkedHashMap<>();

  static {
    MODES.put("ReadWriteOnce", "RWO");
    MODES.put("ReadOnlyMany", "ROX");
    MODES.put("ReadWriteMany", "RWX");
    MODES.put("ReadWriteOncePod", "RWOP");
  }

  private StoragePrinters() {}

  static void add(Map<String, Printer> to) {
    to.put(
        "persistentvolumes",
        Printer.of(
            List.of(
                Column.NAME,
                Column.of("Capacity"),
                Column.of("Access Modes"),
                Column.of("Reclaim Policy"),
                Column.of("Status"),
                Column.of("Claim"),
                Column.of("StorageClass"),
                Column.of("VolumeAttributesClass"),
                Column.of("Reason"),
                Column.AGE,
                Column.wide("VolumeMode")),
            (o, ages) -> {
              JsonNode claim = o.at("spec", "claimRef");
              String to2 =
                  claim.isObject()
                      ? claim.path("namespace").asText("") + "/" + claim.path("name").asText("")
                      : "";
              return List.of(
                  o.name(),
                  o.text("spec", "capacity", "storage"),
                  modes(o.at("spec", "accessModes")),
                  o.text("spec", "persistentVolumeReclaimPolicy"),
                  phase(o),
                  to2,
                  StorageClasses.of(o),
                  unset(o.text("spec", "volumeAttributesClassName")),
                  o.text("status", "reason"),
                  ages.of(o),
                  unset(o.text("spec", "volumeMode")));
            }));
    to.put(
        "persistentvolumeclaims",
        Printer.of(
            List.of(
                Column.NAME,
                Column.of("Status"),
                Column.of("Volume"),
                Column.of("Capacity"),
                Column.of("Access Modes"),
                Column.of("StorageClass"),
                Column.of("VolumeAttributesClass"),
                Column.AGE,
                Column.wide("VolumeMode")),
            (o, ages) -> {
              boolean named = !o.text("spec", "volumeName").isEmpty();
              return List.of(
                  o.name(),
                  phase(o),
                  o.text("spec", "volumeName"),
                  named ? o.at("status", "capacity", "storage").asText("0") : "",
                  named ? modes(o.at("status", "accessModes")) : "",
                  StorageClasses.of(o),
                  unset(o.text("spec", "volumeAttributesClassName")),
                  ages.of(o),
                  unset(o.text("spec", "volumeMode")));
            }));
    to.put(
        "storageclasses.storage.k8s.io",
        Printer.of(
            List.of(
                Column.NAME,
                Column.of("Provisioner"),
                Column.of("ReclaimPolicy"),
                Column.of("VolumeBindingMode"),
                Column.of("AllowVolumeExpansion"),
                Column.AGE),
            (o, ages) -> {
              String reclaim = o.text("reclaimPolicy");
              String mode = o.text("volumeBindingMode");
              return List.of(
                  name(o, "storageclass", "storageclass.beta"),
                  o.text("provisioner"),
                  reclaim.isEmpty() ? "Delete" : reclaim,
                  mode.isEmpty() ? "Immediate" : mode,
                  o.at("allowVolumeExpansion").asBoolean(false),
                  ages.of(o));
            }));
    to.put(
        "volumeattributesclasses.storage.k8s.io",
        Printer.of(
            List.of(Column.NAME, Column.of("DriverName"), Column.AGE),
            (o, ages) ->
                List.of(name(o, "volumeattributesclass.alpha"), o.text("driverName"), ages.of(o))));
    to.put(
        "csistoragecapacities.storage.k8s.io",
        Printer.of(
            List.of(Column.NAME, Column.of("StorageClassName"), Column.of("Capacity")),
            (o, ages) -> List.of(o.name(), o.text("storageClassName"), unset(o.text("capacity")))));
    to.put(
        "volumeattachments.storage.k8s.io",
        Printer.of(
            List.of(
                Column.NAME,
                new Column("Attacher", "string", "name", "Attacher", 0),
                Column.of("PV"),
                Column.of("Node"),
                Column.bool("Attached"),
                Column.AGE),
            (o, ages) ->
                List.of(
                    o.name(), o.text("spec", "attacher"),
                    o.text("spec", "source", "persistentVolumeName"), o.text("spec", "nodeName"),
                    o.at("status", "attached").asBoolean(false), ages.of(o))));
    to.put(
        "csinodes.storage.k8s.io",
        Printer.of(
            List.of(Column.NAME, Column.integer("Drivers"), Column.AGE),
            (o, ages) -> List.of(o.name(), (long) o.at("spec", "drivers").size(), ages.of(o))));
    to.put(
        "csidrivers.storage.k8s.io",
        Printer.of(
            List.of(
                Column.NAME,
                Column.bool("AttachRequired"),
                Column.bool("PodInfoOnMount"),
                Column.bool("StorageCapacity"),
                Column.of("TokenRequests"),
                Column.bool("RequiresRepublish"),
                Column.of("Modes"),
                Column.AGE),
            (o, ages) ->
                List.of(
                    o.name(),
                    o.at("spec", "attachRequired").asBoolean(true),
                    o.at("spec", "podInfoOnMount").asBoolean(false),
                    o.at("spec", "storageCapacity").asBoolean(false),
                    unset(Cells.join(o.at("spec", "tokenRequests"), "audience")),
                    o.at("spec", "requiresRepublish").asBoolean(false),
                    Cells.orNone(Cells.texts(o.at("spec", "volumeLifecycleModes"))),
                    ages.of(o))));
  }

  /** The name of a class, with a word where an annotation makes it what claims get by default. */
  private static String name(KubeObject o, String... prefixes) {
    boolean standard =
        Arrays.stream(prefixes)
            .anyMatch(
                p -> o.annotation(p + ".kubernetes.io/is-default-class").orElse("").equals("true"));
    return standard ? o.name() + " (default)" : o.name();
  }

  private static String phase(KubeObject o) {
    return o.isDeleting() ? "Terminating" : o.text("status", "phase");
  }

  private static String unset(String text) {
    return Cells.orUnset(text);
  }

  private static String modes(JsonNode modes) {
    Set<String> said = new HashSet<>();
    modes.forEach(m -> said.add(m.asText("")));
    List<String> out = new ArrayList<>();
    MODES.forEach((mode, letters) -> {
      if (said.contains(mode)) {
        out.add(letters);
      }
    });
    return String.join(",", out);
  }
}
