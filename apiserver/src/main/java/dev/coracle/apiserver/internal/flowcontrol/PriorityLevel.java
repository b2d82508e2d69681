package dev.coracle.apiserver.internal.flowcontrol;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The seats and queues of one priority level: fair queueing for requests of several seats and
 * unknown length (KEP-1040, "Fair Queuing for Server Requests"). Time is virtual: it passes as fast
 * as one of the queues that have something gets its fair share of seats. What would end first in
 * that time runs next.
 *
 * <p>One lock guards it; it is held for some additions, and for a look at each queue when something
 * waits. Whoever is let run is told without it.
 */
final class PriorityLevel {

  /** Does something later. */
  interface Timers {
    /** Gives what takes it back. */
    Runnable after(long nanos, Runnable task);
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final LongSupplier nanos;
  private final Timers timers;
  private final long maxWaitNanos;
  private final SeatQueue[] queues;
  private final DemandIntegrator wanted;
  private final RetryAfter retryAfter;
  private volatile LevelConfig config;
  private volatile LevelLimits limits = LevelLimits.NONE;
  private volatile int current;
  private int serverSeats;
  private volatile SeatDemand demand = SeatDemand.NONE;

  private final RunningTickets running = new RunningTickets();
  private final LevelUse use;
  private int active;
  private int offset;
  private int robin;
  private double virtualTime;
  private long passedTo;

  /** How many were let run, and how many were not, and why. */
  private final LevelTotals totals = new LevelTotals();

  PriorityLevel(
      LevelConfig config, LongSupplier nanos, Timers timers, long maxWaitNanos, LevelUse use) {
    this.use = use;
    this.config = config;
    this.nanos = nanos;
    this.timers = timers;
    this.maxWaitNanos = maxWaitNanos;
    this.queues = new SeatQueue[config.queues()];
    for (int i = 0; i < queues.length; i++) {
      queues[i] = new SeatQueue(i);
    }
    this.passedTo = nanos.getAsLong();
    this.wanted = new DemandIntegrator(passedTo);
    this.retryAfter = new RetryAfter(passedTo);
  }

  LevelConfig config() {
    return config;
  }

  /** Takes a configuration with the same queues; the seats that it has now stay for the moment. */
  void configure(LevelConfig changed, int seats, int allSeats) {
    lock.lock();
    try {
      boolean fresh = limits.nominal() == 0;
      config = changed;
      limits = LevelLimits.of(changed, seats, allSeats);
      serverSeats = allSeats;
      if (fresh) {
        current = (limits.nominal() + limits.least() + 1) / 2;
      }
      use.limits(config.mostWaiting(), current, serverSeats, nanos.getAsLong());
    } finally {
      lock.unlock();
    }
  }

  LevelLimits limits() {
    return limits;
  }

  int current() {
    return current;
  }

  SeatDemand demand() {
    return demand;
  }

  /** Closes a period of demand; whether there was any. */
  boolean observe() {
    lock.lock();
    try {
      DemandIntegrator.Observed seen = wanted.reset(nanos.getAsLong());
      demand = demand.after(seen);
      return seen.highest() > 0;
    } finally {
      lock.unlock();
    }
  }

  /** After periods in which nobody asked for anything, and nothing was observed. */
  void rested(long periods) {
    lock.lock();
    try {
      wanted.reset(nanos.getAsLong());
      demand = demand.afterRest((double) periods);
    } finally {
      lock.unlock();
    }
  }

  /** Gives it so many seats, from {@link #wake} on. */
  void grant(int seats, SeatDemand known) {
    lock.lock();
    try {
      long now = nanos.getAsLong();
      pass(now);
      demand = known;
      current = seats;
      use.limits(config.mostWaiting(), current, serverSeats, now);
    } finally {
      lock.unlock();
    }
  }

  /** Lets run what fits into the seats that it has now. */
  void wake() {
    List<Ticket> ready;
    lock.lock();
    try {
      pass(nanos.getAsLong());
      ready = ready();
    } finally {
      lock.unlock();
    }
    ready.forEach(PriorityLevel::tell);
  }

  /** Takes a request in: after this it runs, waits, or is refused. */
  void arrive(Ticket ticket, long hash) {
    ticket.flow.meters().estimated(ticket.work.maxSeats());
    List<Ticket> ready;
    lock.lock();
    try {
      if (config.exempt() || queues.length == 0) {
        if (fits(ticket.work.maxSeats())) {
          start(ticket, null, ticket.since);
        } else {
          refuse(ticket, "concurrency-limit", ticket.since);
        }
        return;
      }
      pass(ticket.since);
      SeatQueue queue = choose(hash);
      if (use.seatsInUse() >= current && queue.length() >= config.queueLength()) {
        refuse(ticket, "queue-full", ticket.since);
        return;
      }
      boolean wasIdle = queue.isIdle();
      active += wasIdle ? 1 : 0;
      queue.add(ticket, virtualTime);
      ticket.state = Ticket.State.WAITING;
      use.queued(ticket);
      ticket.flow.meters().enqueued(queue.length(), ticket.work.maxSeats());
      if (use.waiting() == 1 && fits(ticket.work.maxSeats())) {
        robin = queue.index;
        take(ticket, queue, ticket.since);
        return;
      }
      want(ticket.since);
      ready = ready();
    } finally {
      lock.unlock();
    }
    ready.forEach(PriorityLevel::tell);
  }

  void tellWhenDecided(Ticket ticket, Guest guest) {
    lock.lock();
    try {
      ticket.guest = guest;
      if (ticket.state == Ticket.State.WAITING) {
        ticket.timer = timers.after(maxWaitNanos, () -> withdraw(ticket, "time-out"));
        return;
      }
    } finally {
      lock.unlock();
    }
    tell(ticket);
  }

  private static void tell(Ticket ticket) {
    Guest guest = ticket.guest;
    if (guest == null) {
      return;
    }
    if (ticket.state == Ticket.State.REFUSED) {
      guest.refused(ticket.refusal, ticket.flow.level().retryAfterSeconds());
    } else {
      guest.go();
    }
  }

  int retryAfterSeconds() {
    lock.lock();
    try {
      return retryAfter.seconds();
    } finally {
      lock.unlock();
    }
  }

  void leave(Ticket ticket) {
    if (ticket.state == Ticket.State.WAITING) {
      withdraw(ticket, "cancelled");
    }
    List<Ticket> ready;
    long now = nanos.getAsLong();
    lock.lock();
    try {
      if (ticket.state != Ticket.State.RUNNING) {
        return;
      }
      pass(now);
      use.answered(ticket);
      WorkEstimate work = ticket.work;
      int max = work.maxSeats();
      SeatQueue queue = ticket.queue == Ticket.NO_QUEUE ? null : queues[ticket.queue];
      if (queue != null) {
        queue.answered(ticket, (now - ticket.started) * 1e-9);
      }
      if (work.finalSeats() > 0) {
        ticket.state = Ticket.State.ENDING;
        release(ticket, queue, max - work.finalSeats(), false);
        timers.after(work.additionalNanos(), () -> ended(ticket));
      } else {
        ticket.state = Ticket.State.DONE;
        release(ticket, queue, max, true);
      }
      want(now);
      ready = ready();
    } finally {
      lock.unlock();
    }
    ticket.flow.meters().done(ticket, now - ticket.started);
    ready.forEach(PriorityLevel::tell);
  }

  /** What came after the answer is over. */
  private void ended(Ticket ticket) {
    List<Ticket> ready;
    long now = nanos.getAsLong();
    lock.lock();
    try {
      pass(now);
      ticket.state = Ticket.State.DONE;
      SeatQueue queue = ticket.queue == Ticket.NO_QUEUE ? null : queues[ticket.queue];
      release(ticket, queue, ticket.work.finalSeats(), true);
      want(now);
      ready = ready();
    } finally {
      lock.unlock();
    }
    ready.forEach(PriorityLevel::tell);
  }

  private void release(Ticket ticket, @Nullable SeatQueue queue, int seats, boolean all) {
    use.released(seats);
    ticket.flow.meters().released(seats);
    if (all) {
      running.remove(ticket);
      if (queue != null) {
        queue.left(seats);
        active -= queue.isIdle() ? 1 : 0;
      }
    } else if (queue != null) {
      queue.seatsInUse -= seats;
    }
  }

  private void withdraw(Ticket ticket, String reason) {
    List<Ticket> ready;
    long now = nanos.getAsLong();
    lock.lock();
    try {
      if (ticket.state != Ticket.State.WAITING) {
        return;
      }
      pass(now);
      SeatQueue queue = queues[ticket.queue];
      unqueue(ticket, queue);
      queue.keepUp();
      active -= queue.isIdle() ? 1 : 0;
      ticket.flow.meters().withdrawn(ticket.work.maxSeats(), now - ticket.since);
      refuse(ticket, reason, now);
      want(now);
      ready = ready();
    } finally {
      lock.unlock();
    }
    if (!reason.equals("cancelled")) {
      tell(ticket);
    }
    ready.forEach(PriorityLevel::tell);
  }

  private void unqueue(Ticket ticket, SeatQueue queue) {
    queue.remove(ticket);
    use.leftQueue(ticket);
    Runnable timer = ticket.timer;
    if (timer != null) {
      timer.run();
    }
  }

  private void refuse(Ticket ticket, String reason, long now) {
    ticket.state = Ticket.State.REFUSED;
    ticket.refusal = reason;
    totals.refused(reason);
    if (!reason.equals("cancelled")) {
      retryAfter.refused(now);
    }
    ticket.flow.meters().rejected(reason);
  }

  /** Lets everything run that waits: the level is no more. */
  void dissolve() {
    List<Ticket> ready = new ArrayList<>();
    long now = nanos.getAsLong();
    lock.lock();
    try {
      for (SeatQueue queue : queues) {
        for (Ticket oldest = queue.oldest(); oldest != null; oldest = queue.oldest()) {
          take(oldest, queue, now);
          if (oldest.guest != null) {
            ready.add(oldest);
          }
        }
      }
    } finally {
      lock.unlock();
    }
    ready.forEach(PriorityLevel::tell);
  }

  private void pass(long now) {
    if (now > passedTo) {
      if (active > 0) {
        double rate = (double) Math.min(current, use.demand()) / active;
        virtualTime += (now - passedTo) * 1e-9 * rate;
      }
      passedTo = now;
    }
  }

  private void want(long now) {
    wanted.set(use.demand(), now);
    use.tell(now);
  }

  private boolean fits(int seats) {
    return config.exempt()
        || (seats > current ? running.isEmpty() : use.seatsInUse() + seats <= current);
  }

  /** Of the flow's hand the queue in which the least work waits. */
  private SeatQueue choose(long hash) {
    int[] hand = ShuffleSharding.hand(hash, queues.length, config.handSize());
    SeatQueue best = queues[hand[Math.floorMod(offset++, hand.length)]];
    if (use.waiting() == 0) {
      return best;
    }
    for (int card : hand) {
      if (queues[card].waitingWork() < best.waitingWork()) {
        best = queues[card];
      }
    }
    return best;
  }

  /**
   * Lets run what may run now, as long as what is next fits: nothing small overtakes it.
   *
   * @return whom to tell, without the lock; who has not asked to be told yet finds it out then
   */
  private List<Ticket> ready() {
    if (use.waiting() == 0) {
      return List.of();
    }
    List<Ticket> ready = new ArrayList<>(2);
    long now = nanos.getAsLong();
    while (use.waiting() > 0) {
      SeatQueue queue = next();
      Ticket oldest = queue == null ? null : queue.oldest();
      if (queue == null || oldest == null) {
        return ready;
      }
      if (!fits(oldest.work.maxSeats())) {
        oldest.flow.meters().noAccommodation();
        return ready;
      }
      take(oldest, queue, now);
      if (oldest.guest != null) {
        ready.add(oldest);
      }
    }
    return ready;
  }

  private @Nullable SeatQueue next() {
    SeatQueue best = null;
    double earliest = Double.POSITIVE_INFINITY;
    totals.forget();
    int start = robin;
    for (int i = 1; i <= queues.length; i++) {
      SeatQueue queue = queues[(start + i) % queues.length];
      Ticket oldest = queue.oldest();
      if (oldest != null) {
        totals.next(queue.nextDispatch, queue.seatsInUse * SeatQueue.SERVICE_SECONDS);
        double finish = queue.virtualFinish(oldest);
        if (finish < earliest) {
          earliest = finish;
          best = queue;
        }
      }
    }
    if (best != null) {
      robin = best.index;
    }
    return best;
  }

  private void take(Ticket ticket, SeatQueue queue, long now) {
    totals.dispatched(virtualTime, queue.nextDispatch);
    unqueue(ticket, queue);
    ticket.flow.meters().leftQueue(ticket.work.maxSeats(), now - ticket.since);
    start(ticket, queue, now);
  }

  private void start(Ticket ticket, @Nullable SeatQueue queue, long now) {
    totals.dispatched++;
    ticket.started = now;
    ticket.state = Ticket.State.RUNNING;
    running.add(ticket);
    use.started(ticket);
    if (queue != null) {
      queue.started(ticket);
    }
    want(now);
    ticket.flow.meters().dispatched(ticket.work.maxSeats());
  }

  /** What is so at one moment, for dumps and metrics. */
  LevelSnapshot snapshot() {
    lock.lock();
    try {
      pass(nanos.getAsLong());
      List<LevelSnapshot.Queue> lines = new ArrayList<>();
      for (SeatQueue queue : queues) {
        lines.add(
            new LevelSnapshot.Queue(
                List.copyOf(queue.waiting()),
                queue.executing,
                queue.seatsInUse,
                queue.nextDispatch,
                queue.waitingWork()));
      }
      return new LevelSnapshot(
          config.name(),
          running.list(),
          lines,
          use.waiting(),
          use.seatsInUse(),
          virtualTime,
          totals.copy());
    } finally {
      lock.unlock();
    }
  }
}
