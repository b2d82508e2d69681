package dev.coracle.controllers.internal.daemonset;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controllers.internal.pods.Pods;
import dev.coracle.controllers.internal.revisions.TemplateRevisions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * What a DaemonSet's rolling update does next. Without a surge an old pod goes first, as far as
 * {@code maxUnavailable} allows, and a new one takes its place. With a surge ({@code maxSurge}) the
 * new pod stands beside the old one until it has been ready for {@code minReadySeconds}, on no more
 * nodes at a time than the surge allows (KEP-1591); an old pod that is not available holds no
 * place.
 */
final class RollingReplacement {

  /** Pods to delete, and nodes that get another pod. */
  record Plan(List<KubeObject> deletions, List<String> creations) {}

  /** The pod of the current template and that of an older one on a node, as many as there are. */
  private record Pair(List<KubeObject> updated, List<KubeObject> old) {}

  private final KubeObject set;
  private final String hash;
  private final Instant now;

  RollingReplacement(KubeObject set, String hash, Instant now) {
    this.set = set;
    this.hash = hash;
    this.now = now;
  }

  /** May two pods of the set stand on one node? */
  boolean surges() {
    return surge(1) > 0;
  }

  /**
   * The pods on one node that are too many.
   *
   * @param alive the pods there that neither ended nor are being deleted
   */
  List<KubeObject> surplus(List<KubeObject> alive) {
    List<KubeObject> sorted = alive.stream().sorted(oldestFirst()).toList();
    if (!surges()) {
      return sorted.stream().skip(1).toList();
    }
    Pair pair = pair(sorted);
    List<KubeObject> out = new ArrayList<>();
    pair.updated.stream().skip(1).forEach(out::add);
    pair.old.stream().skip(1).forEach(out::add);
    if (!pair.updated.isEmpty()
        && !pair.old.isEmpty()
        && (!Pods.isReady(pair.old.getFirst()) || isAvailable(pair.updated.getFirst()))) {
      out.add(pair.old.getFirst());
    }
    return out;
  }

  /**
   * @param byNode the pods of each node that should have one
   */
  Plan next(Map<String, List<KubeObject>> byNode) {
    int desired = byNode.size();
    int surge = surge(desired);
    int unavailable = amount("maxUnavailable", desired, 1);
    return surge > 0
        ? surging(byNode, surge)
        : deleting(byNode, unavailable == 0 ? 1 : unavailable);
  }

  /** Old pods that are of no use go at once, the others as far as the set can do without them. */
  private Plan deleting(Map<String, List<KubeObject>> byNode, int allowed) {
    int unavailable = 0;
    List<KubeObject> useless = new ArrayList<>();
    List<KubeObject> useful = new ArrayList<>();
    for (List<KubeObject> pods : byNode.values()) {
      List<KubeObject> alive = pods.stream().filter(p -> !p.isDeleting()).toList();
      unavailable += alive.stream().anyMatch(this::isAvailable) ? 0 : 1;
      pair(alive).old.forEach(pod -> (isAvailable(pod) ? useful : useless).add(pod));
    }
    List<KubeObject> out = new ArrayList<>(useless);
    useful.stream().limit(Math.max(0, allowed - unavailable)).forEach(out::add);
    return new Plan(out, List.of());
  }

  private Plan surging(Map<String, List<KubeObject>> byNode, int allowed) {
    int surging = 0;
    List<KubeObject> deletions = new ArrayList<>();
    List<String> free = new ArrayList<>();
    List<String> candidates = new ArrayList<>();
    for (var node : byNode.entrySet()) {
      Pair pair = pair(node.getValue().stream().filter(p -> !p.isDeleting()).toList());
      if (pair.updated.size() > 1 || pair.old.size() > 1) {
        surging++;
      } else if (!pair.old.isEmpty() && pair.updated.isEmpty()) {
        (isAvailable(pair.old.getFirst()) ? candidates : free).add(node.getKey());
      } else if (!pair.old.isEmpty() && isAvailable(pair.updated.getFirst())) {
        deletions.add(pair.old.getFirst());
      } else if (!pair.old.isEmpty()) {
        surging++;
      }
    }
    candidates.stream().limit(Math.max(0, allowed - surging)).forEach(free::add);
    return new Plan(deletions, free);
  }

  private Pair pair(List<KubeObject> pods) {
    List<KubeObject> updated = new ArrayList<>();
    List<KubeObject> old = new ArrayList<>();
    pods.forEach(
        pod -> (hash.equals(pod.labels().get(TemplateRevisions.LABEL)) ? updated : old).add(pod));
    return new Pair(updated, old);
  }

  private boolean isAvailable(KubeObject pod) {
    return Pods.isAvailable(pod, set.at("spec", "minReadySeconds").asLong(0), now);
  }

  private int surge(int desired) {
    return set.text("spec", "updateStrategy", "type").equals("OnDelete")
        ? 0
        : amount("maxSurge", desired, 0);
  }

  /** A number, or a share of the nodes, rounded up. */
  private int amount(String field, int desired, int otherwise) {
    JsonNode value = set.at("spec", "updateStrategy", "rollingUpdate", field);
    String text = value.asText("");
    return text.endsWith("%")
        ? (int) Math.ceil(Integer.parseInt(text.substring(0, text.length() - 1)) * desired / 100.0)
        : value.asInt(otherwise);
  }

  /** Those that have a node before those that wait for it, then by age. */
  static Comparator<KubeObject> oldestFirst() {
    return Comparator.<KubeObject, Boolean>comparing(p -> !Pods.isAssigned(p))
        .thenComparing(p -> p.text("metadata", "creationTimestamp"))
        .thenComparing(KubeObject::name);
  }
}
