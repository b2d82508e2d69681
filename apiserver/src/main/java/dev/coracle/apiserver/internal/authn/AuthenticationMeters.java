package dev.coracle.apiserver.internal.authn;

import dev.coracle.apiserver.UserInfo;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * What is counted of who asks, with upstream's names, labels and buckets. Users are told apart as
 * upstream does it: a few of the components', those that look like an address of mail, and others.
 */
public final class AuthenticationMeters {

  private static final Set<String> KNOWN =
      Set.of(
          "admin", "client", "kube_proxy", "kubelet", "system:serviceaccount:kube-system:default");

  private static final String MAIL = "email_id";
  private static final String OTHER = "other";

  /** From half an hour to a year, in seconds. */
  private static final double[] VALIDITIES =
      LongStream.of(
              1800,
              3600,
              7200,
              21_600,
              43_200,
              86_400,
              172_800,
              345_600,
              604_800,
              2_592_000,
              7_776_000,
              15_552_000,
              31_104_000)
          .asDoubleStream()
          .toArray();

  private final Attempts success;
  private final Attempts failure;
  private final Attempts error;
  private final Map<String, Counter> users;
  private final DistributionSummary certificates;

  public AuthenticationMeters(MeterRegistry registry) {
    success = attempts(registry, "success");
    failure = attempts(registry, "failure");
    error = attempts(registry, "error");
    users =
        Stream.concat(KNOWN.stream(), Stream.of(MAIL, OTHER))
            .collect(
                Collectors.toUnmodifiableMap(
                    user -> user,
                    user -> registry.counter("authenticated_user_requests", "username", user)));
    certificates =
        DistributionSummary.builder("apiserver_client_certificate_expiration_seconds")
            .description("How long the certificates are valid yet that clients come with")
            .serviceLevelObjectives(VALIDITIES)
            .register(registry);
  }

  private static Attempts attempts(MeterRegistry registry, String result) {
    return Attempts.of(registry, "authentication", "Time until it is known who asks", result);
  }

  /**
   * @param user empty where the credentials are not good
   */
  void answered(Optional<UserInfo> user, long since) {
    (user.isPresent() ? success : failure).add(since);
    user.map(u -> users.get(kind(u.name()))).ifPresent(Counter::increment);
  }

  /** It could not be found out. */
  void failed(long since) {
    error.add(since);
  }

  void certificate(Duration validYet) {
    certificates.record(validYet.toSeconds());
  }

  private static String kind(String user) {
    return KNOWN.contains(user) ? user : user.indexOf('@') >= 0 ? MAIL : OTHER;
  }
}
