package dev.coracle.apiserver.internal.flowcontrol;

import dev.coracle.apiserver.UserInfo;
import org.jspecify.annotations.Nullable;

/**
 * One request at a priority level: it waits or runs, may keep seats for a moment after that, and is
 * done. What changes is guarded by the level's lock.
 */
public final class Ticket {

  /** Where a request is. */
  enum State {
    NEW,
    WAITING,
    RUNNING,
    /** Answered, with its final seats still taken. */
    ENDING,
    REFUSED,
    DONE
  }

  /** In no queue, as its level has none. */
  static final int NO_QUEUE = -1;

  final Flow flow;
  final UserInfo user;
  final FlowRequest request;

  final WorkEstimate work;

  /** As upstream counts them: whatever is none of three verbs. */
  final boolean writes;

  /** When it came, in nanoseconds of the clock of {@link FlowControl}. */
  final long since;

  volatile State state = State.NEW;
  String refusal = "";
  @Nullable Guest guest;

  /** Ends the time that it may wait. */
  @Nullable Runnable timer;

  int queue = NO_QUEUE;

  /** The level's virtual time as it came. */
  double arrivedAt;

  /** When it was let run. */
  long started;

  /** Its neighbours among those that run at the level. */
  @Nullable Ticket previous;

  @Nullable Ticket next;

  Ticket(Flow flow, UserInfo user, FlowRequest request, WorkEstimate work, long since) {
    this.flow = flow;
    this.user = user;
    this.request = request;
    this.work = work;
    this.writes =
        switch (request.verb()) {
          case "get", "list", "watch" -> false;
          default -> true;
        };
    this.since = since;
  }

  public FlowRequest request() {
    return request;
  }

  /** Whether it has its seats; asked once, right after it came. Else {@link #then} tells. */
  public boolean runs() {
    return state == State.RUNNING;
  }

  /** Tells when there is a seat, or that there will be none: at once where that is known. */
  public void then(Guest told) {
    flow.level().tellWhenDecided(this, told);
  }

  /** Gives the seats back, or goes away from the queue. Any thread, any number of times. */
  public void leave() {
    flow.level().leave(this);
  }

  int seats() {
    return state == State.ENDING ? work.finalSeats() : work.maxSeats();
  }
}
