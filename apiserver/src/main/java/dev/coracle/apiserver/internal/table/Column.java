package dev.coracle.apiserver.internal.table;

/**
 * One column.
 *
 * @param type an OpenAPI type: {@code string}, {@code integer}, …
 * @param format {@code name} for the column that holds the name; else mostly empty
 * @param description what it means, for custom kinds; {@link ColumnTexts} has that of built-in ones
 * @param priority 0 is always shown, anything greater only in wide output
 */
public record Column(String name, String type, String format, String description, int priority) {

  static final Column NAME = new Column("Name", "string", "name", "Name", 0);
  static final Column AGE = of("Age");

  /** The age of a custom resource whose definition has no columns. */
  static final Column CREATED = new Column("Age", "date", "", "Age", 0);

  static Column of(String name) {
    return new Column(name, "string", "", name, 0);
  }

  static Column wide(String name) {
    return new Column(name, "string", "", name, 1);
  }

  static Column integer(String name) {
    return new Column(name, "integer", "", name, 0);
  }

  static Column bool(String name) {
    return new Column(name, "boolean", "", name, 0);
  }
}
