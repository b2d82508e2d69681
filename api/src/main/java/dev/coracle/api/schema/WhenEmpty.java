package dev.coracle.api.schema;

/** What the JSON of a typed object has for a field in which there is nothing. */
public enum WhenEmpty {

  /** Nothing: a zero, an empty text, list or map is the same as none. */
  LEFT_OUT,

  /** What was given: a zero is something else than nothing. */
  KEPT,

  /** {@code null}. */
  NULL,

  /** The zero of its type. */
  ZERO
}
