package dev.coracle.apiserver.internal.flowcontrol;

import java.util.ArrayDeque;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** One of a level's queues, and what of it runs. Guarded by the level's lock. */
final class SeatQueue {

  /**
   * How long a request is thought to run, before that is known. Short: what is not used is given
   * back to the queue's account.
   */
  static final double SERVICE_SECONDS = 0.003;

  final int index;
  private final ArrayDeque<Ticket> waiting = new ArrayDeque<>(2);
  private double waitingWork;

  /** Virtual time at which its next request begins, would it run alone at its fair share. */
  double nextDispatch;

  int executing;
  int seatsInUse;

  SeatQueue(int index) {
    this.index = index;
  }

  static double work(WorkEstimate work) {
    return work.initialSeats() * SERVICE_SECONDS + work.finalWork();
  }

  boolean isIdle() {
    return waiting.isEmpty() && executing == 0;
  }

  int length() {
    return waiting.size();
  }

  Collection<Ticket> waiting() {
    return waiting;
  }

  /** Seats times seconds that wait. */
  double waitingWork() {
    return waitingWork;
  }

  void add(Ticket ticket, double now) {
    if (isIdle()) {
      nextDispatch = now;
    }
    ticket.arrivedAt = now;
    ticket.queue = index;
    waiting.add(ticket);
    waitingWork += work(ticket.work);
  }

  @Nullable Ticket oldest() {
    return waiting.peek();
  }

  /** When the oldest would end. */
  double virtualFinish(Ticket oldest) {
    return nextDispatch + work(oldest.work);
  }

  void remove(Ticket ticket) {
    if (waiting.peek() == ticket) {
      waiting.remove();
    } else {
      waiting.remove(ticket);
    }
    waitingWork = waiting.isEmpty() ? 0 : waitingWork - work(ticket.work);
  }

  void started(Ticket ticket) {
    nextDispatch += work(ticket.work);
    executing++;
    seatsInUse += ticket.work.maxSeats();
    keepUp();
  }

  /** Corrects the account by how long it really took. */
  void answered(Ticket ticket, double seconds) {
    nextDispatch -= (SERVICE_SECONDS - seconds) * ticket.work.initialSeats();
  }

  void left(int seats) {
    executing--;
    seatsInUse -= seats;
    keepUp();
  }

  /** Nothing is saved up from before the oldest came. */
  void keepUp() {
    Ticket oldest = waiting.peek();
    if (oldest != null) {
      nextDispatch = Math.max(nextDispatch, oldest.arrivedAt);
    }
  }
}
