package dev.coracle.apiserver.internal.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cel.common.types.CelType;
import dev.cel.common.types.OptionalType;
import dev.cel.common.types.SimpleType;
import dev.coracle.api.Json;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.cel.CelEnvironment;
import dev.coracle.cel.CelFailure;
import dev.coracle.cel.Expression;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One entry of {@code x-kubernetes-validations}, compiled.
 *
 * @param message said when it fails; {@code messageExpression} goes before it
 * @param reason {@code FieldValueInvalid} and the like
 * @param fieldPath below the value, where the error is shown; empty for the value itself
 * @param transition compares with {@code oldSelf}
 * @param optionalOldSelf is asked on create too, with {@code oldSelf} an empty optional
 */
record ValidationRule(
    Expression rule,
    @Nullable Expression messageExpression,
    String message,
    String reason,
    String fieldPath,
    boolean transition,
    boolean optionalOldSelf) {

  /**
   * Null when it is wrong, and the errors say why; and where there is none: that a rule is there
   * and has a message is for the rules of schemas to say.
   *
   * @param uncorrelatable the schema inside which a value can not be told to be one that was there
   *     before; null where there is none
   * @param schema of the value
   * @param defining whether it is being written: what was taken with it once is not held against
   *     the objects of its resource
   */
  static @Nullable ValidationRule compile(
      JsonNode rule,
      CelType self,
      Map<String, CelType> structs,
      @Nullable FieldPath uncorrelatable,
      JsonNode schema,
      boolean defining,
      FieldPath at,
      FieldErrors errors) {
    String text = rule.path("rule").asText("");
    if (text.isBlank()) {
      return null;
    }
    boolean optional = rule.path("optionalOldSelf").asBoolean(false);
    CelEnvironment environment =
        new CelEnvironment(
            Map.of("self", self, "oldSelf", optional ? OptionalType.create(self) : self), structs);
    Expression compiled = null;
    Expression message = null;
    FieldErrors wrong = new FieldErrors();
    try {
      compiled =
          environment.compile(
              text, Set.of(SimpleType.BOOL), "cel expression must evaluate to a bool");
      message = messageExpression(rule, environment, at, wrong);
    } catch (CelFailure e) {
      wrong.invalid(at, "rule", whole(rule), e.words());
    }
    boolean transition = compiled != null && compiled.uses("oldSelf");
    if (transition && uncorrelatable != null) {
      wrong.invalid(
          at,
          "rule",
          text,
          "oldSelf cannot be used on the uncorrelatable portion of the schema within "
              + uncorrelatable);
    }
    if (rule.hasNonNull("optionalOldSelf") && !transition) {
      wrong.invalid(
          at, "optionalOldSelf", optional, "may not be set if oldSelf is not used in rule");
    }
    if (defining || compiled == null) {
      errors.causes().addAll(wrong.causes());
    }
    if (compiled == null) {
      return null;
    }
    SchemaPath path = SchemaPath.of(rule.path("fieldPath").asText(""), schema, true);
    return new ValidationRule(
        compiled,
        message,
        rule.path("message").asText("").strip(),
        rule.path("reason").asText("FieldValueInvalid"),
        path.isValid() ? path.shown() : "",
        transition,
        optional);
  }

  /** As Go's fields have it: with a rule that does not compile upstream shows all of it. */
  private static StringBuilder whole(JsonNode rule) {
    ObjectNode out = Json.object();
    out.put("Rule", rule.path("rule").asText(""));
    out.put("Message", rule.path("message").asText(""));
    out.put("MessageExpression", rule.path("messageExpression").asText(""));
    out.set("Reason", rule.hasNonNull("reason") ? rule.get("reason") : Json.NODES.nullNode());
    out.put("FieldPath", rule.path("fieldPath").asText(""));
    JsonNode optional = rule.path("optionalOldSelf");
    out.set("OptionalOldSelf", optional.isBoolean() ? optional : Json.NODES.nullNode());
    String text =
        out.toString().replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026");
    return new StringBuilder(text);
  }

  private static @Nullable Expression messageExpression(
      JsonNode rule, CelEnvironment environment, FieldPath at, FieldErrors errors) {
    String text = rule.path("messageExpression").asText("");
    if (text.isBlank()) {
      return null;
    }
    try {
      return environment.compile(text, Set.of(SimpleType.STRING), "must evaluate to a string");
    } catch (CelFailure e) {
      errors.invalid(at, "messageExpression", whole(rule), "messageExpression " + e.words());
      return null;
    }
  }

  /** The message, or the rule itself where there is none. */
  String messageOrRule() {
    return message.isEmpty() ? "failed rule: " + rule.text().strip() : message;
  }

  /** How the rule is called in messages about errors of evaluation. */
  String display() {
    return message.isEmpty() ? rule.text().strip() : message;
  }
}
