package dev.coracle.api.validation;

import org.jspecify.annotations.Nullable;

/** Where a value stands: {@code spec.containers[0].name}. Rendered only when there is an error. */
public final class FieldPath {

  public static final FieldPath ROOT = new FieldPath(null, "");
  public static final FieldPath METADATA = ROOT.child("metadata");
  public static final FieldPath SPEC = ROOT.child("spec");
  public static final FieldPath STATUS = ROOT.child("status");

  private final @Nullable FieldPath parent;
  private final String step;
  private final boolean body;

  private FieldPath(@Nullable FieldPath parent, String step) {
    this(parent, step, false);
  }

  private FieldPath(@Nullable FieldPath parent, String step, boolean body) {
    this.parent = parent;
    this.step = step;
    this.body = body;
  }

  /**
   * The same place, as that of a value which is looked at alone: {@link #inBody} begins below it.
   */
  public FieldPath asBody() {
    return new FieldPath(parent, step, true);
  }

  /** The path from the value that is looked at, which words may name beside the whole path. */
  public String inBody() {
    StringBuilder out = new StringBuilder();
    render(out, true);
    return out.toString();
  }

  public FieldPath child(String name) {
    return name.isEmpty() ? this : new FieldPath(this, name);
  }

  public FieldPath child(String name, String... more) {
    FieldPath out = child(name);
    for (String m : more) {
      out = out.child(m);
    }
    return out;
  }

  public FieldPath index(int i) {
    return new FieldPath(this, "[" + i + "]");
  }

  public FieldPath key(String key) {
    return new FieldPath(this, "[" + key + "]");
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    render(out, false);
    return out.toString();
  }

  private void render(StringBuilder out, boolean inBody) {
    if (parent != null && !(inBody && body)) {
      parent.render(out, inBody);
      if (!out.isEmpty() && !step.startsWith("[")) {
        out.append('.');
      }
      out.append(step);
    }
  }
}
