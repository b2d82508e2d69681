package dev.coracle.kubelet.server;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
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

  /** How often a check was asked, and what it said last. */
  private static final class Counts {
    private final AtomicLong successes = new AtomicLong();
    private final AtomicLong errors = new AtomicLong();
    private volatile boolean ok;

    void add(boolean succeeded) {
      ok = succeeded;
      (succeeded ? successes : errors).incrementAndGet();
    }
  }

  private final List<HealthCheck> checks;
  private final Map<String, Counts> asked = new ConcurrentSkipListMap<>();

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
          asked.computeIfAbsent(check.name(), _ -> new Counts()).add(ok);
        }
      }
    }
    return out;
  }

  /** Prometheus text of what came of the checks until now; nothing of those that nobody asked. */
  public String slis() {
    StringBuilder last =
        new StringBuilder(
            """
            # HELP kubernetes_healthcheck This metric records the result of a single healthcheck.
            # TYPE kubernetes_healthcheck gauge
            """);
    StringBuilder all =
        new StringBuilder(
            """
            # HELP kubernetes_healthchecks_total This metric records the results of all healthcheck.
            # TYPE kubernetes_healthchecks_total counter
            """);
    asked.forEach((name, counts) -> {
      last.append("kubernetes_healthcheck{name=\"%s\",type=\"healthz\"} ".formatted(name))
          .append(counts.ok ? "1\n" : "0\n");
      total(all, name, "error", counts.errors.get());
      total(all, name, "success", counts.successes.get());
    });
    return asked.isEmpty() ? "" : last.append(all).toString();
  }

  private static void total(StringBuilder out, String name, String status, long count) {
    if (count > 0) {
      out.append(
          "kubernetes_healthchecks_total{name=\"%s\",status=\"%s\",type=\"healthz\"} %d\n"
              .formatted(name, status, count));
    }
  }
}
