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

  /** Stands for the name of a Pod that has none, which is an error of its own. */
  private static final String NAMELESS = "pod";

  private static final String FIXED =
      "pod updates may not change fields other than"
          + " `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations`"
          + " (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow"
          + " it to be set to 1 if it was previously negative)";

  @Override
  public void check(ObjectNode pod, FieldErrors errors) {
    look(pod, errors);
  }

  private static void look(JsonNode pod, FieldErrors errors) {
    JsonNode spec = pod.path("spec");
    PodAnnotationRules.check(annotations(pod), spec, ANNOTATIONS, errors);
    String name = Nodes.text(pod.path("metadata"), "name");
    PodSpecRules.check(spec, name.isEmpty() ? NAMELESS : name, FieldPath.SPEC, errors);
    if (Nodes.text(spec, "serviceAccountName").isEmpty()) {
      tokens(spec.path("volumes"), errors);
    }
  }

  private static void tokens(JsonNode volumes, FieldErrors errors) {
    int i = 0;
    for (JsonNode volume : volumes) {
      FieldPath at = FieldPath.SPEC.child("volumes").index(i++).child("projected", "sources");
      int k = 0;
      for (JsonNode source : volume.path("projected").path("sources")) {
        if (Nodes.set(source, "serviceAccountToken")) {
          errors.forbidden(
              at.index(k),
              "serviceAccountToken",
              "must not be specified when serviceAccountName is not set");
        }
        k++;
      }
    }
  }

  @Override
  public void checkCreate(ObjectNode pod, FieldErrors errors) {
    JsonNode spec = pod.path("spec");
    if (Nodes.has(spec, "ephemeralContainers")) {
      errors.forbidden(FieldPath.SPEC, "ephemeralContainers", "cannot be set on create");
    }
    if (Nodes.has(spec, "nodeName") && Nodes.has(spec, "schedulingGates")) {
      errors.forbidden(
          FieldPath.SPEC, "nodeName", "cannot be set until all schedulingGates have been cleared");
    }
    SecurityProfileRules.match(annotations(pod), spec, FieldPath.SPEC, errors);
  }

  /** What was wrong before the rule was there may stay as it is, so that the Pod can be changed. */
  @Override
  public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
    lookAgain(now, before, errors);
    checkUpdate(now, before, errors);
  }

  private static void lookAgain(JsonNode now, JsonNode before, FieldErrors errors) {
    FieldErrors found = new FieldErrors();
    look(now, found);
    Ratchet.leaveOut(found, _ -> true, known -> look(before, known));
    errors.causes().addAll(found.causes());
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
      GatedPodRules.check(munged, old, errors);
    }
    if (!Trees.equal(munged, old)) {
      errors.forbidden(FieldPath.SPEC, "", FIXED + "\n" + Differences.of(munged, old));
    }
  }

  @Override
  public void checkSubresource(
      String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
    PodAnnotationRules.checkUpdate(annotations(now), annotations(before), ANNOTATIONS, errors);
    switch (subresource) {
      case "status" -> PodStatusRules.check(now, before, errors);
      case "ephemeralcontainers" -> {
        lookAgain(now, before, errors);
        debuggers(now, before, errors);
      }
      case "resize" -> {
        if (!PodResizeRules.refuses(before, errors)) {
          lookAgain(now, before, errors);
          PodResizeRules.check(now, before, errors);
        }
      }
      default -> {}
    }
  }

  /** Ephemeral containers come, and stay as they are. */
  private static void debuggers(JsonNode now, JsonNode before, FieldErrors errors) {
    if (annotations(before).has("kubernetes.io/config.mirror")) {
      errors.causes().clear();
      errors.forbidden(FieldPath.ROOT, "", "static pods do not support ephemeral containers");
      return;
    }
    for (JsonNode old : before.path("spec").path("ephemeralContainers")) {
      JsonNode kept = Nodes.NULL;
      for (JsonNode c : now.path("spec").path("ephemeralContainers")) {
        kept = Nodes.text(c, "name").equals(Nodes.text(old, "name")) ? c : kept;
      }
      if (!Trees.equal(kept, old)) {
        errors.forbidden(
            FieldPath.SPEC,
            "ephemeralContainers",
            "existing ephemeral containers \""
                + Nodes.text(old, "name")
                + "\" may not be "
                + (kept.isNull() ? "removed\n" : "changed\n" + Differences.of(kept, old)));
      }
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
    int i = -1;
    for (JsonNode gate : spec.path("schedulingGates")) {
      i++;
      if (!known.contains(Nodes.text(gate, "name"))) {
        errors.forbidden(
            FieldPath.SPEC.child("schedulingGates").index(i),
            "name",
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
