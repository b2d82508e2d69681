package dev.coracle.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GoQuote;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The logical keywords of a schema: {@code anyOf}, {@code oneOf}, {@code allOf} and {@code not}.
 * Where no schema of several is met, the faults of the one are told that the value comes nearest
 * to, the one with the most checks, as upstream does.
 */
final class SchemaLogic {

  /** Such faults have no field; clients look for the word. */
  private static final FieldPath NOWHERE = FieldPath.ROOT.child("<nil>");

  private record Outcome(FieldErrors errors, int checks) {}

  private SchemaLogic() {}

  static void fault(String words, FieldErrors errors) {
    errors.invalid(NOWHERE, "", "", words);
  }

  /**
   * @return how many checks there were
   */
  static int check(ObjectNode rules, JsonNode value, FieldPath path, FieldErrors errors) {
    int checks = 1;
    if (rules.get("anyOf") instanceof ArrayNode any && !any.isEmpty()) {
      checks += any(any, value, path, errors);
    }
    if (rules.get("oneOf") instanceof ArrayNode one && !one.isEmpty()) {
      checks += one(one, value, path, errors);
    }
    if (rules.get("allOf") instanceof ArrayNode all && !all.isEmpty()) {
      checks += all(all, value, path, errors);
    }
    if (rules.path("not") instanceof ObjectNode not && outcome(not, value, path).errors.isEmpty()) {
      fault(GoQuote.of(path.inBody()) + " must not validate the schema (not)", errors);
    }
    return checks;
  }

  private static int any(ArrayNode schemas, JsonNode value, FieldPath path, FieldErrors errors) {
    Outcome nearest = null;
    for (JsonNode schema : schemas) {
      Outcome outcome = outcome(schema, value, path);
      if (outcome.errors.isEmpty()) {
        return outcome.checks;
      }
      nearest = nearer(nearest, outcome);
    }
    fault(GoQuote.of(path.inBody()) + " must validate at least one schema (anyOf)", errors);
    return told(nearest, errors);
  }

  private static int one(ArrayNode schemas, JsonNode value, FieldPath path, FieldErrors errors) {
    Outcome nearest = null;
    Outcome met = null;
    int found = 0;
    for (JsonNode schema : schemas) {
      Outcome outcome = outcome(schema, value, path);
      if (outcome.errors.isEmpty()) {
        found++;
        met = met == null ? outcome : met;
      } else {
        nearest = nearer(nearest, outcome);
      }
    }
    if (found == 1 && met != null) {
      return met.checks;
    }
    fault(
        GoQuote.of(path.inBody())
            + " must validate one and only one schema (oneOf). Found "
            + (found == 0 ? "none valid" : found + " valid alternatives"),
        errors);
    return found == 0 ? told(nearest, errors) : 0;
  }

  private static int all(ArrayNode schemas, JsonNode value, FieldPath path, FieldErrors errors) {
    int met = 0;
    int checks = 0;
    for (JsonNode schema : schemas) {
      Outcome outcome = outcome(schema, value, path);
      met += outcome.errors.isEmpty() ? 1 : 0;
      checks += told(outcome, errors);
    }
    if (met < schemas.size()) {
      fault(
          GoQuote.of(path.inBody())
              + " must validate all the schemas (allOf)"
              + (met == 0 ? ". None validated" : ""),
          errors);
    }
    return checks;
  }

  private static Outcome nearer(@Nullable Outcome known, Outcome other) {
    return known == null || other.checks > known.checks ? other : known;
  }

  private static int told(@Nullable Outcome outcome, FieldErrors errors) {
    if (outcome == null) {
      return 0;
    }
    errors.causes().addAll(outcome.errors.causes());
    return outcome.checks;
  }

  private static Outcome outcome(JsonNode schema, JsonNode value, FieldPath path) {
    FieldErrors errors = new FieldErrors();
    int checks = schema instanceof ObjectNode rules ? whole(rules, value, path, errors) : 0;
    return new Outcome(errors, checks);
  }

  /** A schema inside a logical keyword, with all that is below it. */
  private static int whole(ObjectNode rules, JsonNode value, FieldPath path, FieldErrors errors) {
    String type = rules.path("type").asText("");
    if (value.isNull()) {
      if (!type.isEmpty() && !rules.path("nullable").asBoolean()) {
        Constraints.wrongType(path, type, "null", errors);
      }
      return 1;
    }
    List<String> types = type.isEmpty() ? List.of() : List.of(type);
    int checks = Constraints.begin(rules, types, value, path, errors);
    if (value instanceof ArrayNode array && rules.path("items") instanceof ObjectNode items) {
      for (int i = 0; i < array.size(); i++) {
        checks += whole(items, array.get(i), path.index(i), errors);
      }
    }
    checks += Constraints.end(rules, value, path, errors);
    if (value instanceof ObjectNode object) {
      checks += fields(rules, object, path, errors);
    }
    return checks;
  }

  private static int fields(
      ObjectNode rules, ObjectNode object, FieldPath path, FieldErrors errors) {
    JsonNode declared = rules.path("properties");
    int checks = 0;
    List<String> others = new ArrayList<>();
    for (var e : object.properties()) {
      if (declared.path(e.getKey()) instanceof ObjectNode field) {
        checks += whole(field, e.getValue(), path.child(e.getKey()), errors);
      } else {
        others.add(e.getKey());
      }
    }
    if (rules.path("additionalProperties") instanceof ObjectNode additional) {
      for (String name : others) {
        checks += whole(additional, object.get(name), path.child(name), errors);
      }
    }
    for (JsonNode required : rules.path("required")) {
      if (!object.has(required.asText())) {
        errors.required(path, required.asText());
      }
    }
    return checks;
  }
}
