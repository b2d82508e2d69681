package dev.coracle.apiserver.internal.flowcontrol;

import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.bootstrap.DefaultFlows;
import dev.coracle.apiserver.internal.registry.LiveCache;
import dev.coracle.watchhub.ResourceStore;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Sorts requests into flows and lets them run when their level has seats (KEP-1040). Each level has
 * a lock of its own; the one here guards the configuration. Every ten seconds in which something
 * was asked, seats move between the levels; while nothing is asked, no timer runs.
 */
public final class FlowControl {

  private static final String GROUP = "flowcontrol.apiserver.k8s.io";
  private static final GroupResource SCHEMAS = new GroupResource(GROUP, "flowschemas");

  /** How long seats stay where they are. */
  static final Duration PERIOD = Duration.ofSeconds(10);

  private final MeterRegistry meters;
  private final int seats;
  private final long maxWaitNanos;
  private final Clock clock;
  private final LongSupplier nanos;
  private final PriorityLevel.Timers timers;
  private final Dangling dangling;
  private final LiveCache schemas;
  private final LiveCache levels;
  private final WatchCounts watches = new WatchCounts();
  private final WorkEstimator estimator;
  private final LevelMeters levelMeters;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<List<String>, FlowMeters> flowMeters = new HashMap<>();
  private final List<KubeObject> mandatory =
      DefaultFlows.all().stream().filter(o -> DefaultFlows.MANDATORY.contains(o.name())).toList();
  private volatile FlowTable table = FlowTable.of(List.of());
  private volatile Map<String, PriorityLevel> byName = Map.of();
  private volatile double fairShare;

  /** Whether the next move of seats is due some time. */
  private final AtomicBoolean moving = new AtomicBoolean();

  private volatile long restingSince;
  private volatile boolean stopped;

  /**
   * @param seats how many seats there are, all levels together
   * @param maxWait how long one waits for a seat
   */
  public FlowControl(
      Vertx vertx,
      ResourceStore store,
      int seats,
      Duration maxWait,
      MeterRegistry meters,
      Clock clock,
      LongSupplier nanos) {
    this(vertx, store, seats, maxWait, meters, clock, nanos, timersOf(vertx));
  }

  FlowControl(
      Vertx vertx,
      ResourceStore store,
      int seats,
      Duration maxWait,
      MeterRegistry meters,
      Clock clock,
      LongSupplier nanos,
      PriorityLevel.Timers timers) {
    this.meters = meters;
    this.seats = seats;
    this.maxWaitNanos = maxWait.toNanos();
    this.clock = clock;
    this.nanos = nanos;
    this.timers = timers;
    this.restingSince = nanos.getAsLong();
    this.dangling = new Dangling(store, SCHEMAS, clock);
    this.estimator = new WorkEstimator(store::held, watches);
    this.levelMeters = new LevelMeters(meters, name -> byName.get(name), nanos);
    Gauge.builder("apiserver_flowcontrol_seat_fair_frac", this, c -> c.fairShare)
        .description("Part of its target that a level gets that no bound keeps from it")
        .register(meters);
    this.schemas = new LiveCache(vertx, store, SCHEMAS).listen((_, now) -> schemasChanged(now));
    this.levels =
        new LiveCache(vertx, store, new GroupResource(GROUP, "prioritylevelconfigurations"))
            .listen((_, _) -> levelsChanged());
    levelsChanged();
  }

  private static PriorityLevel.Timers timersOf(Vertx vertx) {
    return (nanos, task) -> {
      long timer = vertx.setTimer(Math.max(1, nanos / 1_000_000), _ -> task.run());
      return () -> vertx.cancelTimer(timer);
    };
  }

  /** Told of changes of levels and schemas. */
  public void listen(LiveCache.Listener listener) {
    levels.listen(listener);
    schemas.listen(listener);
  }

  public Uni<Void> start() {
    return levels.start().chain(schemas::start);
  }

  public void stop() {
    stopped = true;
    levels.stop();
    schemas.stop();
  }

  /** What requests cost. */
  public WorkEstimator estimator() {
    return estimator;
  }

  /** Those that watch. */
  public WatchCounts watches() {
    return watches;
  }

  /** A level whose queues change is made anew; what waits in it is let run: it is little. */
  private void levelsChanged() {
    List<PriorityLevel> dissolved = new ArrayList<>();
    lock.lock();
    try {
      Map<String, LevelConfig> configs = new HashMap<>();
      with("PriorityLevelConfiguration", levels)
          .forEach(o -> configs.put(o.name(), LevelConfig.of(o)));
      long shares = configs.values().stream().mapToLong(LevelConfig::shares).sum();
      Map<String, PriorityLevel> made = new HashMap<>();
      for (LevelConfig config : configs.values()) {
        PriorityLevel known = byName.get(config.name());
        PriorityLevel level =
            known != null && known.config().queuesAs(config)
                ? known
                : new PriorityLevel(
                    config, nanos, timers, maxWaitNanos, levelMeters.use(config.name()));
        level.configure(
            config, (int) Math.ceilDiv((long) seats * config.shares(), Math.max(1, shares)), seats);
        made.put(config.name(), level);
      }
      for (PriorityLevel old : byName.values()) {
        if (made.get(old.config().name()) != old) {
          dissolved.add(old);
        }
      }
      byName = Map.copyOf(made);
      levelMeters
          .readsAndWrites()
          .limits(
              configs.values().stream().mapToInt(LevelConfig::mostWaiting).sum(),
              made.values().stream().mapToInt(level -> level.limits().nominal()).sum(),
              nanos.getAsLong());
      sort();
    } finally {
      lock.unlock();
    }
    dissolved.forEach(PriorityLevel::dissolve);
    move();
    schemas.all().forEach(schema -> dangling.check(schema, byName.keySet()));
  }

  private void schemasChanged(@Nullable KubeObject schema) {
    lock.lock();
    try {
      sort();
    } finally {
      lock.unlock();
    }
    if (schema != null) {
      dangling.check(schema, byName.keySet());
    }
  }

  private void sort() {
    List<Flow> flows = new ArrayList<>();
    Set<List<String>> used = new HashSet<>();
    for (KubeObject object : with("FlowSchema", schemas)) {
      FlowSchema schema = FlowSchema.of(object);
      PriorityLevel level = byName.get(schema.level());
      if (level != null) {
        List<String> names = List.of(schema.name(), schema.level());
        used.add(names);
        flows.add(
            new Flow(
                schema,
                level,
                flowMeters.computeIfAbsent(
                    names, n -> new FlowMeters(meters, n.getFirst(), n.getLast()))));
      }
    }
    table = FlowTable.of(flows);
    flowMeters
        .entrySet()
        .removeIf(e -> {
          boolean gone = !used.contains(e.getKey());
          if (gone) {
            e.getValue().gone();
          }
          return gone;
        });
  }

  private List<KubeObject> with(String kind, LiveCache cache) {
    Map<String, KubeObject> out = new HashMap<>();
    for (KubeObject object : mandatory) {
      if (object.kind().equals(kind)) {
        out.put(object.name(), object);
      }
    }
    cache.all().forEach(o -> out.put(o.name(), o));
    return List.copyOf(out.values());
  }

  /** The levels by name, as upstream's debug endpoint lists them. */
  public String dumpPriorityLevels() {
    return FlowDumps.levels(snapshots());
  }

  /** The queues of all levels. */
  public String dumpQueues() {
    return FlowDumps.queues(snapshots());
  }

  /** The requests that wait or run. */
  public String dumpRequests(boolean details) {
    return FlowDumps.requests(snapshots(), details, nanos.getAsLong(), clock.instant());
  }

  private List<LevelSnapshot> snapshots() {
    return new TreeMap<>(byName).values().stream().map(PriorityLevel::snapshot).toList();
  }

  /** The first schema that matches; there is always one for whoever was authenticated or not. */
  public Flow classify(UserInfo user, FlowRequest request) {
    return table.match(user, request);
  }

  /** The flows of one user, whose schemas are looked for once. */
  public UserFlows flowsOf(UserInfo user) {
    return new UserFlows(user, () -> table);
  }

  /**
   * Asks for the seats of a request.
   *
   * @return what has them already, or can tell when
   */
  public Ticket enter(Flow flow, UserInfo user, FlowRequest request, WorkEstimate work) {
    Ticket ticket = new Ticket(flow, user, request, work, nanos.getAsLong());
    FlowSchema schema = flow.schema();
    long hash =
        flow.level().config().queues() > 1
            ? ShuffleSharding.hash(schema.name(), schema.flow(user, request))
            : 0;
    flow.level().arrive(ticket, hash);
    if (!moving.get() && moving.compareAndSet(false, true)) {
      beginPeriods(ticket.since);
    }
    return ticket;
  }

  /** The demand has fallen meanwhile as if it had been looked at all the time. */
  private void beginPeriods(long now) {
    long periods = Math.max(0, now - restingSince) / PERIOD.toNanos();
    byName.values().forEach(level -> level.rested(periods));
    timers.after(PERIOD.toNanos(), this::period);
  }

  private void period() {
    if (stopped) {
      return;
    }
    if (move()) {
      timers.after(PERIOD.toNanos(), this::period);
    } else {
      restingSince = nanos.getAsLong();
      moving.set(false);
    }
  }

  /**
   * Moves seats to where they are wanted.
   *
   * @return whether any were wanted since the last time
   */
  private boolean move() {
    boolean wanted = false;
    lock.lock();
    try {
      for (PriorityLevel level : byName.values()) {
        wanted |= level.observe();
      }
      fairShare = Borrowing.adjust(byName.values());
    } finally {
      lock.unlock();
    }
    byName.values().forEach(PriorityLevel::wake);
    return wanted;
  }
}
