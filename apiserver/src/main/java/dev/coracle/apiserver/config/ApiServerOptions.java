package dev.coracle.apiserver.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What the API server is told by the launcher.
 *
 * @param listen where it listens and with which certificates
 * @param identity how it knows and makes identities
 * @param kubelets how it reaches kubelets
 * @param services which addresses and ports Services get
 * @param limits how much it takes on
 * @param shutdown how it ends
 * @param security what is off by default
 * @param flags the options of the process, to be shown; none of the values is a secret
 */
public record ApiServerOptions(
    Listen listen,
    Identity identity,
    Kubelets kubelets,
    Services services,
    Limits limits,
    Shutdown shutdown,
    SecurityOptions security,
    Map<String, String> flags) {

  public ApiServerOptions {
    flags = Map.copyOf(flags);
  }

  public ApiServerOptions(
      Listen listen, Identity identity, Kubelets kubelets, Services services, Limits limits) {
    this(
        listen,
        identity,
        kubelets,
        services,
        limits,
        Shutdown.DEFAULT,
        SecurityOptions.DEFAULT,
        Map.of());
  }

  public ApiServerOptions withSecurity(SecurityOptions options) {
    return new ApiServerOptions(
        listen, identity, kubelets, services, limits, shutdown, options, flags);
  }

  /**
   * @param address what to bind to: {@code 0.0.0.0} for all
   * @param port 0 for any free one
   * @param advertiseAddress the IP under which others reach this server
   * @param certificate PEM chain
   * @param key PEM, PKCS#8
   * @param clientCa PEM bundle that client certificates are checked with
   */
  public record Listen(
      String address,
      int port,
      String advertiseAddress,
      Path certificate,
      Path key,
      Path clientCa) {}

  /**
   * @param serviceAccountKey PEM, PKCS#8, RSA or EC P-256: signs service account tokens
   * @param issuer the {@code iss} of tokens, an https URL
   * @param audiences the server's own audiences; the first is the default
   * @param staticTokens known for as long as the process lives
   */
  public record Identity(
      Path serviceAccountKey,
      String issuer,
      List<String> audiences,
      List<StaticToken> staticTokens) {

    public Identity {
      audiences = List.copyOf(audiences);
      staticTokens = List.copyOf(staticTokens);
    }

    public static Identity of(Path serviceAccountKey) {
      String issuer = "https://kubernetes.default.svc.cluster.local";
      return new Identity(serviceAccountKey, issuer, List.of(issuer), List.of());
    }
  }

  /** A bearer token for a user. */
  public record StaticToken(String token, String user, List<String> groups) {

    public StaticToken {
      groups = List.copyOf(groups);
    }

    @Override
    public String toString() {
      return "StaticToken[user=" + user + "]";
    }
  }

  /**
   * @param clientCertificate PEM, shown to kubelets
   * @param clientKey PEM, PKCS#8
   * @param ca PEM bundle that kubelets' certificates are checked with
   */
  public record Kubelets(Path clientCertificate, Path clientKey, Path ca) {}

  /**
   * @param cidrs one range, or one of each family; the first address of the first is the kubernetes
   *     Service's, and its family the one that Services have by default
   * @param firstNodePort inclusive
   * @param lastNodePort inclusive
   */
  public record Services(List<String> cidrs, int firstNodePort, int lastNodePort) {

    public static final Services DEFAULT = new Services(List.of("10.96.0.0/16"), 30000, 32767);

    public Services {
      cidrs = List.copyOf(cidrs);
    }

    public static Services in(String... cidrs) {
      return new Services(List.of(cidrs), DEFAULT.firstNodePort, DEFAULT.lastNodePort);
    }
  }

  /**
   * @param maxReads requests in flight that change nothing; watches do not count
   * @param maxWrites requests in flight that change something
   * @param maxBodyBytes of a request
   * @param requestTimeout of anything but watches and streams
   * @param minWatchTimeout a watch without timeoutSeconds lives between once and twice this
   * @param readTimeout for a request's body to arrive
   * @param eventTtl how long an Event is kept after its last write
   * @param goawayChance the share of HTTP/2 requests whose client is asked to connect anew, so that
   *     a load balancer can send it elsewhere; 0 to 0.02
   */
  public record Limits(
      int maxReads,
      int maxWrites,
      int maxBodyBytes,
      Duration requestTimeout,
      Duration minWatchTimeout,
      Duration readTimeout,
      Duration eventTtl,
      double goawayChance) {

    public static final Limits DEFAULT =
        new Limits(
            400,
            200,
            3 << 20,
            Duration.ofSeconds(60),
            Duration.ofMinutes(30),
            Duration.ofSeconds(30),
            Duration.ofHours(1),
            0);
  }

  /**
   * @param delay for how long all is served yet when {@code /readyz} says already that the server
   *     ends
   * @param sendRetryAfter whether requests that come after that are told to come again later (429),
   *     in place of that there is no server (503)
   * @param watchGrace over how long the end of the watches is spread at most
   */
  public record Shutdown(Duration delay, boolean sendRetryAfter, Duration watchGrace) {

    public static final Shutdown DEFAULT = new Shutdown(Duration.ZERO, false, Duration.ZERO);
  }
}
