package dev.coracle.cel;

/** An expression could not be compiled or evaluated; the message is for whoever wrote it. */
public final class CelFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final boolean overBudget;

  public CelFailure(String message, boolean overBudget) {
    super(message, null, false, false);
    this.overBudget = overBudget;
  }

  /** Whether evaluation was stopped because it took too many steps. */
  public boolean overBudget() {
    return overBudget;
  }

  /** Never null, unlike {@link #getMessage()} by its declaration. */
  public String words() {
    return String.valueOf(getMessage());
  }
}
