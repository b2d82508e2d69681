package dev.coracle.launcher;

/**
 * Something the user can put right: the message is one line that says what is wrong and what to do,
 * and is all that is printed.
 */
public final class UserErrorException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public UserErrorException(String message) {
    super(message, null, false, false);
  }
}
