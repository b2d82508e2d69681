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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One entry of {@code x-kubernetes-validations}, compiled.
 *
 * @param message said when it fails; {@code messageExpression} goes before it
 * @param reason {@code FieldValueInvalid} and the like
 * @param fieldPath below the value, where the error is shown
 * @param transition compares with {@code oldSelf}
 * @param optionalOldSelf is asked on create too, with {@code oldSelf} an empty optional
 */
record ValidationRule(
    Expression rule,
    @Nullable Expression messageExpression,
    String message,
    String reason,
    List<String> fieldPath,
    boolean transition,
    boolean optionalOldSelf) {

  private static final Pattern STEP = Pattern.compile("\\.([A-Za-z_][A-Za-z0-9_-]*)|\\['([^']*)']");

  /** Null when it is wrong; the errors say why. */
  static @Nullable ValidationRule compile(
      JsonNode rule,
      CelType self,
      Map<String, CelType> structs,
      boolean correlatable,
      FieldPath at,
      FieldErrors errors) {
    String text = rule.path("rule").asText("");
    if (text.isBlank()) {
      errors.required(at, "rule", "rule is not specified");
      return null;
    }
    String message = rule.path("message").asText("").strip();
    if (message.isEmpty() && text.strip().indexOf('\n') >= 0) {
      errors.required(at, "message", "message must be specified if rule contains line breaks");
      return null;
    }
    boolean optional = rule.path("optionalOldSelf").asBoolean(false);
    CelEnvironment environment =
        new CelEnvironment(
            Map.of("self", self, "oldSelf", optional ? OptionalType.create(self) : self), structs);
    Expression compiled;
    try {
      compiled =
          environment.compile(
              text, Set.of(SimpleType.BOOL), "cel expression must evaluate to a bool");
    } catch (CelFailure e) {
      errors.invalid(at, "rule", whole(rule), e.words());
      return null;
    }
    boolean transition = compiled.uses("oldSelf");
    if (transition && !correlatable) {
      errors.invalid(
          at, "rule", text, "oldSelf cannot be used on the uncorrelatable portion of the schema");
      return null;
    }
    if (rule.hasNonNull("optionalOldSelf") && !transition) {
      errors.invalid(
          at, "optionalOldSelf", optional, "may not be set if oldSelf is not used in rule");
      return null;
    }
    List<String> path = path(rule.path("fieldPath").asText(""));
    if (path == null) {
      errors.invalid(at, "fieldPath", rule.path("fieldPath").asText(), "must be a valid path");
      return null;
    }
    return new ValidationRule(
        compiled,
        messageExpression(rule.path("messageExpression").asText(""), environment, at, errors),
        message,
        rule.path("reason").asText("FieldValueInvalid"),
        path,
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
      String text, CelEnvironment environment, FieldPath at, FieldErrors errors) {
    if (text.isBlank()) {
      return null;
    }
    try {
      return environment.compile(
          text, Set.of(SimpleType.STRING), "messageExpression must evaluate to a string");
    } catch (CelFailure e) {
      errors.invalid(at, "messageExpression", text, e.words());
      return null;
    }
  }

  private static @Nullable List<String> path(String text) {
    List<String> out = new ArrayList<>();
    Matcher m = STEP.matcher(text);
    int at = 0;
    while (m.find() && m.start() == at) {
      out.add(m.group(1) != null ? m.group(1) : m.group(2));
      at = m.end();
    }
    return at == text.length() ? out : null;
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
