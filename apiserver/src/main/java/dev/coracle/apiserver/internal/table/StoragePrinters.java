package dev.coracle.apiserver.internal.table;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Volumes, claims and their classes. */
final class StoragePrinters {

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
                  storageClass(o),
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
              boolean bound = !o.text("spec", "volumeName").isEmpty();
              return List.of(
                  o.name(),
                  phase(o),
                  o.text("spec", "volumeName"),
                  bound ? o.text("status", "capacity", "storage") : "",
                  bound ? modes(o.at("status", "accessModes")) : "",
                  storageClass(o),
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
              boolean standard =
                  o.annotation("storageclass.kubernetes.io/is-default-class")
                      .orElse("")
                      .equals("true");
              String reclaim = o.text("reclaimPolicy");
              String mode = o.text("volumeBindingMode");
              return List.of(
                  standard ? o.name() + " (default)" : o.name(),
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
            (o, ages) -> List.of(o.name(), o.text("driverName"), ages.of(o))));
    to.put(
        "volumeattachments.storage.k8s.io",
        Printer.of(
            List.of(
                Column.NAME,
                Column.of("Attacher"),
                Column.of("PV"),
                Column.of("Node"),
                Column.of("Attached"),
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
                Column.of("AttachRequired"),
                Column.of("PodInfoOnMount"),
                Column.of("StorageCapacity"),
                Column.of("TokenRequests"),
                Column.of("RequiresRepublish"),
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

  private static String phase(KubeObject o) {
    return o.isDeleting() ? "Terminating" : o.text("status", "phase");
  }

  private static String unset(String text) {
    return Cells.orUnset(text);
  }

  private static String storageClass(KubeObject o) {
    return o.annotation("volume.beta.kubernetes.io/storage-class")
        .orElse(o.text("spec", "storageClassName"));
  }

  private static String modes(JsonNode modes) {
    List<String> out = new ArrayList<>();
    for (JsonNode m : modes) {
      out.add(
          switch (m.asText("")) {
            case "ReadWriteOnce" -> "RWO";
            case "ReadOnlyMany" -> "ROX";
            case "ReadWriteMany" -> "RWX";
            case "ReadWriteOncePod" -> "RWOP";
            default -> m.asText("");
          });
    }
    return String.join(",", out);
  }
}
