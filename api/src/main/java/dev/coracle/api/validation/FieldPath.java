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

  private FieldPath(@Nullable FieldPath parent, String step) {
    this.parent = parent;
    this.step = step;
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
    render(out);
    return out.toString();
  }

  private void render(StringBuilder out) {
    if (parent != null) {
      parent.render(out);
      if (!out.isEmpty() && !step.startsWith("[")) {
        out.append('.');
      }
      out.append(step);
    }
  }
}
