package dev.coracle.apiserver.internal.authn;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.cel.Expression;
import java.util.ArrayList;
import java.util.List;

/** Where a property of a user comes from. */
public sealed interface ClaimSource {

  ClaimSource NOTHING = new Nothing();

  /** A claim, with a text before its value. */
  record Claim(String name, String prefix) implements ClaimSource {}

  /** An expression over {@code claims}. */
  record Computed(Expression expression) implements ClaimSource {}

  record Nothing() implements ClaimSource {}

  /** One text; empty where there is none. */
  static String text(ClaimSource source, TokenClaims claims) {
    return switch (source) {
      case Claim(String name, String prefix) -> {
        JsonNode value = claims.get(name);
        if (!value.isTextual()) {
          throw new TokenRefused("the claim " + name + " is missing or no string");
        }
        yield value.asText().isEmpty() ? "" : prefix + value.asText();
      }
      case Computed(Expression expression) -> claims.text(expression);
      case Nothing() -> "";
    };
  }

  /** Any number of texts; a claim that is absent gives none. */
  static List<String> texts(ClaimSource source, TokenClaims claims) {
    return switch (source) {
      case Claim(String name, String prefix) -> {
        JsonNode value = claims.get(name);
        List<String> out = new ArrayList<>();
        if (value.isTextual()) {
          out.add(prefix + value.asText());
        } else if (value.isArray()) {
          value.forEach(v -> out.add(prefix + v.asText()));
        } else if (!value.isMissingNode() && !value.isNull()) {
          throw new TokenRefused("the claim " + name + " is no string and no list of strings");
        }
        yield out;
      }
      case Computed(Expression expression) -> claims.texts(expression);
      case Nothing() -> List.of();
    };
  }
}
