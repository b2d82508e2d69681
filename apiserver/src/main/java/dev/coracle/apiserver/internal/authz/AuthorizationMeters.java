package dev.coracle.apiserver.internal.authz;

import dev.coracle.apiserver.internal.authn.Attempts;
import io.micrometer.core.instrument.MeterRegistry;

/** What is counted of requests that ask whether they may, with upstream's names and labels. */
public final class AuthorizationMeters {

  private final Attempts allowed;
  private final Attempts denied;
  private final Attempts noOpinion;
  private final Attempts error;

  public AuthorizationMeters(MeterRegistry registry) {
    allowed = attempts(registry, "allowed");
    denied = attempts(registry, "denied");
    noOpinion = attempts(registry, "no-opinion");
    error = attempts(registry, "error");
  }

  private static Attempts attempts(MeterRegistry registry, String result) {
    return Attempts.of(
        registry, "authorization", "Time until it is known whether a request may", result);
  }

  /**
   * @param since when it was asked, in nanoseconds
   */
  public void answered(Authorizer.Decision decision, long since) {
    Attempts attempts =
        switch (decision.verdict()) {
          case ALLOW -> allowed;
          case DENY -> decision.error().isEmpty() ? denied : error;
          case NO_OPINION, UNASKED -> decision.error().isEmpty() ? noOpinion : error;
        };
    attempts.add(since);
  }
}
