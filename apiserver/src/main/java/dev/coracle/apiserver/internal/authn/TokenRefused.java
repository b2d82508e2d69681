package dev.coracle.apiserver.internal.authn;

/** A token that is rightly signed names nobody who may come in; the message is for the log. */
final class TokenRefused extends RuntimeException {

  private static final long serialVersionUID = 1L;

  TokenRefused(String message) {
    super(message, null, false, false);
  }
}
