package dev.coracle.api.patch;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The fields of an object that a write leaves as they are, whatever it says of them, so that who
 * writes does not come to own them: the status where the object is written, the rest of it where
 * its status is (KEP-555). Immutable.
 */
public final class ResetFields {

  /** In a path: whatever step is there. */
  public static final String ANY = "*";

  /** Nothing is left as it was. */
  public static final ResetFields NONE = new ResetFields(new FieldSet(), null);

  private final FieldSet reset;
  private final @Nullable FieldSet reached;

  private ResetFields(FieldSet reset, @Nullable FieldSet reached) {
    this.reset = reset;
    this.reached = reached;
  }

  /**
   * @param paths names of fields with dots between them; each with all that is below it
   */
  public static ResetFields of(String... paths) {
    return new ResetFields(set(Arrays.asList(paths)), null);
  }

  /** Everything but these and what is below them; the way to them stays. */
  public static ResetFields allBut(String... paths) {
    return new ResetFields(new FieldSet(), set(Arrays.asList(paths)));
  }

  private static FieldSet set(List<String> paths) {
    FieldSet out = new FieldSet();
    for (String path : paths) {
      String[] steps = path.split("\\.");
      for (int i = 0; i < steps.length; i++) {
        steps[i] = steps[i].equals(ANY) ? ANY : PathStep.field(steps[i]);
      }
      out.with(steps);
    }
    return out;
  }

  /** What is reset, each path with all below it. */
  FieldSet trees() {
    return reset;
  }

  /** A new set: those of the paths that a write reaches. */
  FieldSet without(FieldSet paths) {
    return reached == null ? paths.minusTrees(reset) : within(paths, reached);
  }

  /** As {@link #without}, of a set that is given away. */
  FieldSet dropFrom(FieldSet paths) {
    return reached == null ? paths.dropTrees(reset) : within(paths, reached);
  }

  private static FieldSet within(FieldSet paths, FieldSet reached) {
    if (reached.isMember()) {
      return paths;
    }
    FieldSet out = new FieldSet();
    paths.forEachStep((step, below) -> {
      FieldSet there = reached.get(step);
      FieldSet onTheWay = there == null ? reached.get(ANY) : there;
      if (onTheWay != null) {
        FieldSet kept = within(below, onTheWay);
        FieldSet made = out.at(step);
        made.addAll(kept);
        if (below.isMember()) {
          made.add();
        }
      }
    });
    return out.prune();
  }
}
