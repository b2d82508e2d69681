package dev.coracle.controllers.internal.statefulset;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controllers.internal.pods.Pods;
import dev.coracle.controllers.internal.revisions.TemplateRevisions;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * What one reconciliation of a StatefulSet works on: the set, its pods by ordinal, two revisions.
 */
record Turn(
    KubeObject set,
    Map<Integer, KubeObject> pods,
    KubeObject current,
    KubeObject update,
    Instant now) {

  int start() {
    return set.at("spec", "ordinals", "start").asInt(0);
  }

  int replicas() {
    return set.at("spec", "replicas").asInt(1);
  }

  int end() {
    return start() + replicas();
  }

  boolean ordered() {
    return !set.text("spec", "podManagementPolicy").equals("Parallel");
  }

  boolean rolling() {
    return !set.text("spec", "updateStrategy", "type").equals("OnDelete");
  }

  /** The first ordinal that an update reaches. */
  int firstUpdated() {
    return start() + set.at("spec", "updateStrategy", "rollingUpdate", "partition").asInt(0);
  }

  int maxUnavailable() {
    JsonNode value = set.at("spec", "updateStrategy", "rollingUpdate", "maxUnavailable");
    String text = value.asText("1");
    int count =
        text.endsWith("%")
            ? (int)
                Math.floor(
                    Integer.parseInt(text.substring(0, text.length() - 1)) * replicas() / 100.0)
            : value.asInt(1);
    return Math.max(1, count);
  }

  boolean isUpdated(KubeObject pod) {
    return update.name().equals(pod.labels().get(TemplateRevisions.LABEL));
  }

  boolean isCurrent(KubeObject pod) {
    return current.name().equals(pod.labels().get(TemplateRevisions.LABEL));
  }

  /** New pods below the partition still get the old template. */
  KubeObject revisionFor(int ordinal) {
    return rolling() && ordinal < firstUpdated() ? current : update;
  }

  boolean isCondemned(int ordinal) {
    return ordinal < start() || ordinal >= end();
  }

  /** The pods that are scaled away, in the order in which they go. */
  List<KubeObject> condemned() {
    return pods.entrySet().stream()
        .filter(e -> isCondemned(e.getKey()))
        .sorted(Map.Entry.<Integer, KubeObject>comparingByKey(Comparator.reverseOrder()))
        .map(Map.Entry::getValue)
        .toList();
  }

  boolean isAvailable(KubeObject pod) {
    return !pod.isDeleting()
        && Pods.phase(pod).equals("Running")
        && Pods.isAvailable(pod, set.at("spec", "minReadySeconds").asLong(0), now);
  }
}
