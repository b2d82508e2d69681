package dev.coracle.kubelet.server;

import dev.coracle.api.HealthSlis;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What {@code /healthz} asks, and what came of it, as {@code /metrics/slis} tells (KEP-3466). Safe
 * for any thread.
 */
public final class HealthChecks {

  /**
   * A named check.
   *
   * @param failure what is wrong, empty when all is well
   */
  public record HealthCheck(String name, Supplier<Optional<String>> failure) {}

  /** One check's outcome. */
  public record Outcome(String name, boolean ok) {}

  private final List<HealthCheck> checks;
  private final HealthSlis slis = new HealthSlis();

  private HealthChecks(List<HealthCheck> checks) {
    this.checks = checks;
  }

  /** These, after ping and log, which every server has; named as upstream does (syncloop). */
  public static HealthChecks of(HealthCheck... more) {
    Stream<HealthCheck> own =
        Stream.of("ping", "log").map(name -> new HealthCheck(name, Optional::empty));
    return new HealthChecks(Stream.concat(own, Stream.of(more)).toList());
  }

  /**
   * Asks.
   *
   * @param only the name of the one to ask, empty for all
   * @return what came of it; empty where there is none of that name
   */
  public List<Outcome> ask(String only) {
    List<Outcome> out = new ArrayList<>();
    for (HealthCheck check : checks) {
      if (only.isEmpty() || only.equals(check.name())) {
        boolean ok = check.failure().get().isEmpty();
        out.add(new Outcome(check.name(), ok));
        if (only.isEmpty()) { // Upstream counts nothing else.
          slis.observe(check.name(), "healthz", ok);
        }
      }
    }
    return out;
  }

  /** Prometheus text of what came of the checks until now. */
  public String slis() {
    return slis.text();
  }
}
