package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Classes of volumes, and of what can be changed about volumes. */
final class StorageClassRules {

  private static final int MOST_PARAMETERS = 512;
  private static final int MOST_BYTES = 256 << 10;

  private StorageClassRules() {}

  static final class StorageClass implements KindRules {
    private static final Set<String> BINDING = Set.of("Immediate", "WaitForFirstConsumer");
    private static final Set<String> POLICIES = Set.of("Delete", "Retain");

    @Override
    public void check(ObjectNode c, FieldErrors errors) {
      provisioner(c, "provisioner", errors);
      parameters(c.path("parameters"), errors);
      String policy = Nodes.text(c, "reclaimPolicy");
      if (!policy.isEmpty() && !POLICIES.contains(policy)) {
        errors.unsupported(FieldPath.ROOT, "reclaimPolicy", policy, POLICIES);
      }
      PodSpecRules.choice(c, "volumeBindingMode", BINDING, FieldPath.ROOT, errors);
      topologies(c.path("allowedTopologies"), errors);
    }

    private static void topologies(JsonNode terms, FieldErrors errors) {
      // Upstream begins with as many empty ones as there are terms, so no term may be empty.
      List<Map<String, Set<String>>> known =
          new ArrayList<>(Collections.nCopies(terms.size(), Map.of()));
      int i = 0;
      for (JsonNode term : terms) {
        FieldPath at = FieldPath.ROOT.child("allowedTopologies").index(i++);
        Map<String, Set<String>> topology = topology(term, at, errors);
        for (Map<String, Set<String>> other : known) {
          if (topology.equals(other)) {
            errors.duplicate(at, "matchLabelExpressions", "");
          }
        }
        known.add(topology);
      }
    }

    private static Map<String, Set<String>> topology(
        JsonNode term, FieldPath path, FieldErrors errors) {
      Map<String, Set<String>> out = new HashMap<>();
      int i = 0;
      for (JsonNode e : term.path("matchLabelExpressions")) {
        FieldPath at = path.child("matchLabelExpressions").index(i++);
        String key = Nodes.text(e, "key");
        if (!Nodes.has(e, "values")) {
          errors.required(at, "values");
        }
        Set<String> values = new HashSet<>();
        int v = 0;
        for (JsonNode value : e.path("values")) {
          if (!values.add(value.asText())) {
            errors.duplicate(at.child("values").index(v), "", value.asText());
          }
          v++;
        }
        errors.invalid(at, "key", key, NameRules.qualifiedName(key));
        if (out.put(key, values) != null) {
          errors.duplicate(at, "key", key);
        }
      }
      return out;
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      fixed(now, before, "parameters", errors);
      fixed(now, before, "provisioner", errors);
      fixed(now, before, "reclaimPolicy", errors);
      MetaRules.immutable(now, before, FieldPath.ROOT, "volumeBindingMode", errors);
    }
  }

  static final class AttributesClass implements KindRules {
    @Override
    public void check(ObjectNode c, FieldErrors errors) {
      provisioner(c, "driverName", errors);
      parameters(c.path("parameters"), errors);
      if (!Nodes.has(c, "parameters")) {
        errors.required(FieldPath.ROOT, "parameters", "must contain at least one key/value pair");
      }
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      fixed(now, before, "driverName", errors);
      fixed(now, before, "parameters", errors);
    }
  }

  private static void provisioner(ObjectNode c, String field, FieldErrors errors) {
    String name = Nodes.text(c, field);
    if (name.isEmpty()) {
      errors.required(FieldPath.ROOT, field);
    } else {
      errors.invalid(
          FieldPath.ROOT, field, name, NameRules.qualifiedName(name.toLowerCase(Locale.ROOT)));
    }
  }

  private static void parameters(JsonNode parameters, FieldErrors errors) {
    if (parameters.size() > MOST_PARAMETERS) {
      errors.tooLong(FieldPath.ROOT, "parameters", MOST_PARAMETERS);
      return;
    }
    if (parameters.has("")) {
      errors.invalid(FieldPath.ROOT, "parameters", "", "field can not be empty.");
    }
    if (bytes(parameters) > MOST_BYTES) {
      errors.tooLong(FieldPath.ROOT, "parameters", MOST_BYTES);
    }
  }

  /** How long the keys and values are together, in UTF-8. */
  static long bytes(JsonNode texts) {
    long out = 0;
    for (var e : texts.properties()) {
      out += e.getKey().getBytes(StandardCharsets.UTF_8).length;
      out += e.getValue().asText("").getBytes(StandardCharsets.UTF_8).length;
    }
    return out;
  }

  private static void fixed(ObjectNode now, JsonNode before, String field, FieldErrors errors) {
    if (!Nodes.same(now, before, field)) {
      errors.forbidden(FieldPath.ROOT, field, "updates to " + field + " are forbidden.");
    }
  }
}
