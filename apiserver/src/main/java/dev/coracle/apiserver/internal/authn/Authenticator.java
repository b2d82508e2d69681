package dev.coracle.apiserver.internal.authn;

import dev.coracle.apiserver.UserInfo;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Knows bearer tokens of one kind. */
@FunctionalInterface
public interface Authenticator {

  /**
   * @param audiences for which the token was accepted; empty where tokens of this kind have none
   * @param notes what the audit log is to say of it, as annotations
   * @param warnings what the client is to be told
   */
  record Result(
      UserInfo user, List<String> audiences, Map<String, String> notes, List<String> warnings) {

    public Result {
      notes = Map.copyOf(notes);
      warnings = List.copyOf(warnings);
    }

    Result(UserInfo user, List<String> audiences) {
      this(user, audiences, Map.of(), List.of());
    }
  }

  /**
   * Empty when the token is not of this kind or not good; a failure when that could not be found
   * out.
   */
  Uni<Optional<Result>> authenticate(String token, List<String> audiences);
}
