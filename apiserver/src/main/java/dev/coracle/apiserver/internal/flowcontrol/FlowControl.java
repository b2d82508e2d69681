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
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Sorts requests into flows and lets them run when their level has a seat. One lock guards all
 * levels; it is held for some additions only, and never while a request runs. A level that has a
 * free seat costs a request no more than that.
 */
public final class FlowControl {

  private static final String GROUP = "flowcontrol.apiserver.k8s.io";

  /** There whatever the store says, as upstream's mandatory objects. */
  private static final Set<String> MANDATORY = Set.of("exempt", "catch-all");

  /** In place of a ticket's queue. */
  private static final int RUNNING = -2;

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
  private final LongSupplier nanos;
  private final LiveCache schemas;
  private final LiveCache levels;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Integer> gauges = new ConcurrentHashMap<>();
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
      LongSupplier nanos) {
    this.vertx = vertx;
    this.meters = meters;
    this.seats = seats;
    this.maxWaitMillis = maxWait.toMillis();
    this.nanos = nanos;
    this.schemas =
        new LiveCache(vertx, store, new GroupResource(GROUP, "flowschemas"))
            .listen((_, _) -> schemasChanged());
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
            t.queue = RUNNING;
            old.take();
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
  }

  private void schemasChanged() {
    lock.lock();
    try {
      sort();
    } finally {
      lock.unlock();
    }
  }

  private void sort() {
    List<Entry> sorted = new ArrayList<>();
    for (KubeObject object : with("FlowSchema", schemas)) {
      FlowSchema schema = FlowSchema.of(object);
      PriorityLevel level = byName.get(schema.level());
      if (level != null) {
        sorted.add(new Entry(schema, level, new FlowMeters(meters, schema.name(), schema.level())));
      }
    }
    sorted.sort(
        Comparator.comparingInt((Entry e) -> e.schema().precedence())
            .thenComparing(e -> e.schema().name()));
    entries = List.copyOf(sorted);
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
    meters.gauge("apiserver_flowcontrol_nominal_limit_seats", tags, this, c -> c.number(level, 0));
    meters.gauge("apiserver_flowcontrol_lower_limit_seats", tags, this, c -> c.number(level, 3));
    meters.gauge("apiserver_flowcontrol_upper_limit_seats", tags, this, c -> c.number(level, 4));
    meters.gauge(
        "apiserver_flowcontrol_current_executing_requests", tags, this, c -> c.number(level, 1));
    meters.gauge(
        "apiserver_flowcontrol_current_executing_seats", tags, this, c -> c.number(level, 1));
    meters.gauge(
        "apiserver_flowcontrol_current_inqueue_requests", tags, this, c -> c.number(level, 2));
  }

  /** The levels by name, as upstream's debug endpoint lists them. */
  public String dumpPriorityLevels() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "PriorityLevelName",
            "ActiveQueues",
            "IsIdle",
            "IsQuiescing",
            "WaitingRequests",
            "ExecutingRequests",
            "DispatchedRequests",
            "RejectedRequests",
            "TimedoutRequests",
            "CancelledRequests"));
    lock.lock();
    try {
      for (PriorityLevel level : new TreeMap<>(byName).values()) {
        rows.add(
            List.of(
                level.config.name(),
                "" + level.activeQueues(),
                "" + (level.waiting() == 0 && level.running() == 0),
                "false",
                "" + level.waiting(),
                "" + level.running(),
                "" + level.dispatched,
                "" + level.rejected,
                "" + level.timedOut,
                "" + level.cancelled));
      }
    } finally {
      lock.unlock();
    }
    return DumpTable.of(rows);
  }

  private double number(String name, int which) {
    PriorityLevel level = byName.get(name);
    if (level == null) {
      return 0;
    }
    lock.lock();
    try {
      return switch (which) {
        case 0 -> level.nominal;
        case 1 -> level.running();
        case 2 -> level.waiting();
        case 3 -> level.nominal - level.lendable;
        default -> level.nominal + Math.min(seats, level.borrowable);
      };
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
    Ticket ticket = new Ticket(level, entry.meters(), next, nanos.getAsLong());
    String refusal = "";
    boolean now = false;
    lock.lock();
    try {
      if (level.waiting() == 0 && level.hasSeat(level.running() < level.nominal ? 0 : free())) {
        level.take();
        now = true;
      } else if (level.config.queues() == 0) {
        refusal = "concurrency-limit";
      } else if (!level.enqueue(
          ticket, ShuffleSharding.hash(entry.schema().name(), entry.schema().flow(user, info)))) {
        refusal = "queue-full";
      }
      if (!refusal.isEmpty()) {
        level.refused(refusal);
      }
    } finally {
      lock.unlock();
    }
    if (now) {
      entry.meters().dispatched.increment();
      next.run();
      return () -> leave(level);
    }
    if (!refusal.isEmpty()) {
      entry.meters().rejected(refusal);
      rejected.because(refusal);
      return () -> {};
    }
    long timer =
        vertx.setTimer(
            maxWaitMillis,
            _ -> {
              if (withdraw(ticket, "time-out")) {
                ticket.meters.rejected("time-out");
                rejected.because("time-out");
              }
            });
    return () -> {
      vertx.cancelTimer(timer);
      if (withdraw(ticket, "cancelled")) {
        ticket.meters.rejected("cancelled");
      } else if (ticket.queue == RUNNING) {
        leave(level);
      }
    };
  }

  private boolean withdraw(Ticket ticket, String reason) {
    lock.lock();
    try {
      boolean there = ticket.level.remove(ticket);
      if (there) {
        ticket.queue = -1;
        ticket.level.refused(reason);
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

  private void leave(PriorityLevel level) {
    List<Ticket> next = List.of();
    lock.lock();
    try {
      level.give();
      next = nextOnes(level);
    } finally {
      lock.unlock();
    }
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
        ticket.queue = RUNNING;
        level.take();
        out.add(ticket);
      }
    }
  }

  private void dispatch(Ticket ticket) {
    ticket.meters.dispatched.increment();
    ticket.meters.waited.record(nanos.getAsLong() - ticket.since, TimeUnit.NANOSECONDS);
    ticket.run.run();
  }
}
