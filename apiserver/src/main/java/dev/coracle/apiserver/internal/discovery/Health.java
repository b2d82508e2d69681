package dev.coracle.apiserver.internal.discovery;

import dev.coracle.api.ExpositionText;
import dev.coracle.api.HealthSlis;
import dev.coracle.apiserver.HealthCheck;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.Responder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

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
   * @param checks in the order in which they are shown
   */
  public Health(List<HealthCheck> checks) {
    this.checks = List.copyOf(checks);
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
    String root = parts[0];
    List<HealthCheck> asked = new ArrayList<>();
    for (HealthCheck check : checks) {
      boolean here = !root.equals("livez") || check.liveness();
      boolean named = parts.length < 2 || parts[1].isEmpty() || parts[1].equals(check.name());
      if (here && named) {
        asked.add(check);
      }
    }
    if (parts.length == 2 && !parts[1].isEmpty() && asked.isEmpty() && !parts[1].equals("ping")) {
      Responder.text(exchange, 404, "404 page not found\n");
      return true;
    }
    Set<String> excluded = new HashSet<>(exchange.queries("exclude"));
    boolean whole = parts.length < 2;
    if (whole && !excluded.contains("ping")) {
      slis.observe("ping", root, true);
    }
    StringBuilder lines = new StringBuilder("[+]ping ok\n");
    boolean failed = false;
    for (HealthCheck check : asked) {
      if (excluded.contains(check.name())) {
        lines.append("[+]").append(check.name()).append(" excluded: ok\n");
        continue;
      }
      Optional<String> problem = check.problem().get();
      failed |= problem.isPresent();
      if (whole) {
        slis.observe(check.name(), root, problem.isEmpty());
      }
      lines.append(problem.isEmpty() ? "[+]" : "[-]").append(check.name());
      lines.append(problem.isEmpty() ? " ok\n" : " failed: reason withheld\n");
    }
    boolean verbose = exchange.asks("verbose");
    if (failed) {
      lines.append(root).append(" check failed\n");
      Responder.text(exchange, 500, lines.toString());
    } else if (verbose) {
      lines.append(root).append(" check passed\n");
      Responder.text(exchange, 200, lines.toString());
    } else {
      Responder.text(exchange, 200, "ok");
    }
    return true;
  }
}
