package dev.coracle.controllers.internal.deployment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which ReplicaSet stands for which template and revision; the annotations are those that kubectl's
 * rollout commands read and write.
 */
final class Revisions {

  static final String REVISION = "deployment.kubernetes.io/revision";
  static final String HISTORY = "deployment.kubernetes.io/revision-history";
  static final String DESIRED = "deployment.kubernetes.io/desired-replicas";
  static final String MAX = "deployment.kubernetes.io/max-replicas";
  static final String HASH = "pod-template-hash";

  /** Annotations of a Deployment that are not copied to its ReplicaSets. */
  private static final Set<String> OWN =
      Set.of(
          "kubectl.kubernetes.io/last-applied-configuration",
          REVISION,
          HISTORY,
          DESIRED,
          MAX,
          "deprecated.deployment.rollback.revision",
          "deprecated.deployment.rollback.to");

  private static final Comparator<KubeObject> BY_AGE =
      Comparator.<KubeObject, String>comparing(o -> o.text("metadata", "creationTimestamp"))
          .thenComparing(KubeObject::name);

  private Revisions() {}

  static List<KubeObject> byAge(List<KubeObject> sets) {
    return sets.stream().sorted(BY_AGE).toList();
  }

  /** The oldest set of the Deployment's present template. */
  static Optional<KubeObject> current(KubeObject deployment, List<KubeObject> sets) {
    ObjectNode wanted = template(deployment);
    return byAge(sets).stream().filter(set -> template(set).equals(wanted)).findFirst();
  }

  /** The template without what says which one it is, and without nulls of no meaning. */
  static ObjectNode template(KubeObject owner) {
    JsonNode found = owner.at("spec", "template");
    ObjectNode template =
        found.isObject() ? (ObjectNode) found.deepCopy() : dev.coracle.api.Json.object();
    ObjectNode metadata = template.withObjectProperty("metadata");
    if (metadata.path("labels") instanceof ObjectNode labels) {
      labels.remove(HASH);
      if (labels.isEmpty()) {
        metadata.remove("labels");
      }
    }
    List<String> nulls = new ArrayList<>();
    metadata.forEachEntry((key, value) -> {
      if (value.isNull()) {
        nulls.add(key);
      }
    });
    metadata.remove(nulls);
    return template;
  }

  static long revision(KubeObject object) {
    try {
      return Long.parseLong(object.annotation(REVISION).orElse("0"));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  static long highest(List<KubeObject> sets) {
    return sets.stream().mapToLong(Revisions::revision).max().orElse(0);
  }

  /**
   * Brings the annotations of the current set up to date: those of the Deployment, the revision,
   * which never goes back, and the revisions it had before.
   */
  static void annotate(ObjectNode set, KubeObject deployment, long revision) {
    ObjectNode annotations = set.withObjectProperty("metadata").withObjectProperty("annotations");
    deployment
        .annotations()
        .forEach((key, value) -> {
          if (!OWN.contains(key)) {
            annotations.put(key, value);
          }
        });
    String before = annotations.path(REVISION).asText("");
    long old = before.isEmpty() ? 0 : parse(before);
    if (old < revision) {
      annotations.put(REVISION, Long.toString(revision));
      if (old > 0) {
        String history = annotations.path(HISTORY).asText("");
        annotations.put(HISTORY, history.isEmpty() ? before : history + "," + before);
      }
    }
  }

  /** Gives a Deployment the annotations of one of its sets; its own ones stay. */
  static void restoreAnnotations(ObjectNode deployment, KubeObject set) {
    ObjectNode annotations =
        deployment.withObjectProperty("metadata").withObjectProperty("annotations");
    annotations.retain(OWN);
    set.annotations()
        .forEach((key, value) -> {
          if (!OWN.contains(key)) {
            annotations.put(key, value);
          }
        });
  }

  private static long parse(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** Keeps the sizes by which a later change of the Deployment's size is shared out. */
  static void annotateSizes(ObjectNode set, int desired, int max) {
    set.withObjectProperty("metadata")
        .withObjectProperty("annotations")
        .put(DESIRED, Integer.toString(desired))
        .put(MAX, Integer.toString(max));
  }

  static Optional<Integer> desired(KubeObject set) {
    return number(set, DESIRED);
  }

  static Optional<Integer> max(KubeObject set) {
    return number(set, MAX);
  }

  private static Optional<Integer> number(KubeObject set, String annotation) {
    try {
      return set.annotation(annotation).map(Integer::valueOf);
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}
