package dev.coracle.apiserver.internal.authn;

import dev.coracle.apiserver.UserInfo;
import io.smallrye.mutiny.Uni;
import java.util.Optional;

/** Knows bearer tokens of one kind. */
@FunctionalInterface
public interface Authenticator {

  /**
   * @param audiences for which the token was accepted; empty where tokens of this kind have none
   */
  record Result(UserInfo user, java.util.List<String> audiences) {}

  /**
   * Empty when the token is not of this kind or not good; a failure when that could not be found
   * out.
   */
  Uni<Optional<Result>> authenticate(String token, java.util.List<String> audiences);
}
