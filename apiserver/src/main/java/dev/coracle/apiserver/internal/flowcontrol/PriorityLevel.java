package dev.coracle.apiserver.internal.flowcontrol;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The seats and queues of one priority level. Guarded by the lock of {@link FlowControl}.
 *
 * <p>Waiting requests are taken from the queues in turn, so flows in different queues advance
 * alike: all requests have one seat, and then taking turns is fair queueing.
 */
final class PriorityLevel {

  final LevelConfig config;
  final int nominal;
  final int lendable;
  final int borrowable;
  private final ArrayDeque<Ticket>[] queues;
  private final Set<Ticket> running = new LinkedHashSet<>();
  private int waiting;
  private int turn;

  /** How many were let run, and how many were not, and why. */
  long dispatched;

  long rejected;
  long timedOut;
  long cancelled;

  /**
   * @param nominal seats by its share
   */
  @SuppressWarnings({"unchecked", "rawtypes"})
  PriorityLevel(LevelConfig config, int nominal) {
    this.config = config;
    this.nominal = nominal;
    this.lendable = config.exempt() ? 0 : nominal * config.lendablePercent() / 100;
    this.borrowable =
        config.borrowingPercent() < 0
            ? Integer.MAX_VALUE / 2
            : nominal * config.borrowingPercent() / 100;
    this.queues = new ArrayDeque[config.queues()];
  }

  int running() {
    return running.size();
  }

  Collection<Ticket> runningOnes() {
    return running;
  }

  /** Those that wait in one of the queues, the next first. */
  Collection<Ticket> queue(int index) {
    ArrayDeque<Ticket> queue = queues[index];
    return queue == null ? List.of() : queue;
  }

  int waiting() {
    return waiting;
  }

  /** Seats that it has lent or could lend: those it does not use itself. */
  int spare() {
    return Math.min(lendable, Math.max(0, nominal - running()));
  }

  int borrowed() {
    return config.exempt() ? 0 : Math.max(0, running() - nominal);
  }

  /**
   * @param forBorrowing seats of others that nobody has borrowed yet
   */
  boolean hasSeat(int forBorrowing) {
    return config.exempt()
        || running() < nominal
        || (running() < nominal + borrowable && forBorrowing > 0);
  }

  void take(Ticket ticket, long now) {
    dispatched++;
    ticket.state = Ticket.State.RUNNING;
    ticket.started = now;
    running.add(ticket);
  }

  /** Counts a request that was turned away. */
  void refused(String reason) {
    switch (reason) {
      case "time-out" -> timedOut++;
      case "cancelled" -> cancelled++;
      default -> rejected++;
    }
  }

  int activeQueues() {
    int out = 0;
    for (ArrayDeque<Ticket> queue : queues) {
      out += queue == null || queue.isEmpty() ? 0 : 1;
    }
    return out;
  }

  void give(Ticket ticket) {
    ticket.state = Ticket.State.DONE;
    running.remove(ticket);
  }

  /** How many wait where this one does. */
  int lengthOfQueueOf(Ticket ticket) {
    return queue(ticket.queue).size();
  }

  /** Whether there was room in the flow's queues; the shortest of its hand is taken. */
  boolean enqueue(Ticket ticket, long hash) {
    int best = -1;
    int shortest = Integer.MAX_VALUE;
    for (int i : ShuffleSharding.hand(hash, queues.length, config.handSize())) {
      int length = queues[i] == null ? 0 : queues[i].size();
      if (length < shortest) {
        best = i;
        shortest = length;
      }
    }
    if (best < 0 || shortest >= config.queueLength()) {
      return false;
    }
    if (queues[best] == null) {
      queues[best] = new ArrayDeque<>();
    }
    queues[best].add(ticket);
    ticket.queue = best;
    ticket.state = Ticket.State.WAITING;
    waiting++;
    return true;
  }

  /** The next that waits, in turn; null when none does. */
  @Nullable Ticket poll() {
    if (waiting == 0) {
      return null;
    }
    for (int i = 0; i < queues.length; i++) {
      turn = (turn + 1) % queues.length;
      ArrayDeque<Ticket> queue = queues[turn];
      Ticket next = queue == null ? null : queue.poll();
      if (next != null) {
        waiting--;
        return next;
      }
    }
    return null;
  }

  /** Whether it still waited. */
  boolean remove(Ticket ticket) {
    boolean there = ticket.state == Ticket.State.WAITING && queues[ticket.queue].remove(ticket);
    if (there) {
      ticket.state = Ticket.State.DONE;
      waiting--;
    }
    return there;
  }
}
