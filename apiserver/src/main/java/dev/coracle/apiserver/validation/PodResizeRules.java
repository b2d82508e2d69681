package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.patch.Trees;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.List;

/**
 * What a resize may change (KEP-1287, KEP-5419): the amounts of CPU and memory of containers, of
 * init containers and of the Pod as a whole. What is set stays set.
 */
final class PodResizeRules {
  private static final List<String> KINDS = List.of("requests", "limits");
  private static final List<String> RESIZABLE = List.of("cpu", "memory");

  private PodResizeRules() {}

  /** Whether such a Pod cannot be resized at all. */
  static boolean refuses(JsonNode before, FieldErrors errors) {
    String why =
        before.path("metadata").path("annotations").has("kubernetes.io/config.mirror")
            ? "static pods cannot be resized"
            : Nodes.text(before.path("spec").path("os"), "name").equals("windows")
                ? "windows pods cannot be resized"
                : "";
    if (!why.isEmpty()) {
      errors.forbidden(FieldPath.ROOT, "", why);
    }
    return !why.isEmpty();
  }

  static void check(JsonNode now, JsonNode before, FieldErrors errors) {
    JsonNode spec = now.path("spec");
    JsonNode old = before.path("spec");
    String qos = Nodes.text(before.path("status"), "qosClass");
    if (!qos.isEmpty() && !qos.equals(QosClass.of(spec))) {
      errors.invalid(
          FieldPath.SPEC, "", qos, "Pod QOS Class may not change as a result of resizing");
    }
    if (!isSupported(before.path("status").path("containerStatuses"))) {
      errors.forbidden(FieldPath.SPEC, "", "Pod running on node without support for resize");
    }
    ObjectNode munged = Nodes.copy(spec);
    whole(munged, spec.path("resources"), old.path("resources"), errors);
    boolean ordered = isOrdered("containers", spec, old, errors);
    ordered &= isOrdered("initContainers", spec, old, errors);
    if (!ordered) {
      return;
    }
    boolean clean = errors.isEmpty();
    containers(munged, old, errors);
    initContainers(munged, old, errors);
    if (clean && errors.isEmpty() && !Trees.equal(munged, old)) {
      errors.forbidden(FieldPath.SPEC, "", "only cpu and memory resources are mutable");
    }
  }

  /** Kubelets that can resize tell what running containers have. */
  private static boolean isSupported(JsonNode statuses) {
    for (JsonNode status : statuses) {
      if (status.path("state").has("running")) {
        return status.hasNonNull("resources");
      }
    }
    return true;
  }

  private static void whole(ObjectNode munged, JsonNode now, JsonNode old, FieldErrors errors) {
    if (old.isObject() && !now.isObject()) {
      errors.forbidden(FieldPath.SPEC, "resources", "pod-level resources cannot be removed");
      return;
    }
    if (now.isMissingNode()) {
      return;
    }
    removed(FieldPath.SPEC.child("resources"), now, old, "pod-level resource ", errors);
    ObjectNode kept = withOld(now, old);
    if (old.isMissingNode() && kept.isEmpty()) {
      munged.remove("resources");
    } else {
      munged.set("resources", kept);
      if (!Trees.equal(kept, withOld(old, old))) {
        errors.forbidden(
            FieldPath.SPEC, "", "only cpu and memory resources are mutable at pod-level");
      }
      if (!old.isMissingNode()) {
        munged.set("resources", old);
      }
    }
  }

  private static boolean isOrdered(String list, JsonNode now, JsonNode before, FieldErrors errors) {
    JsonNode fresh = now.path(list);
    JsonNode old = before.path(list);
    if (fresh.size() != old.size()) {
      errors.forbidden(FieldPath.SPEC, list, list + " may not be added or removed on resize");
      return false;
    }
    boolean same = true;
    for (int i = 0; i < old.size(); i++) {
      if (!Nodes.text(fresh.get(i), "name").equals(Nodes.text(old.get(i), "name"))) {
        errors.forbidden(
            FieldPath.SPEC.child(list).index(i),
            "name",
            list + " may not be renamed or reordered on resize");
        same = false;
      }
    }
    return same;
  }

  private static void containers(ObjectNode munged, JsonNode old, FieldErrors errors) {
    for (int i = 0; i < munged.path("containers").size(); i++) {
      JsonNode before = old.path("containers").path(i);
      ObjectNode now = (ObjectNode) munged.path("containers").path(i);
      FieldPath at = FieldPath.SPEC.child("containers").index(i).child("resources");
      removed(at, now.path("resources"), before.path("resources"), "resource ", errors);
      putBack(now, before);
      if (!Trees.equal(now, before)) {
        errors.forbidden(FieldPath.SPEC, "", "only cpu and memory resources are mutable");
      }
    }
  }

  private static void initContainers(ObjectNode munged, JsonNode old, FieldErrors errors) {
    for (int i = 0; i < munged.path("initContainers").size(); i++) {
      JsonNode before = old.path("initContainers").path(i);
      ObjectNode now = (ObjectNode) munged.path("initContainers").path(i);
      FieldPath at = FieldPath.SPEC.child("initContainers").index(i);
      removed(
          at.child("resources"),
          now.path("resources"),
          before.path("resources"),
          "resource ",
          errors);
      boolean resized = !Trees.equal(now, before);
      putBack(now, before);
      if (!Trees.equal(now, before)) {
        errors.forbidden(
            at, "", "only cpu and memory resources for init or sidecar containers are mutable");
      }
      if (resized && !Nodes.text(before, "restartPolicy").equals("Always") && restarts(now)) {
        errors.forbidden(
            at,
            "",
            "non-sidecar init containers with a resize policy of RestartContainer cannot be resized");
      }
    }
  }

  private static boolean restarts(JsonNode container) {
    for (JsonNode policy : container.path("resizePolicy")) {
      if (Nodes.text(policy, "restartPolicy").equals("RestartContainer")) {
        return true;
      }
    }
    return false;
  }

  private static void removed(
      FieldPath at, JsonNode now, JsonNode old, String what, FieldErrors errors) {
    for (String kind : KINDS) {
      for (var amount : old.path(kind).properties()) {
        if (!now.path(kind).has(amount.getKey())) {
          errors.forbidden(at, kind, what + kind + " cannot be removed");
          break;
        }
      }
    }
  }

  /** The container as it was, but for what may not change. */
  private static void putBack(ObjectNode now, JsonNode old) {
    JsonNode before = old.path("resources");
    ObjectNode kept = withOld(now.path("resources"), before);
    if (Trees.equal(kept, withOld(before, before))) {
      PodRules.take(now, old, "resources");
    } else {
      now.set("resources", kept);
    }
  }

  /** These resources with the CPU and memory of those before; without what is empty. */
  private static ObjectNode withOld(JsonNode now, JsonNode old) {
    ObjectNode out = now.isObject() ? Nodes.copy(now) : Json.object();
    for (String kind : KINDS) {
      ObjectNode amounts = out.path(kind).isObject() ? Nodes.copy(out.path(kind)) : Json.object();
      for (String resource : RESIZABLE) {
        JsonNode had = old.path(kind).get(resource);
        if (had == null) {
          amounts.remove(resource);
        } else {
          amounts.set(resource, had);
        }
      }
      if (amounts.isEmpty()) {
        out.remove(kind);
      } else {
        out.set(kind, amounts);
      }
    }
    return out;
  }
}
