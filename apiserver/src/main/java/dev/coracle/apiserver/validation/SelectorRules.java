package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;

/** Label selectors, node selectors and tolerations. */
final class SelectorRules {

  private SelectorRules() {}

  /**
   * Whether one of its expressions compares with what no label can have: an update of what was
   * stored that way is not held to it.
   */
  static boolean hasForeignValue(JsonNode selector) {
    for (JsonNode e : selector.path("matchExpressions")) {
      for (JsonNode value : e.path("values")) {
        if (!NameRules.labelValue(value.asText()).isEmpty()) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether anything at all is wrong with it: of some kinds, that is enough. */
  static boolean isWrong(JsonNode selector) {
    return !label(selector, FieldPath.ROOT, new FieldErrors());
  }

  /** Gives whether the selector can be used. */
  static boolean label(JsonNode selector, FieldPath path, FieldErrors errors) {
    return label(selector, path, false, errors);
  }

  /**
   * As above.
   *
   * @param anyValue whether expressions may compare with {@link #hasForeignValue what no label has}
   */
  static boolean label(JsonNode selector, FieldPath path, boolean anyValue, FieldErrors errors) {
    int before = errors.causes().size();
    MetaRules.labels(selector.path("matchLabels"), path, "matchLabels", errors);
    int i = 0;
    for (JsonNode e : selector.path("matchExpressions")) {
      FieldPath at = path.child("matchExpressions").index(i++);
      boolean values = Nodes.has(e, "values");
      switch (Nodes.text(e, "operator")) {
        case "In", "NotIn" -> {
          if (!values) {
            errors.required(at, "values", "must be specified when `operator` is 'In' or 'NotIn'");
          }
        }
        case "Exists", "DoesNotExist" -> {
          if (values) {
            errors.forbidden(
                at, "values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
          }
        }
        default ->
            errors.invalid(
                at, "operator", Nodes.text(e, "operator"), "not a valid selector operator");
      }
      errors.invalid(
          at, "key", Nodes.text(e, "key"), NameRules.qualifiedName(Nodes.text(e, "key")));
      if (!anyValue) {
        values(e.path("values"), at, errors);
      }
    }
    return errors.causes().size() == before;
  }

  private static void values(JsonNode values, FieldPath at, FieldErrors errors) {
    int i = 0;
    for (JsonNode value : values) {
      FieldPath one = at.child("values").index(i++);
      errors.invalid(one, "", value.asText(), NameRules.labelValue(value.asText()));
    }
  }

  /** A DaemonSet's: one that is missing selects nothing, so not the template either. */
  static void daemonSet(JsonNode spec, FieldPath path, boolean anyValue, FieldErrors errors) {
    JsonNode selector = spec.path("selector");
    JsonNode labels = spec.path("template").path("metadata").path("labels");
    boolean good =
        label(selector, path.child("selector"), anyValue, errors) && !hasForeignValue(selector);
    boolean set = Nodes.set(spec, "selector");
    if (good && (!set || !matches(selector, labels))) {
      mismatch(labels, path, errors);
    }
    if (set && selectsAll(selector)) {
      errors.invalid(path, "selector", selector, "empty selector is invalid for daemonset");
    }
  }

  private static boolean selectsAll(JsonNode selector) {
    return selector.path("matchLabels").isEmpty() && selector.path("matchExpressions").isEmpty();
  }

  /** A ReplicaSet's, or that of a Deployment, which speaks with the same words. */
  static boolean workload(JsonNode spec, FieldPath path, String unreadable, FieldErrors errors) {
    return workload(spec, path, "deployment", unreadable, errors);
  }

  /**
   * A workload's selector: there, not empty, and matching its own template.
   *
   * @param unreadable what is said of one that cannot be read, besides what is wrong with it
   * @return whether it can be read, so that the template is looked at
   */
  static boolean workload(
      JsonNode spec, FieldPath path, String kind, String unreadable, FieldErrors errors) {
    JsonNode selector = spec.path("selector");
    JsonNode labels = spec.path("template").path("metadata").path("labels");
    if (!Nodes.set(spec, "selector")) {
      errors.required(path, "selector");
      mismatch(labels, path, errors);
      return true;
    }
    if (!label(selector, path.child("selector"), errors)) {
      errors.invalid(path, "selector", selector, unreadable);
      return false;
    }
    if (selectsAll(selector)) {
      errors.invalid(path, "selector", selector, "empty selector is invalid for " + kind);
    } else if (!matches(selector, labels)) {
      mismatch(labels, path, errors);
    }
    return true;
  }

  /** A selector that is not there selects nothing. */
  static void mismatch(JsonNode labels, FieldPath path, FieldErrors errors) {
    errors.invalid(
        path.child("template", "metadata"),
        "labels",
        labels.isMissingNode() ? Nodes.NULL : labels,
        "`selector` does not match template `labels`");
  }

  static boolean matches(JsonNode selector, JsonNode labels) {
    try {
      return LabelSelector.of(selector).matches(KubeObject.strings(labels));
    } catch (StatusException e) {
      return false;
    }
  }

  static void node(JsonNode selector, FieldPath path, FieldErrors errors) {
    node(selector, path, false, errors);
  }

  /** As above, and every value that a label is compared with is one that a label can have. */
  static void strictNode(JsonNode selector, FieldPath path, FieldErrors errors) {
    node(selector, path, true, errors);
  }

  private static void node(JsonNode selector, FieldPath path, boolean strict, FieldErrors errors) {
    if (!Nodes.has(selector, "nodeSelectorTerms")) {
      errors.required(path, "nodeSelectorTerms", "must have at least one node selector term");
    }
    int i = 0;
    for (JsonNode term : selector.path("nodeSelectorTerms")) {
      term(term, path.child("nodeSelectorTerms").index(i++), strict, errors);
    }
  }

  static void term(JsonNode term, FieldPath path, FieldErrors errors) {
    term(term, path, false, errors);
  }

  private static void term(JsonNode term, FieldPath path, boolean strict, FieldErrors errors) {
    int i = 0;
    for (JsonNode e : term.path("matchExpressions")) {
      requirement(e, path.child("matchExpressions").index(i++), strict, errors);
    }
    i = 0;
    for (JsonNode e : term.path("matchFields")) {
      field(e, path.child("matchFields").index(i++), errors);
    }
  }

  /** Nodes are named by one field, one at a time. */
  private static void field(JsonNode e, FieldPath at, FieldErrors errors) {
    String operator = Nodes.text(e, "operator");
    if (!operator.equals("In") && !operator.equals("NotIn")) {
      errors.invalid(at, "operator", operator, "not a valid selector operator");
    } else if (e.path("values").size() != 1) {
      errors.required(
          at,
          "values",
          "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
    }
    if (!Nodes.text(e, "key").equals("metadata.name")) {
      errors.invalid(at, "key", Nodes.text(e, "key"), "not a valid field selector key");
      return;
    }
    int i = 0;
    for (JsonNode name : e.path("values")) {
      FieldPath value = at.child("values").index(i++);
      errors.invalid(value, "", name.asText(), NameRules.dnsSubdomain(name.asText()));
    }
  }

  private static void requirement(JsonNode e, FieldPath at, boolean strict, FieldErrors errors) {
    String operator = Nodes.text(e, "operator");
    int values = e.path("values").size();
    switch (operator) {
      case "In", "NotIn" -> {
        if (values == 0) {
          errors.required(at, "values", "must be specified when `operator` is 'In' or 'NotIn'");
        }
      }
      case "Exists", "DoesNotExist" -> {
        if (values > 0) {
          errors.forbidden(
              at, "values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        }
      }
      case "Gt", "Lt" -> {
        if (values != 1) {
          errors.required(
              at, "values", "must be specified single value when `operator` is 'Lt' or 'Gt'");
        }
      }
      default -> errors.invalid(at, "operator", operator, "not a valid selector operator");
    }
    errors.invalid(at, "key", Nodes.text(e, "key"), NameRules.qualifiedName(Nodes.text(e, "key")));
    if (strict) {
      values(e.path("values"), at, errors);
    }
  }
}
