package dev.coracle.api.validation;

import com.fasterxml.jackson.databind.node.DoubleNode;
import dev.coracle.api.GoQuote;
import dev.coracle.api.GoText;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Collects field errors in the form of upstream's {@code field.Error}. Every method names the field
 * by a path and a child of it, which may be empty; so a check that passes makes no path. Confined
 * to one thread.
 */
public final class FieldErrors {

  private final List<StatusCause> causes = new ArrayList<>(0);

  public List<StatusCause> causes() {
    return causes;
  }

  public boolean isEmpty() {
    return causes.isEmpty();
  }

  public void required(FieldPath path, String child, String detail) {
    add(StatusCause.REQUIRED, "Required value", detail, path, child);
  }

  public void required(FieldPath path, String child) {
    required(path, child, "");
  }

  /**
   * @param value a text, number, boolean or JSON value, shown in the message
   */
  public void invalid(FieldPath path, String child, Object value, String detail) {
    add(StatusCause.INVALID, "Invalid value: " + show(value), detail, path, child);
  }

  /** As {@link #invalid(FieldPath, String, Object, String)}, for a value too large to be shown. */
  public void rejected(FieldPath path, String detail) {
    add(StatusCause.INVALID, "Invalid value", detail, path, "");
  }

  /** One error for each message. */
  public void invalid(FieldPath path, String child, Object value, List<String> details) {
    for (String detail : details) {
      invalid(path, child, value, detail);
    }
  }

  public void typeInvalid(FieldPath path, String child, Object value, String detail) {
    add(StatusCause.TYPE_INVALID, "Invalid value: " + show(value), detail, path, child);
  }

  /**
   * @param supported shown in its order where it has one, else sorted; upstream has both
   */
  public void unsupported(
      FieldPath path, String child, Object value, Collection<String> supported) {
    Stream<String> shown = supported.stream();
    String values =
        (supported instanceof Set ? shown.sorted() : shown)
            .map(FieldErrors::quote)
            .collect(Collectors.joining(", "));
    add(
        StatusCause.NOT_SUPPORTED,
        "Unsupported value: " + show(value),
        supported.isEmpty() ? "" : "supported values: " + values,
        path,
        child);
  }

  public void forbidden(FieldPath path, String child, String detail) {
    add(StatusCause.FORBIDDEN, "Forbidden", detail, path, child);
  }

  public void duplicate(FieldPath path, String child, Object value) {
    duplicate(path, child, value, "");
  }

  public void duplicate(FieldPath path, String child, Object value, String detail) {
    add(StatusCause.DUPLICATE, "Duplicate value: " + show(value), detail, path, child);
  }

  /** As {@link #duplicate}, for a value too large to be shown. */
  public void duplicated(FieldPath path) {
    add(StatusCause.DUPLICATE, "Duplicate value", "", path, "");
  }

  public void notFound(FieldPath path, String child, Object value) {
    notFound(path, child, value, "");
  }

  public void notFound(FieldPath path, String child, Object value, String detail) {
    add(StatusCause.NOT_FOUND, "Not found: " + show(value), detail, path, child);
  }

  public void tooLong(FieldPath path, String child, int max) {
    add(StatusCause.TOO_LONG, "Too long", "may not be more than " + max + " bytes", path, child);
  }

  public void tooMany(FieldPath path, String child, int actual, int max) {
    add(
        StatusCause.TOO_MANY,
        "Too many: " + actual,
        "must have at most " + max + " items",
        path,
        child);
  }

  /**
   * @throws StatusException {@code Invalid} of such an object, with all that was found
   */
  public void throwIfAny(GroupVersionKind kind, String name) {
    if (!causes.isEmpty()) {
      throw StatusException.invalid(kind, name, causes);
    }
  }

  private void add(String type, String message, String detail, FieldPath path, String child) {
    String text = detail.isEmpty() ? message : message + ": " + detail;
    causes.add(new StatusCause(type, text, path.child(child).toString()));
  }

  private static String show(Object value) {
    return switch (value) {
      case String s -> quote(s);
      case DoubleNode n -> GoText.of(n.doubleValue());
      default -> value.toString();
    };
  }

  private static String quote(String text) {
    return GoQuote.of(text);
  }
}
