package dev.coracle.apiserver.internal.authn;

import dev.coracle.cel.Expression;

/** What the claims of a token must be like. */
public sealed interface ClaimRule {

  /** A claim with exactly this value. */
  record Required(String claim, String value) implements ClaimRule {}

  /**
   * An expression over {@code claims} that must be true.
   *
   * @param message said of a token for which it is not; may be empty
   */
  record Holds(Expression expression, String message) implements ClaimRule {}

  /**
   * @throws TokenRefused
   */
  static void check(ClaimRule rule, TokenClaims claims) {
    switch (rule) {
      case Required(String claim, String value) -> {
        if (!claims.get(claim).asText("").equals(value)) {
          throw new TokenRefused("the claim " + claim + " is not " + value);
        }
      }
      case Holds(Expression expression, String message) -> {
        if (!claims.test(expression)) {
          throw new TokenRefused(
              "validation expression '" + expression.text() + "' failed: " + message);
        }
      }
    }
  }
}
