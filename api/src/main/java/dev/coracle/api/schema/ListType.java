package dev.coracle.api.schema;

/**
 * How the items of a list are told apart when two writers change it ({@code
 * x-kubernetes-list-type}).
 */
public enum ListType {
  /** One value as a whole. */
  ATOMIC,
  /** Scalars that occur once; each is its own identity. */
  SET,
  /** Objects identified by the fields of {@link SchemaType#mapKeys()}. */
  MAP
}
