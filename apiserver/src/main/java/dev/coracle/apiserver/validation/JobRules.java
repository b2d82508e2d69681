package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.patch.Trees;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.List;
import java.util.Map;

/** Jobs: their selector is made for them, and hardly anything changes once they have run. */
final class JobRules implements KindRules {

  private static final String JOB_NAME = "batch.kubernetes.io/job-name";
  private static final String CONTROLLER_UID = "batch.kubernetes.io/controller-uid";
  private static final FieldPath TEMPLATE = FieldPath.SPEC.child("template", "metadata", "labels");

  @Override
  public void check(ObjectNode job, FieldErrors errors) {
    check(job, true, false, errors);
  }

  @Override
  public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
    JsonNode labels = before.path("spec").path("template").path("metadata").path("labels");
    boolean prefixed = labels.has(JOB_NAME) && labels.has(CONTROLLER_UID);
    boolean anyValue = SelectorRules.hasForeignValue(before.path("spec").path("selector"));
    check(now, prefixed, anyValue, errors);
    checkUpdate(now, before, errors);
  }

  private static void check(
      ObjectNode job, boolean prefixed, boolean anyValue, FieldErrors errors) {
    JsonNode spec = job.path("spec");
    generated(job, prefixed, errors);
    JobSpecRules.check(spec, FieldPath.SPEC, errors);
    JsonNode selector = spec.path("selector");
    JsonNode labels = spec.path("template").path("metadata").path("labels");
    boolean there = Nodes.set(spec, "selector");
    boolean readable = true;
    if (there) {
      FieldPath path = FieldPath.SPEC.child("selector");
      readable =
          SelectorRules.label(selector, path, anyValue, errors)
              && !SelectorRules.hasForeignValue(selector);
    } else {
      errors.required(FieldPath.SPEC, "selector");
    }
    if (readable && (!there || !SelectorRules.matches(selector, labels))) {
      SelectorRules.mismatch(labels, FieldPath.SPEC, errors);
    }
    JobSpecRules.hostName(job, errors);
  }

  /**
   * What the server has written where it was not asked to leave the selector alone; who wrote
   * something else there is told.
   */
  private static void generated(ObjectNode job, boolean prefixed, FieldErrors errors) {
    JsonNode spec = job.path("spec");
    if (spec.path("manualSelector").asBoolean() || !Nodes.set(spec, "selector")) {
      return;
    }
    String uid = Nodes.text(job.path("metadata"), "uid");
    String name = Nodes.text(job.path("metadata"), "name");
    if (uid.isEmpty()) {
      errors.required(FieldPath.METADATA, "uid");
    }
    JsonNode labels = spec.path("template").path("metadata").path("labels");
    hasLabel(labels, "controller-uid", uid, errors);
    hasLabel(labels, "job-name", name, errors);
    Map<String, String> expected = Map.of("controller-uid", uid, "job-name", name);
    if (prefixed) {
      hasLabel(labels, CONTROLLER_UID, uid, errors);
      hasLabel(labels, JOB_NAME, name, errors);
      expected =
          Map.of("controller-uid", uid, "job-name", name, CONTROLLER_UID, uid, JOB_NAME, name);
    }
    JsonNode selector = spec.path("selector");
    if (!SelectorRules.isWrong(selector) && !LabelSelector.of(selector).matches(expected)) {
      errors.invalid(FieldPath.SPEC, "selector", selector, "`selector` not auto-generated");
    }
  }

  private static void hasLabel(JsonNode labels, String key, String value, FieldErrors errors) {
    JsonNode found = labels.path(key);
    if (found.isMissingNode()) {
      errors.required(TEMPLATE.key(key), "", "must be '" + value + "'");
    } else if (!found.asText().equals(value)) {
      errors.invalid(TEMPLATE.key(key), "", labels, "must be '" + value + "'");
    }
  }

  @Override
  public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
    JsonNode spec = now.path("spec");
    JsonNode old = before.path("spec");
    completions(spec, old, errors);
    MetaRules.immutable(spec, old, FieldPath.SPEC, "selector", errors);
    if (mayStillMove(old, before.path("status"))) {
      ObjectNode fixed = fixed(spec.path("template"));
      if (!Trees.equal(fixed, fixed(old.path("template")))) {
        errors.invalid(FieldPath.SPEC, "template", spec.path("template"), "field is immutable");
      }
    } else {
      MetaRules.immutable(spec, old, FieldPath.SPEC, "template", errors);
    }
    for (String field :
        List.of(
            "completionMode",
            "podFailurePolicy",
            "backoffLimitPerIndex",
            "managedBy",
            "successPolicy")) {
      MetaRules.immutable(spec, old, FieldPath.SPEC, field, errors);
    }
  }

  private static void completions(JsonNode spec, JsonNode old, FieldErrors errors) {
    if (!JobSpecRules.isIndexed(spec)) {
      MetaRules.immutable(spec, old, FieldPath.SPEC, "completions", errors);
    } else if (Nodes.set(spec, "completions")
        && !Nodes.same(spec, old, "completions")
        && spec.path("completions").asLong() != spec.path("parallelism").asLong()) {
      errors.invalid(
          FieldPath.SPEC,
          "completions",
          spec.path("completions"),
          "can only be modified in tandem with spec.parallelism");
    }
  }

  /** Whether a Job is suspended and none of its pods is left, or ever was (KEP-5440). */
  private static boolean mayStillMove(JsonNode old, JsonNode status) {
    return old.path("suspend").asBoolean()
        && status.path("active").asLong(0) == 0
        && (!Nodes.set(status, "startTime") || JobStatusRules.isTrue(status, "Suspended"));
  }

  /** Without where the pods go and what they get. */
  private static ObjectNode fixed(JsonNode template) {
    ObjectNode out = Nodes.copy(template);
    if (out.get("metadata") instanceof ObjectNode meta) {
      meta.remove(List.of("labels", "annotations"));
      if (meta.isEmpty()) {
        out.remove("metadata");
      }
    }
    if (out.get("spec") instanceof ObjectNode spec) {
      spec.remove(List.of("nodeSelector", "tolerations", "schedulingGates"));
      if (spec.get("affinity") instanceof ObjectNode affinity) {
        affinity.remove("nodeAffinity");
        if (affinity.isEmpty()) {
          spec.remove("affinity");
        }
      }
      for (String list : new String[] {"containers", "initContainers"}) {
        spec.path(list).forEach(c -> ((ObjectNode) c).remove("resources"));
      }
    }
    return out;
  }

  @Override
  public void checkSubresource(
      String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
    if (subresource.equals("status")) {
      JobStatusRules.check(now, before, errors);
    }
  }
}
