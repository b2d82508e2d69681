package dev.coracle.apiserver.internal.authn;

import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.authn.Authenticator.Result;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Finds out who asks: the client certificate first, then the bearer token, then nobody. */
public final class Authentication {

  private final List<Authenticator> tokens;
  private final List<String> audiences;
  private final Predicate<String> anonymousAt;

  /**
   * @param tokens asked in this order
   * @param audiences the server's own
   * @param anonymousAt whether requests without credentials are let in at a path
   */
  public Authentication(
      List<Authenticator> tokens, List<String> audiences, Predicate<String> anonymousAt) {
    this.anonymousAt = anonymousAt;
    this.tokens = List.copyOf(tokens);
    this.audiences = List.copyOf(audiences);
  }

  /** Empty when credentials were given and are not good, or are missing where they are needed. */
  public Uni<Optional<UserInfo>> authenticate(
      @Nullable SSLSession session, String authorization, String path) {
    Optional<UserInfo> byCertificate = ClientCertificates.user(session);
    if (byCertificate.isPresent()) {
      return Uni.createFrom().item(byCertificate);
    }
    if (!authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
      return Uni.createFrom()
          .item(anonymousAt.test(path) ? Optional.of(UserInfo.ANONYMOUS) : Optional.empty());
    }
    return token(authorization.substring(7).trim(), audiences)
        .map(result -> result.map(Result::user));
  }

  /** Asks the authenticators of tokens one after the other. */
  public Uni<Optional<Result>> token(String token, List<String> forAudiences) {
    return token(token, forAudiences, 0);
  }

  private Uni<Optional<Result>> token(String token, List<String> forAudiences, int from) {
    if (from == tokens.size() || token.isEmpty()) {
      return Uni.createFrom().item(Optional.empty());
    }
    return tokens
        .get(from)
        .authenticate(token, forAudiences)
        .chain(found ->
            found.isPresent()
                ? Uni.createFrom().item(found)
                : token(token, forAudiences, from + 1));
  }

  public List<String> audiences() {
    return audiences;
  }
}
