package dev.coracle.api.schema;

/** What happens to fields that are unknown or given twice (KEP-2885). */
public enum FieldValidation {
  /** They are dropped without a word. */
  IGNORE,
  /** They are dropped, and the answer carries a warning for each. */
  WARN,
  /** The request is refused. */
  STRICT;

  /** The value of the query parameter; empty is {@link #WARN}, anything unknown too. */
  public static FieldValidation of(String text) {
    return switch (text) {
      case "Ignore" -> IGNORE;
      case "Strict" -> STRICT;
      default -> WARN;
    };
  }
}
