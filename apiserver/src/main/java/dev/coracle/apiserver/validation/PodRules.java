package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.patch.Trees;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.Set;

/** Pods: what may be created, and the little that may change afterwards. */
final class PodRules implements KindRules {

  private static final FieldPath ANNOTATIONS = FieldPath.METADATA.child("annotations");

  private static final String FIXED =
      "pod updates may not change fields other than"
          + " `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations`"
          + " (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow"
          + " it to be set to 1 if it was previously negative)";

  @Override
  public void check(ObjectNode pod, FieldErrors errors) {
    PodAnnotationRules.check(annotations(pod), pod.path("spec"), ANNOTATIONS, errors);
    PodSpecRules.check(pod.path("spec"), FieldPath.SPEC, errors);
  }

  private static JsonNode annotations(JsonNode pod) {
    return pod.path("metadata").path("annotations");
  }

  @Override
  public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
    PodAnnotationRules.checkUpdate(annotations(now), annotations(before), ANNOTATIONS, errors);
    JsonNode spec = now.path("spec");
    JsonNode old = before.path("spec");
    if (Trees.equal(spec, old)) {
      return;
    }
    for (String list : new String[] {"containers", "initContainers"}) {
      if (spec.path(list).size() != old.path(list).size()) {
        errors.forbidden(FieldPath.SPEC, list, "pod updates may not add or remove containers");
        return;
      }
    }
    deadline(spec, old, errors);
    boolean gated = Nodes.has(old, "schedulingGates");
    gates(spec, old, errors);
    for (JsonNode t : old.path("tolerations")) {
      boolean kept = false;
      for (JsonNode n : spec.path("tolerations")) {
        // A toleration may change how long it lasts, and nothing else.
        kept |= Trees.equal(without(n), without(t));
      }
      if (!kept) {
        errors.forbidden(
            FieldPath.SPEC,
            "tolerations",
            "existing toleration can not be modified except its tolerationSeconds");
        break;
      }
    }
    ObjectNode munged = Nodes.copy(spec);
    images(munged.path("containers"), old.path("containers"));
    images(munged.path("initContainers"), old.path("initContainers"));
    take(munged, old, "activeDeadlineSeconds");
    take(munged, old, "tolerations");
    take(munged, old, "schedulingGates");
    if (old.path("terminationGracePeriodSeconds").asLong() < 0
        && spec.path("terminationGracePeriodSeconds").asLong() == 1) {
      take(munged, old, "terminationGracePeriodSeconds");
    }
    if (gated) {
      take(munged, old, "nodeSelector");
      take(munged, old, "affinity");
    }
    if (!Trees.equal(munged, old)) {
      errors.forbidden(FieldPath.SPEC, "", FIXED + "\n" + Differences.of(munged, old));
    }
  }

  @Override
  public void checkSubresource(
      String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
    PodAnnotationRules.checkUpdate(annotations(now), annotations(before), ANNOTATIONS, errors);
    if (subresource.equals("ephemeralcontainers")) {
      check(now, errors);
      for (JsonNode c : before.path("spec").path("ephemeralContainers")) {
        boolean kept = false;
        for (JsonNode n : now.path("spec").path("ephemeralContainers")) {
          kept |= Trees.equal(n, c);
        }
        if (!kept) {
          errors.forbidden(
              FieldPath.SPEC,
              "ephemeralContainers",
              "existing ephemeral containers \""
                  + Nodes.text(c, "name")
                  + "\" may not be changed\n");
        }
      }
    } else if (subresource.equals("resize") && !PodResizeRules.refuses(before, errors)) {
      check(now, errors);
      PodResizeRules.check(now, before, errors);
    }
  }

  private static void deadline(JsonNode spec, JsonNode old, FieldErrors errors) {
    if (!Nodes.set(old, "activeDeadlineSeconds")) {
      return;
    }
    long was = old.path("activeDeadlineSeconds").asLong();
    if (!Nodes.set(spec, "activeDeadlineSeconds")) {
      errors.invalid(
          FieldPath.SPEC,
          "activeDeadlineSeconds",
          "null",
          "must not update from a positive integer to nil value");
    } else if (spec.path("activeDeadlineSeconds").asLong() > was) {
      errors.invalid(
          FieldPath.SPEC,
          "activeDeadlineSeconds",
          spec.path("activeDeadlineSeconds").asLong(),
          "must be less than or equal to previous value");
    }
  }

  private static void gates(JsonNode spec, JsonNode old, FieldErrors errors) {
    Set<String> known = new java.util.HashSet<>();
    old.path("schedulingGates").forEach(g -> known.add(Nodes.text(g, "name")));
    for (JsonNode gate : spec.path("schedulingGates")) {
      if (!known.contains(Nodes.text(gate, "name"))) {
        errors.forbidden(
            FieldPath.SPEC,
            "schedulingGates",
            "only deletion is allowed, but found new scheduling gate '"
                + Nodes.text(gate, "name")
                + "'");
      }
    }
  }

  private static JsonNode without(JsonNode toleration) {
    ObjectNode copy = Nodes.copy(toleration);
    copy.remove("tolerationSeconds");
    return copy;
  }

  private static void images(JsonNode now, JsonNode old) {
    for (int i = 0; i < now.size(); i++) {
      if (now.get(i) instanceof ObjectNode c && Nodes.has(c, "image") && old.get(i).has("image")) {
        c.set("image", old.get(i).get("image"));
      }
    }
  }

  static void take(ObjectNode now, JsonNode old, String field) {
    JsonNode value = old.get(field);
    if (value == null) {
      now.remove(field);
    } else {
      now.set(field, value);
    }
  }
}
