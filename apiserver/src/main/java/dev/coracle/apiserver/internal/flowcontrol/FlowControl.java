package dev.coracle.apiserver.internal.flowcontrol;

import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.bootstrap.DefaultFlows;
import dev.coracle.apiserver.internal.http.RequestInfo;
import dev.coracle.apiserver.internal.registry.LiveCache;
import dev.coracle.watchhub.ResourceStore;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Sorts requests into flows and lets them run when their level has a seat. One lock guards all
 * levels; it is held for some additions only, and never while a request runs. A level that has a
 * free seat costs a request no more than that.
 */
public final class FlowControl {

  private static final String GROUP = "flowcontrol.apiserver.k8s.io";
  private static final GroupResource SCHEMAS = new GroupResource(GROUP, "flowschemas");

  /** There whatever the store says, as upstream's mandatory objects. */
  private static final Set<String> MANDATORY = Set.of("exempt", "catch-all");

  /** What a request belongs to. */
  public record Flow(String schemaUid, String levelUid, Object handle) {}

  /** Why a request was turned away. */
  public interface Rejection {
    void because(String reason);
  }

  private record Entry(FlowSchema schema, PriorityLevel level, FlowMeters meters) {}

  private final Vertx vertx;
  private final MeterRegistry meters;
  private final int seats;
  private final long maxWaitMillis;
  private final Clock clock;
  private final LongSupplier nanos;
  private final Dangling dangling;
  private final LiveCache schemas;
  private final LiveCache levels;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Integer> gauges = new ConcurrentHashMap<>();
  private final Map<List<String>, FlowMeters> flowMeters = new HashMap<>();
  private final List<KubeObject> mandatory =
      DefaultFlows.all().stream().filter(o -> MANDATORY.contains(o.name())).toList();
  private volatile List<Entry> entries = List.of();
  private volatile Map<String, PriorityLevel> byName = Map.of();

  /**
   * @param seats how many requests run at once, all levels together
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
    this.vertx = vertx;
    this.meters = meters;
    this.seats = seats;
    this.maxWaitMillis = maxWait.toMillis();
    this.clock = clock;
    this.nanos = nanos;
    this.dangling = new Dangling(store, SCHEMAS, clock);
    this.schemas = new LiveCache(vertx, store, SCHEMAS).listen((_, now) -> schemasChanged(now));
    this.levels =
        new LiveCache(vertx, store, new GroupResource(GROUP, "prioritylevelconfigurations"))
            .listen((_, _) -> levelsChanged());
    levelsChanged();
  }

  public Uni<Void> start() {
    return levels.start().chain(schemas::start);
  }

  public void stop() {
    levels.stop();
    schemas.stop();
  }

  /** Requests that wait in a level that is made anew are let run at once: they are few. */
  private void levelsChanged() {
    List<Ticket> released = new ArrayList<>();
    lock.lock();
    try {
      Map<String, LevelConfig> configs = new HashMap<>();
      with("PriorityLevelConfiguration", levels)
          .forEach(o -> configs.put(o.name(), LevelConfig.of(o)));
      long shares = configs.values().stream().mapToLong(LevelConfig::shares).sum();
      Map<String, PriorityLevel> made = new HashMap<>();
      for (LevelConfig config : configs.values()) {
        int nominal = (int) Math.ceilDiv((long) seats * config.shares(), Math.max(1, shares));
        PriorityLevel known = byName.get(config.name());
        boolean same = known != null && known.config.equals(config) && known.nominal == nominal;
        made.put(config.name(), same ? known : new PriorityLevel(config, nominal));
      }
      for (PriorityLevel old : byName.values()) {
        if (made.get(old.config.name()) != old) {
          for (Ticket t = old.poll(); t != null; t = old.poll()) {
            old.take(t, nanos.getAsLong());
            released.add(t);
          }
        }
      }
      byName = Map.copyOf(made);
      sort();
    } finally {
      lock.unlock();
    }
    byName.keySet().forEach(this::gauge);
    released.forEach(this::dispatch);
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
    List<Entry> sorted = new ArrayList<>();
    Set<List<String>> used = new HashSet<>();
    for (KubeObject object : with("FlowSchema", schemas)) {
      FlowSchema schema = FlowSchema.of(object);
      PriorityLevel level = byName.get(schema.level());
      if (level != null) {
        List<String> names = List.of(schema.name(), schema.level());
        used.add(names);
        sorted.add(
            new Entry(
                schema,
                level,
                flowMeters.computeIfAbsent(
                    names, n -> new FlowMeters(meters, n.getFirst(), n.getLast()))));
      }
    }
    sorted.sort(
        Comparator.comparingInt((Entry e) -> e.schema().precedence())
            .thenComparing(e -> e.schema().name()));
    entries = List.copyOf(sorted);
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

  private void gauge(String level) {
    if (gauges.putIfAbsent(level, 0) != null) {
      return;
    }
    Tags tags = Tags.of("priority_level", level);
    gauge("nominal", tags, level, l -> l.nominal);
    gauge("lower", tags, level, l -> l.nominal - l.lendable);
    gauge("upper", tags, level, l -> l.nominal + Math.min(seats, l.borrowable));
    gauge("current", tags, level, this::limit);
  }

  private void gauge(
      String which, Tags tags, String name, ToDoubleFunction<PriorityLevel> ofLevel) {
    meters.gauge(
        "apiserver_flowcontrol_" + which + "_limit_seats",
        tags,
        this,
        c -> c.number(name, ofLevel));
  }

  /** Seats that a level could use at this moment, its own and those it could borrow. */
  private double limit(PriorityLevel level) {
    return Math.max(
        level.nominal + level.borrowed(),
        Math.min(
            level.nominal + Math.min(seats, level.borrowable),
            level.nominal + level.borrowed() + Math.max(0, free() - level.spare())));
  }

  /** The levels by name, as upstream's debug endpoint lists them. */
  public String dumpPriorityLevels() {
    return dump(FlowDumps::levels);
  }

  /** The queues of all levels. */
  public String dumpQueues() {
    return dump(FlowDumps::queues);
  }

  /** The requests that wait or run. */
  public String dumpRequests(boolean details) {
    return dump(all -> FlowDumps.requests(all, details, nanos.getAsLong(), clock.instant()));
  }

  private String dump(Function<Collection<PriorityLevel>, String> what) {
    lock.lock();
    try {
      return what.apply(new TreeMap<>(byName).values());
    } finally {
      lock.unlock();
    }
  }

  private double number(String name, ToDoubleFunction<PriorityLevel> ofLevel) {
    PriorityLevel level = byName.get(name);
    if (level == null) {
      return 0;
    }
    lock.lock();
    try {
      return ofLevel.applyAsDouble(level);
    } finally {
      lock.unlock();
    }
  }

  /** The first schema that matches; there is always one for whoever was authenticated or not. */
  public Flow classify(UserInfo user, RequestInfo info) {
    List<Entry> now = entries;
    for (Entry entry : now) {
      if (entry.schema().match(user, info)) {
        return flow(entry);
      }
    }
    return flow(now.getLast());
  }

  private static Flow flow(Entry entry) {
    return new Flow(entry.schema().uid(), entry.level().config.uid(), entry);
  }

  /**
   * Runs {@code next} now, or later, or turns the request away.
   *
   * @param next on any thread
   * @return called exactly once when the request is done, or has gone away while it waited
   */
  public Runnable enter(
      Flow flow, UserInfo user, RequestInfo info, Runnable next, Rejection rejected) {
    Entry entry = (Entry) flow.handle();
    PriorityLevel level = entry.level();
    FlowMeters counts = entry.meters();
    long came = nanos.getAsLong();
    Ticket ticket = new Ticket(level, counts, entry.schema(), user, info, next, came);
    String refusal = "";
    boolean now = false;
    lock.lock();
    try {
      if (level.waiting() == 0 && level.hasSeat(level.running() < level.nominal ? 0 : free())) {
        level.take(ticket, came);
        now = true;
      } else if (level.config.queues() == 0) {
        refusal = "concurrency-limit";
      } else if (level.enqueue(
          ticket, ShuffleSharding.hash(entry.schema().name(), entry.schema().flow(user, info)))) {
        counts.enqueued(level.lengthOfQueueOf(ticket));
      } else {
        refusal = "queue-full";
      }
      if (!refusal.isEmpty()) {
        level.refused(refusal);
      }
    } finally {
      lock.unlock();
    }
    if (now) {
      counts.dispatched();
      next.run();
      return () -> leave(ticket);
    }
    if (!refusal.isEmpty()) {
      counts.rejected(refusal);
      rejected.because(refusal);
      return () -> {};
    }
    long timer =
        vertx.setTimer(
            maxWaitMillis,
            _ -> {
              if (withdraw(ticket, "time-out")) {
                rejected.because("time-out");
              }
            });
    return () -> {
      vertx.cancelTimer(timer);
      if (!withdraw(ticket, "cancelled")) {
        leave(ticket);
      }
    };
  }

  private boolean withdraw(Ticket ticket, String reason) {
    lock.lock();
    try {
      boolean there = ticket.level.remove(ticket);
      if (there) {
        ticket.level.refused(reason);
        ticket.meters.withdrawn(reason, nanos.getAsLong() - ticket.since);
      }
      return there;
    } finally {
      lock.unlock();
    }
  }

  /** Seats that levels do not use and lend, less those that are lent. */
  private int free() {
    int out = 0;
    for (PriorityLevel level : byName.values()) {
      out += level.spare() - level.borrowed();
    }
    return out;
  }

  /** Gives the seat of a request back that has one. */
  private void leave(Ticket ticket) {
    List<Ticket> next;
    lock.lock();
    try {
      if (ticket.state != Ticket.State.RUNNING) {
        return;
      }
      ticket.level.give(ticket);
      next = nextOnes(ticket.level);
    } finally {
      lock.unlock();
    }
    ticket.meters.done(ticket.info.longRunning(), nanos.getAsLong() - ticket.started);
    next.forEach(this::dispatch);
  }

  /** The level itself first; else whoever waits may borrow the seat. */
  private List<Ticket> nextOnes(PriorityLevel first) {
    List<Ticket> out = new ArrayList<>(1);
    take(first, out);
    if (out.isEmpty()) {
      for (PriorityLevel level : byName.values()) {
        if (level != first && out.isEmpty()) {
          take(level, out);
        }
      }
    }
    return out;
  }

  private void take(PriorityLevel level, List<Ticket> out) {
    if (level.waiting() > 0 && level.hasSeat(level.running() < level.nominal ? 0 : free())) {
      Ticket ticket = level.poll();
      if (ticket != null) {
        level.take(ticket, nanos.getAsLong());
        out.add(ticket);
      }
    }
  }

  private void dispatch(Ticket ticket) {
    ticket.meters.leftQueue(ticket.started - ticket.since);
    ticket.meters.dispatched();
    ticket.run.run();
  }
}
