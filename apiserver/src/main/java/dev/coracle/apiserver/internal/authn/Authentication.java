package dev.coracle.apiserver.internal.authn;

import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.authn.Authenticator.Result;
import dev.coracle.apiserver.internal.authn.ClientCertificates.Shown;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Finds out who asks: the client certificate first, then the bearer token, then nobody. */
public final class Authentication {

  private final ClientCertificates certificates;
  private final List<Authenticator> tokens;
  private final List<String> audiences;
  private final Predicate<String> anonymousAt;
  private final AuthenticationMeters meters;
  private final Clock clock;

  /**
   * @param tokens asked in this order
   * @param audiences the server's own
   * @param anonymousAt whether requests without credentials are let in at a path
   */
  public Authentication(
      ClientCertificates certificates,
      List<Authenticator> tokens,
      List<String> audiences,
      Predicate<String> anonymousAt,
      AuthenticationMeters meters,
      Clock clock) {
    this.certificates = certificates;
    this.anonymousAt = anonymousAt;
    this.meters = meters;
    this.clock = clock;
    this.tokens = List.copyOf(tokens);
    this.audiences = List.copyOf(audiences);
  }

  /**
   * Empty when credentials were given and are not good, or are missing where they are needed. A
   * connection may outlive the certificate that it began with, which is not good then; nor is one
   * that no authority stands behind. Who has such a one may have a good token.
   */
  public Uni<Optional<Result>> authenticate(
      @Nullable SSLSession session, String authorization, String path) {
    long since = System.nanoTime();
    Shown shown = certificates.of(session);
    boolean refused = shown instanceof Shown.Untrusted;
    if (shown instanceof Shown.Certified certified) {
      Duration validYet = Duration.between(clock.instant(), certified.notAfter());
      refused = validYet.isNegative();
      if (!refused) {
        meters.certificate(validYet);
        return answered(Optional.of(certified.user()), since);
      }
    }
    if (!authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
      boolean anonymous = !refused && anonymousAt.test(path);
      return answered(anonymous ? Optional.of(UserInfo.ANONYMOUS) : Optional.empty(), since);
    }
    return token(authorization.substring(7).trim(), audiences)
        .invoke(result -> meters.answered(result.map(Result::user), since))
        .onFailure()
        .invoke(_ -> meters.failed(since));
  }

  private Uni<Optional<Result>> answered(Optional<UserInfo> user, long since) {
    meters.answered(user, since);
    return Uni.createFrom().item(user.map(u -> new Result(u, List.of())));
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
