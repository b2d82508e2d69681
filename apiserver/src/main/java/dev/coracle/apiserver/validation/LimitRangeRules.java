package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Amounts that a LimitRange gives and allows. */
final class LimitRangeRules implements KindRules {

  private static final Set<String> TYPES = Set.of("Pod", "Container", "PersistentVolumeClaim");

  @Override
  public void check(ObjectNode range, FieldErrors errors) {
    int i = 0;
    Set<String> types = new HashSet<>();
    for (JsonNode item : range.path("spec").path("limits")) {
      FieldPath at = FieldPath.SPEC.child("limits").index(i++);
      String type = Nodes.text(item, "type");
      List<String> problems = NameRules.qualifiedName(type);
      errors.invalid(at, "type", type, problems);
      if (problems.isEmpty() && type.indexOf('/') < 0 && !TYPES.contains(type)) {
        errors.invalid(at, "type", type, "must be a standard limit type or fully qualified");
      }
      if (!types.add(type)) {
        errors.duplicate(at, "type", type);
      }
      if (type.equals("Pod")) {
        for (String f : new String[] {"default", "defaultRequest"}) {
          if (Nodes.has(item, f)) {
            errors.forbidden(at, f, "may not be specified when `type` is 'Pod'");
          }
        }
      }
      Set<String> names = new HashSet<>();
      for (String f :
          new String[] {"max", "min", "default", "defaultRequest", "maxLimitRequestRatio"}) {
        boolean looked = type.equals("Pod") && f.startsWith("default");
        for (var e : item.path(f).properties()) {
          names.add(e.getKey());
          if (!looked) {
            name(type, e.getKey(), at.child(f).key(e.getKey()), errors);
          }
        }
      }
      if (type.equals("PersistentVolumeClaim")
          && !item.path("min").has("storage")
          && !item.path("max").has("storage")) {
        errors.required(
            at,
            "limits",
            "either minimum or maximum storage value is required, but neither was provided");
      }
      for (String name : names) {
        order(item, name, "min", "max", "min", at, errors);
        order(item, name, "min", "defaultRequest", "defaultRequest", at, errors);
        order(item, name, "defaultRequest", "max", "defaultRequest", at, errors);
        order(item, name, "defaultRequest", "default", "defaultRequest", at, errors);
        order(item, name, "min", "default", "default", at, errors);
        order(item, name, "default", "max", "default", at, errors);
        same(item, name, at, errors);
        ratio(item, name, at, errors);
      }
    }
  }

  private static void ratio(JsonNode item, String name, FieldPath at, FieldErrors errors) {
    JsonNode shown = item.path("maxLimitRequestRatio").path(name);
    BigDecimal ratio = Nodes.quantity(shown);
    if (ratio == null) {
      return;
    }
    FieldPath path = at.child("maxLimitRequestRatio").key(name);
    if (ratio.compareTo(BigDecimal.ONE) < 0) {
      errors.invalid(path, "", shown.asText(), "ratio " + shown.asText() + " is less than 1");
    }
    BigDecimal least = Nodes.quantity(item.path("min").path(name));
    BigDecimal most = Nodes.quantity(item.path("max").path(name));
    if (least != null && most != null) {
      double possible = most.doubleValue() / least.doubleValue();
      if (ratio.doubleValue() > possible) {
        errors.invalid(
            path,
            "",
            shown.asText(),
            "ratio "
                + shown.asText()
                + " is greater than max/min = "
                + String.format(Locale.ROOT, "%f", possible));
      }
    }
  }

  private static void name(String type, String name, FieldPath at, FieldErrors errors) {
    if (type.equals("Pod") || type.equals("Container")) {
      ResourceRules.containerName(name, at, errors);
    } else {
      ResourceRules.name(name, at, errors);
    }
  }

  /** What cannot be shared is asked for as it is limited. */
  private static void same(JsonNode item, String name, FieldPath at, FieldErrors errors) {
    JsonNode limit = item.path("default").path(name);
    JsonNode request = item.path("defaultRequest").path(name);
    BigDecimal a = Nodes.quantity(limit);
    BigDecimal b = Nodes.quantity(request);
    boolean shared = ResourceRules.isNative(name) && !name.startsWith("hugepages-");
    if (!shared && a != null && b != null && a.compareTo(b) != 0) {
      errors.invalid(
          at.child("defaultRequest").key(name),
          "",
          request.asText(),
          "default value "
              + limit.asText()
              + " must equal to defaultRequest value "
              + request.asText()
              + " in "
              + name);
    }
  }

  /**
   * @param field at which it is said, with its value or with the other one, as upstream does
   */
  private static void order(
      JsonNode item,
      String name,
      String low,
      String high,
      String field,
      FieldPath at,
      FieldErrors errors) {
    JsonNode a = item.path(low).path(name);
    JsonNode b = item.path(high).path(name);
    BigDecimal l = Nodes.quantity(a);
    BigDecimal h = Nodes.quantity(b);
    if (l != null && h != null && l.compareTo(h) > 0) {
      String shown =
          field.equals("default")
              ? (high.equals("max") ? b : a).asText()
              : item.path(field).path(name).asText();
      errors.invalid(
          at.child(field).key(name),
          "",
          shown,
          words(low)
              + " value "
              + a.asText()
              + " is greater than "
              + (low.equals("defaultRequest") && high.equals("default")
                  ? "default limit"
                  : words(high))
              + " value "
              + b.asText());
    }
  }

  private static String words(String field) {
    return field.equals("defaultRequest") ? "default request" : field;
  }
}
