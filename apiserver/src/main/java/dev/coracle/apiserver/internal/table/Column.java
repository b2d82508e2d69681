package dev.coracle.apiserver.internal.table;

/**
 * One column.
 *
 * @param type an OpenAPI type: {@code string}, {@code integer}, …
 * @param format {@code name} for the column that holds the name; else mostly empty
 * @param priority 0 is always shown, anything greater only in wide output
 */
public record Column(String name, String type, String format, String description, int priority) {

  static final Column NAME =
      new Column(
          "Name",
          "string",
          "name",
          "Name must be unique within a namespace. Is required when creating resources, although"
              + " some resources may allow a client to request the generation of an appropriate"
              + " name automatically. Name is primarily intended for creation idempotence and"
              + " configuration definition. Cannot be updated. More info:"
              + " https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names",
          0);
  static final Column AGE =
      new Column("Age", "string", "", "Time since the object was created.", 0);

  /** The age of a custom resource whose definition has no columns. */
  static final Column CREATED =
      new Column(
          "Age",
          "date",
          "",
          "CreationTimestamp is a timestamp representing the server time when this object was"
              + " created. It is not guaranteed to be set in happens-before order across separate"
              + " operations. Clients may not set this value. It is represented in RFC3339 form and"
              + " is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info:"
              + " https://git.k8s.io/community/contributors/devel/sig-architecture/"
              + "api-conventions.md#metadata",
          0);

  static Column of(String name) {
    return new Column(name, "string", "", name, 0);
  }

  static Column wide(String name) {
    return new Column(name, "string", "", name, 1);
  }

  static Column integer(String name) {
    return new Column(name, "integer", "", name, 0);
  }
}
