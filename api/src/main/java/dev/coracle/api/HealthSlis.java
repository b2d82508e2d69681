package dev.coracle.api;

import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What came of the checks behind {@code /healthz}, {@code /livez} and {@code /readyz}, as {@code
 * /metrics/slis} tells (KEP-3466). Checks that nobody asked are not told of. As many series as
 * there are checks. Safe for any thread.
 */
public final class HealthSlis {

  private static final String LAST = "kubernetes_healthcheck";
  private static final String ALL = "kubernetes_healthchecks_total";
  private static final String START = "process_start_time_seconds";

  private record Check(String name, String type) implements Comparable<Check> {
    @Override
    public int compareTo(Check other) {
      int byName = name.compareTo(other.name);
      return byName != 0 ? byName : type.compareTo(other.type);
    }
  }

  /** How often a check was asked, and what it said last. */
  private static final class Counts {
    private final AtomicLong successes = new AtomicLong();
    private final AtomicLong errors = new AtomicLong();
    private volatile boolean ok;
  }

  private final Map<Check, Counts> asked = new ConcurrentSkipListMap<>();

  /**
   * A check was asked.
   *
   * @param type {@code healthz}, {@code livez} or {@code readyz}
   */
  public void observe(String name, String type, boolean ok) {
    Counts counts = asked.computeIfAbsent(new Check(name, type), _ -> new Counts());
    counts.ok = ok;
    (ok ? counts.successes : counts.errors).incrementAndGet();
  }

  /** Prometheus text, of {@link ExpositionText#CONTENT_TYPE}. */
  public String text() {
    ExpositionText out =
        new ExpositionText()
            .gauge(LAST, "This metric records the result of a single healthcheck.")
            .counter(ALL, "This metric records the results of all healthcheck.")
            .gauge(START, "Start time of the process since unix epoch in seconds.");
    asked.forEach((check, counts) -> {
      out.sample(LAST, counts.ok ? 1 : 0, "name", check.name, "type", check.type);
      total(out, check, "error", counts.errors.get());
      total(out, check, "success", counts.successes.get());
    });
    out.sample(START, ManagementFactory.getRuntimeMXBean().getStartTime() / 1000.0);
    return out.toString();
  }

  private static void total(ExpositionText out, Check check, String status, long count) {
    if (count > 0) {
      out.sample(ALL, count, "name", check.name, "status", status, "type", check.type);
    }
  }
}
