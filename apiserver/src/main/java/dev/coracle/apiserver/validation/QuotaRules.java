package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.Set;

/** ResourceQuota and LimitRange. */
final class QuotaRules {

  private static final Set<String> SCOPES =
      Set.of(
          "BestEffort",
          "NotBestEffort",
          "Terminating",
          "NotTerminating",
          "PriorityClass",
          "CrossNamespacePodAffinity",
          "VolumeAttributesClass");

  private QuotaRules() {}

  static final class Quota implements KindRules {
    @Override
    public void check(ObjectNode quota, FieldErrors errors) {
      JsonNode spec = quota.path("spec");
      FieldPath hard = FieldPath.SPEC.child("hard");
      spec.path("hard")
          .forEachEntry((name, value) -> {
            ResourceRules.quotaName(name, hard.key(name), errors);
            BigDecimal q = Nodes.quantity(value);
            if (q != null && q.signum() < 0) {
              errors.invalid(
                  hard.key(name), "", value.asText(), "must be greater than or equal to 0");
            }
          });
      for (JsonNode scope : spec.path("scopes")) {
        if (!SCOPES.contains(scope.asText())) {
          errors.invalid(FieldPath.SPEC, "scopes", spec.path("scopes"), "unsupported scope");
        }
      }
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      MetaRules.immutable(now.path("spec"), before.path("spec"), FieldPath.SPEC, "scopes", errors);
    }
  }

  static final class Limits implements KindRules {
    @Override
    public void check(ObjectNode range, FieldErrors errors) {
      int i = 0;
      Set<String> types = new HashSet<>();
      for (JsonNode item : range.path("spec").path("limits")) {
        FieldPath at = FieldPath.SPEC.child("limits").index(i++);
        String type = Nodes.text(item, "type");
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
          item.path(f).fieldNames().forEachRemaining(names::add);
        }
        for (String name : names) {
          order(item, name, "min", "max", at, errors);
          order(item, name, "min", "defaultRequest", at, errors);
          order(item, name, "defaultRequest", "max", at, errors);
          order(item, name, "defaultRequest", "default", at, errors);
          order(item, name, "min", "default", at, errors);
          order(item, name, "default", "max", at, errors);
          BigDecimal ratio = Nodes.quantity(item.path("maxLimitRequestRatio").path(name));
          if (ratio != null && ratio.compareTo(BigDecimal.ONE) < 0) {
            errors.invalid(
                at.child("maxLimitRequestRatio").key(name),
                "",
                item.path("maxLimitRequestRatio").path(name).asText(),
                "ratio "
                    + item.path("maxLimitRequestRatio").path(name).asText()
                    + " is less than 1");
          }
        }
      }
    }

    private static void order(
        JsonNode item, String name, String low, String high, FieldPath at, FieldErrors errors) {
      JsonNode a = item.path(low).path(name);
      JsonNode b = item.path(high).path(name);
      BigDecimal l = Nodes.quantity(a);
      BigDecimal h = Nodes.quantity(b);
      if (l != null && h != null && l.compareTo(h) > 0) {
        String lowName = words(low);
        String highName = words(high);
        errors.invalid(
            at.child(low).key(name),
            "",
            a.asText(),
            lowName
                + " value "
                + a.asText()
                + " is greater than "
                + highName
                + " value "
                + b.asText());
      }
    }

    private static String words(String field) {
      return field.equals("defaultRequest") ? "default request" : field;
    }
  }
}
