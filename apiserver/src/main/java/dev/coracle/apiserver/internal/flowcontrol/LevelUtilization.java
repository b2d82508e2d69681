package dev.coracle.apiserver.internal.flowcontrol;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * How much of a level was used, weighted by time. It belongs to the level's name: a level that is
 * made anew goes on with it, while requests of the former one still run.
 */
final class LevelUtilization {

  private static final double[] REQUESTS = {0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 1};

  private static final double[] SEATS = {
    0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1
  };

  private static final double[] DEMAND = {0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.7, 2, 2.8, 4, 6};

  private static final String REQUEST_HELP =
      "Requests that wait or run, as a part of what the queues hold or of the level's seats, at the"
          + " end of every nanosecond";

  private final ReentrantLock lock = new ReentrantLock();
  private final RatioHistogram waiting;
  private final RatioHistogram executing;
  private final RatioHistogram seats;
  private final RatioHistogram demand;

  LevelUtilization(MeterRegistry registry, LongSupplier nanos, String level) {
    Tags tags = Tags.of("priority_level", level);
    this.waiting =
        new RatioHistogram(lock, nanos, REQUESTS)
            .register(
                registry,
                "priority_level_request_utilization",
                REQUEST_HELP,
                tags.and("phase", "waiting"));
    this.executing =
        new RatioHistogram(lock, nanos, REQUESTS)
            .register(
                registry,
                "priority_level_request_utilization",
                REQUEST_HELP,
                tags.and("phase", "executing"));
    this.seats =
        new RatioHistogram(lock, nanos, SEATS)
            .register(
                registry,
                "priority_level_seat_utilization",
                "Part of the level's seats that is taken, at the end of every nanosecond",
                tags.and("phase", "executing"));
    this.demand =
        new RatioHistogram(lock, nanos, DEMAND)
            .register(
                registry,
                "demand_seats",
                "Seats that the level could use, as a part of those that it has, at the end of"
                    + " every nanosecond",
                tags);
  }

  /**
   * @param queued what the level's queues hold
   * @param current its seats
   * @param allSeats of the server
   */
  void limits(int queued, int current, int allSeats, long now) {
    double seatsOrSome = current > 0 ? current : Math.max(1, Math.round(allSeats / 10.0));
    lock.lock();
    try {
      waiting.limit(Math.max(1, queued), now);
      executing.limit(seatsOrSome, now);
      seats.limit(seatsOrSome, now);
      demand.limit(seatsOrSome, now);
    } finally {
      lock.unlock();
    }
  }

  /** Each is by how much it is more than before. */
  void change(int nowWaiting, int nowExecuting, int seatsInUse, int seatsWanted, long now) {
    lock.lock();
    try {
      waiting.add(nowWaiting, now);
      executing.add(nowExecuting, now);
      seats.add(seatsInUse, now);
      demand.add(seatsWanted, now);
    } finally {
      lock.unlock();
    }
  }
}
