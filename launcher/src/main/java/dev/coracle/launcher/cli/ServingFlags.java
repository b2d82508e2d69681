package dev.coracle.launcher.cli;

import dev.coracle.api.GoDuration;
import dev.coracle.api.net.Cidr;
import dev.coracle.api.validation.NameRules;
import dev.coracle.apiserver.config.ApiServerOptions.Limits;
import dev.coracle.apiserver.config.ApiServerOptions.Shutdown;
import dev.coracle.launcher.UserErrorException;
import dev.coracle.launcher.config.ServingOptions;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** How the API server is reached, and how much it bears; under kube-apiserver's names. */
final class ServingFlags {

  private static final Pattern RANGE = Pattern.compile("(\\d{1,5})([-+])(\\d{1,5})");
  private static final int LAST_PORT = 65_535;
  private static final double MOST_CHANCE = 0.02;

  @Option(
      names = "--tls-san",
      paramLabel = "NAME",
      split = ",",
      description =
          "Further host names and addresses that the API server's certificate is for, such as that"
              + " of a load balancer.")
  private List<String> tlsSans = List.of();

  @Option(
      names = "--service-node-port-range",
      paramLabel = "FROM-TO",
      defaultValue = "30000-32767",
      description = "Ports of nodes that Services may have. Default: ${DEFAULT-VALUE}")
  private String nodePorts = "30000-32767";

  @Option(
      names = "--max-requests-inflight",
      paramLabel = "COUNT",
      defaultValue = "400",
      description =
          "With the next one, how many requests are served at once, shared out by priority and"
              + " fairness. Default: ${DEFAULT-VALUE}")
  private int maxReads = 400;

  @Option(
      names = "--max-mutating-requests-inflight",
      paramLabel = "COUNT",
      defaultValue = "200",
      description = "Is added to it. Default: ${DEFAULT-VALUE}")
  private int maxWrites = 200;

  @Option(
      names = "--request-timeout",
      paramLabel = "DURATION",
      defaultValue = "1m0s",
      description =
          "How long a request may take that is no watch and no stream. Default: ${DEFAULT-VALUE}")
  private String requestTimeout = "1m0s";

  @Option(
      names = "--min-request-timeout",
      paramLabel = "SECONDS",
      defaultValue = "1800",
      description =
          "A watch that does not say how long lives between once and twice this. Default:"
              + " ${DEFAULT-VALUE}")
  private int minWatchSeconds = 1800;

  @Option(
      names = "--event-ttl",
      paramLabel = "DURATION",
      defaultValue = "1h0m0s",
      description = "How long an Event is kept after its last write. Default: ${DEFAULT-VALUE}")
  private String eventTtl = "1h0m0s";

  @Option(
      names = "--shutdown-delay-duration",
      paramLabel = "DURATION",
      defaultValue = "0s",
      description =
          "How long everything is served yet at the end, while /readyz says already that it ends:"
              + " until load balancers have seen it. Default: ${DEFAULT-VALUE}")
  private String shutdownDelay = "0s";

  @Option(
      names = "--shutdown-send-retry-after",
      description =
          "Tell those that come after that to try again (429 and Retry-After), until what was"
              + " under way is answered; they are told that there is no server (503) otherwise.")
  private boolean sendRetryAfter;

  @Option(
      names = "--shutdown-watch-termination-grace-period",
      paramLabel = "DURATION",
      defaultValue = "0s",
      description =
          "Over how long the end of many watches is spread at most. Default: ${DEFAULT-VALUE}")
  private String watchGrace = "0s";

  @Option(
      names = "--goaway-chance",
      paramLabel = "SHARE",
      defaultValue = "0",
      description =
          "The share of HTTP/2 requests whose client is asked to connect anew, 0 to 0.02, so that"
              + " a load balancer spreads clients over several control planes. Default:"
              + " ${DEFAULT-VALUE}")
  private double goawayChance;

  ServingOptions options() {
    tlsSans.forEach(ServingFlags::checkName);
    Matcher range = RANGE.matcher(nodePorts);
    if (!range.matches()) {
      throw new UserErrorException(
          "--service-node-port-range is two ports such as 30000-32767, not '" + nodePorts + "'");
    }
    int first = Integer.parseInt(range.group(1));
    int second = Integer.parseInt(range.group(3));
    int last = range.group(2).equals("+") ? first + second : second;
    if (first < 1 || last < first || last > LAST_PORT) {
      throw new UserErrorException(
          "--service-node-port-range is within 1-65535 and begins before it ends, not '"
              + nodePorts
              + "'");
    }
    Limits usual = Limits.DEFAULT;
    return new ServingOptions(
        tlsSans,
        first,
        last,
        new Limits(
            positive("--max-requests-inflight", maxReads),
            positive("--max-mutating-requests-inflight", maxWrites),
            usual.maxBodyBytes(),
            duration("--request-timeout", requestTimeout),
            Duration.ofSeconds(positive("--min-request-timeout", minWatchSeconds)),
            usual.readTimeout(),
            duration("--event-ttl", eventTtl),
            chance(goawayChance)),
        new Shutdown(
            time("--shutdown-delay-duration", shutdownDelay),
            sendRetryAfter,
            time("--shutdown-watch-termination-grace-period", watchGrace)));
  }

  private static void checkName(String name) {
    if (Cidr.number(name).isEmpty()
        && !NameRules.dnsSubdomain(name.startsWith("*.") ? name.substring(2) : name).isEmpty()) {
      throw new UserErrorException("--tls-san is a host name or an address, not '" + name + "'");
    }
  }

  private static int positive(String option, int value) {
    if (value < 1) {
      throw new UserErrorException(option + " is at least 1, not " + value);
    }
    return value;
  }

  /** More of it would mean that clients do hardly anything but connect. */
  private static double chance(double value) {
    if (!(value >= 0 && value <= MOST_CHANCE)) {
      throw new UserErrorException("--goaway-chance is within 0 and 0.02, not " + value);
    }
    return value;
  }

  /** At least a second, which is what the store counts in. */
  private static Duration duration(String option, String text) {
    Duration out = time(option, text);
    if (out.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new UserErrorException(option + " is at least 1s, not '" + text + "'");
    }
    return out;
  }

  static Duration time(String option, String text) {
    Duration out;
    try {
      out = GoDuration.parse(text);
    } catch (IllegalArgumentException e) {
      throw new UserErrorException(option + " is a time such as 1h or 30s, not '" + text + "'");
    }
    if (out.isNegative()) {
      throw new UserErrorException(option + " is not negative, unlike '" + text + "'");
    }
    return out;
  }
}
