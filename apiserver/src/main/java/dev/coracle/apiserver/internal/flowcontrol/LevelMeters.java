package dev.coracle.apiserver.internal.flowcontrol;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The metrics of the levels: read from a level when somebody asks. */
final class LevelMeters {

  private final MeterRegistry registry;
  private final Function<String, @Nullable PriorityLevel> levels;
  private final Map<String, LevelUtilization> known = new ConcurrentHashMap<>();
  private final ReadWriteUtilization readsAndWrites;
  private final LongSupplier nanos;

  /**
   * @param levels by name; null for one that is no more, which then is zero in all respects
   */
  LevelMeters(
      MeterRegistry registry,
      Function<String, @Nullable PriorityLevel> levels,
      LongSupplier nanos) {
    this.registry = registry;
    this.levels = levels;
    this.nanos = nanos;
    this.readsAndWrites = new ReadWriteUtilization(registry, nanos);
  }

  ReadWriteUtilization readsAndWrites() {
    return readsAndWrites;
  }

  /** For a level of that name, which may have had others before. */
  LevelUse use(String name) {
    return new LevelUse(known.computeIfAbsent(name, this::register), readsAndWrites);
  }

  private LevelUtilization register(String name) {
    gauge(
        name,
        "nominal_limit_seats",
        "Seats by the level's shares",
        level -> level.limits().nominal());
    gauge(name, "lower_limit_seats", "Seats that are never lent", level -> level.limits().least());
    gauge(
        name,
        "upper_limit_seats",
        "Seats with all that may be borrowed",
        level -> level.limits().most());
    gauge(name, "current_limit_seats", "Seats at this time", PriorityLevel::current);
    demand(name, "high_watermark", "Most seats wanted at once", SeatDemand::highest);
    demand(name, "average", "Mean of the seats wanted", SeatDemand::average);
    demand(name, "stdev", "Deviation of the seats wanted", SeatDemand::deviation);
    demand(name, "smoothed", "Seats wanted, falling slowly", SeatDemand::smoothed);
    gauge(name, "target_seats", "Seats that borrowing aimed at", level -> level.demand().target());
    gauge(name, "current_r", "Virtual time", level -> level.snapshot().virtualTime());
    totals(name, "dispatch_r", "Virtual time of the last dispatch", t -> t.dispatchedAt);
    totals(name, "latest_s", "Virtual start of the last dispatched", t -> t.latestStart);
    bounds(name, "next_s_bounds", t -> t.leastStart, t -> t.mostStart);
    bounds(name, "next_discounted_s_bounds", t -> t.leastDiscounted, t -> t.mostDiscounted);
    return new LevelUtilization(registry, nanos, name);
  }

  private void demand(
      String level, String name, String description, ToDoubleFunction<SeatDemand> of) {
    gauge(
        level,
        "demand_seats_" + name,
        description + ", in the last period of borrowing",
        l -> of.applyAsDouble(l.demand()));
  }

  private void totals(
      String level, String name, String description, ToDoubleFunction<LevelTotals> of) {
    gauge(level, name, description, l -> of.applyAsDouble(l.snapshot().totals()));
  }

  private void bounds(
      String level,
      String name,
      ToDoubleFunction<LevelTotals> least,
      ToDoubleFunction<LevelTotals> most) {
    String description = "Virtual starts of the queues' oldest requests, at the last choice";
    Tags tags = Tags.of("priority_level", level);
    gauge(level, name, description, tags.and("bound", "min"), finite(least));
    gauge(level, name, description, tags.and("bound", "max"), finite(most));
  }

  private static ToDoubleFunction<PriorityLevel> finite(ToDoubleFunction<LevelTotals> of) {
    return level -> {
      double value = of.applyAsDouble(level.snapshot().totals());
      return Double.isFinite(value) ? value : 0;
    };
  }

  private void gauge(
      String level, String name, String description, ToDoubleFunction<PriorityLevel> of) {
    gauge(level, name, description, Tags.of("priority_level", level), of);
  }

  private void gauge(
      String level,
      String name,
      String description,
      Tags tags,
      ToDoubleFunction<PriorityLevel> of) {
    Gauge.builder("apiserver_flowcontrol_" + name, this, me -> me.read(level, of))
        .description(description)
        .tags(tags)
        .register(registry);
  }

  private double read(String name, ToDoubleFunction<PriorityLevel> of) {
    PriorityLevel level = levels.apply(name);
    return level == null ? 0 : of.applyAsDouble(level);
  }
}
