package dev.coracle.controllers.internal.statefulset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.controllers.internal.pods.PodControl;
import dev.coracle.controllers.internal.revisions.TemplateRevisions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What makes a StatefulSet's pods: names by ordinal, claims of their own, labels. */
final class StatefulPods {

  private StatefulPods() {}

  /** The ordinal in the pod's name, -1 for a pod of another name. */
  static int ordinal(KubeObject set, String pod) {
    String prefix = set.name() + "-";
    if (!pod.startsWith(prefix)) {
      return -1;
    }
    try {
      String number = pod.substring(prefix.length());
      int ordinal = Integer.parseInt(number);
      return Integer.toString(ordinal).equals(number) ? ordinal : -1;
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /** Whether a claim of this name is one of the set's, by a template's name and an ordinal. */
  static boolean isClaim(KubeObject set, String claim) {
    for (JsonNode template : set.at("spec", "volumeClaimTemplates")) {
      String prefix = template.path("metadata").path("name").asText() + "-";
      if (claim.startsWith(prefix) && ordinal(set, claim.substring(prefix.length())) >= 0) {
        return true;
      }
    }
    return false;
  }

  static KubeObject pod(KubeObject set, int ordinal, KubeObject revision) {
    String name = set.name() + "-" + ordinal;
    return PodControl.fromTemplate(
        revision.at("data", "spec", "template"),
        set,
        node -> {
          ObjectNode metadata = node.withObjectProperty("metadata");
          metadata.remove("generateName");
          metadata.put("name", name);
          metadata
              .withObjectProperty("labels")
              .put("statefulset.kubernetes.io/pod-name", name)
              .put("apps.kubernetes.io/pod-index", Integer.toString(ordinal))
              .put(TemplateRevisions.LABEL, revision.name());
          ObjectNode spec = node.withObjectProperty("spec");
          spec.put("hostname", name);
          if (!set.text("spec", "serviceName").isEmpty()) {
            spec.put("subdomain", set.text("spec", "serviceName"));
          }
          claimVolumes(set, ordinal, spec);
        });
  }

  private static void claimVolumes(KubeObject set, int ordinal, ObjectNode spec) {
    JsonNode templates = set.at("spec", "volumeClaimTemplates");
    if (templates.isEmpty()) {
      return;
    }
    Set<String> claimed = new HashSet<>();
    templates.forEach(t -> claimed.add(t.path("metadata").path("name").asText()));
    ArrayNode volumes = dev.coracle.api.Json.array();
    spec.path("volumes")
        .forEach(v -> {
          if (!claimed.contains(v.path("name").asText())) {
            volumes.add(v);
          }
        });
    for (String volume : claimed.stream().sorted().toList()) {
      volumes
          .addObject()
          .put("name", volume)
          .putObject("persistentVolumeClaim")
          .put("claimName", claimName(set, volume, ordinal));
    }
    spec.set("volumes", volumes);
  }

  private static String claimName(KubeObject set, String volume, int ordinal) {
    return volume + "-" + set.name() + "-" + ordinal;
  }

  /** The claims this pod needs. */
  static List<KubeObject> claims(KubeObject set, int ordinal) {
    List<KubeObject> out = new ArrayList<>();
    for (JsonNode template : set.at("spec", "volumeClaimTemplates")) {
      String volume = template.path("metadata").path("name").asText();
      out.add(
          KubeObject.create(
              new GroupVersionKind("", "v1", "PersistentVolumeClaim"),
              set.namespace(),
              claimName(set, volume, ordinal),
              node -> {
                ObjectNode metadata = node.withObjectProperty("metadata");
                ObjectNode labels = metadata.putObject("labels");
                KubeObject.strings(template.path("metadata").path("labels")).forEach(labels::put);
                KubeObject.strings(set.at("spec", "selector", "matchLabels")).forEach(labels::put);
                JsonNode annotations = template.path("metadata").path("annotations");
                if (!annotations.isEmpty()) {
                  metadata.set("annotations", annotations.deepCopy());
                }
                if (set.text("spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted")
                    .equals("Delete")) {
                  metadata
                      .putArray("ownerReferences")
                      .add(OwnerReference.controlledBy(set).toJson());
                }
                node.set("spec", template.path("spec").deepCopy());
              }));
    }
    return out;
  }
}
