package dev.coracle.apiserver.validation;

import dev.coracle.api.StatusCause;
import dev.coracle.api.validation.FieldErrors;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * What a stored object had wrong may stay, since rules grow and objects have to live on (ADR 0347).
 */
final class Ratchet {

  private Ratchet() {}

  /**
   * Leaves out of what is wrong with a changed object what was wrong before in the same words. The
   * old object is only looked at where there is something to leave out.
   *
   * @param which of the errors may be left out
   * @param before looks at the old object
   */
  static void leaveOut(
      FieldErrors found, Predicate<StatusCause> which, Consumer<FieldErrors> before) {
    if (found.causes().stream().noneMatch(which)) {
      return;
    }
    FieldErrors known = new FieldErrors();
    before.accept(known);
    found.causes().removeIf(c -> which.test(c) && known.causes().contains(c));
  }
}
