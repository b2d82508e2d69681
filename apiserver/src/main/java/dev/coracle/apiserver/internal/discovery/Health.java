package dev.coracle.apiserver.internal.discovery;

import dev.coracle.api.ExpositionText;
import dev.coracle.api.GoQuote;
import dev.coracle.api.HealthSlis;
import dev.coracle.apiserver.HealthCheck;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.Responder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Serves {@code /healthz}, {@code /livez} and {@code /readyz}, whole or one check at a time, and at
 * {@code /metrics/slis} what came of those that were asked whole, which are all that upstream
 * counts (KEP-3466).
 */
public final class Health {

  private static final Set<String> ROOTS = Set.of("healthz", "livez", "readyz");

  private static final String SLIS = "/metrics/slis";

  private final List<HealthCheck> checks;
  private final HealthSlis slis = new HealthSlis();

  /**
   * @param checks in the order in which they are shown, after those that are well by being answered
   */
  public Health(List<HealthCheck> checks) {
    this.checks =
        Stream.concat(
                Stream.of("ping", "log")
                    .map(name -> new HealthCheck(name, HealthCheck.At.EVERYWHERE, Optional::empty)),
                checks.stream())
            .toList();
  }

  /** What can be asked, each check by itself too. */
  public Stream<String> paths() {
    return Stream.concat(
        Stream.of(SLIS),
        ROOTS.stream()
            .flatMap(root ->
                Stream.concat(
                    Stream.of("/" + root),
                    checks.stream()
                        .filter(c -> c.asked().includes(root))
                        .map(c -> "/" + root + "/" + c.name()))));
  }

  /** Answers, or says that this is no path of health. */
  public boolean handle(Exchange exchange) {
    String path = exchange.info().path();
    if (path.equals(SLIS)) {
      Responder.bytes(
          exchange, 200, ExpositionText.CONTENT_TYPE, slis.text().getBytes(StandardCharsets.UTF_8));
      return true;
    }
    String[] parts = path.substring(1).split("/", 2);
    if (!ROOTS.contains(parts[0])) {
      return false;
    }
    List<HealthCheck> here = checks.stream().filter(c -> c.asked().includes(parts[0])).toList();
    if (parts.length < 2) {
      whole(exchange, parts[0], here);
    } else {
      Optional<HealthCheck> named =
          here.stream().filter(c -> c.name().equals(parts[1])).findFirst();
      if (named.isPresent()) {
        one(exchange, named.get());
      } else {
        Responder.text(exchange, 404, "404 page not found\n");
      }
    }
    return true;
  }

  private void whole(Exchange exchange, String root, List<HealthCheck> here) {
    Set<String> excluded = new TreeSet<>(exchange.queries("exclude"));
    Set<String> unknown = new TreeSet<>(excluded);
    StringBuilder lines = new StringBuilder();
    boolean failed = false;
    for (HealthCheck check : here) {
      String name = check.name();
      if (excluded.contains(name)) {
        unknown.remove(name);
        lines.append("[+]").append(name).append(" excluded: ok\n");
        continue;
      }
      boolean well = check.problem().get().isEmpty();
      failed |= !well;
      slis.observe(name, root, well);
      // Anybody may ask this, and is not told why; who may ask for the one check is.
      lines.append(well ? "[+]" : "[-]").append(name);
      lines.append(well ? " ok\n" : " failed: reason withheld\n");
    }
    if (!unknown.isEmpty()) {
      lines
          .append("warn: some health checks cannot be excluded: no matches for ")
          .append(unknown.stream().map(GoQuote::of).collect(Collectors.joining(",")))
          .append('\n');
    }
    if (failed) {
      lines.append(root).append(" check failed\n");
      Responder.text(exchange, 500, lines.toString());
    } else if (exchange.asks("verbose")) {
      lines.append(root).append(" check passed\n");
      Responder.text(exchange, 200, lines.toString());
    } else {
      Responder.text(exchange, 200, "ok");
    }
  }

  private static void one(Exchange exchange, HealthCheck check) {
    Optional<String> problem = check.problem().get();
    if (problem.isPresent()) {
      Responder.text(exchange, 500, "internal server error: " + problem.get() + "\n");
    } else {
      Responder.text(exchange, 200, "ok");
    }
  }
}
