package dev.coracle.apiserver.internal.flowcontrol;

/**
 * What waits and runs at a level, in numbers. Guarded by the level's lock. Who measures it is told
 * of changes by {@link #tell}, once for all that happened at one moment.
 */
final class LevelUse {

  private final LevelUtilization level;
  private final ReadWriteUtilization server;

  private int seatsInUse;
  private int waiting;
  private int waitingSeats;
  private int waitingWrites;
  private int executing;
  private int executingWrites;

  private int toldSeats;
  private int toldDemand;
  private int toldWaiting;
  private int toldWaitingWrites;
  private int toldExecuting;
  private int toldExecutingWrites;

  LevelUse(LevelUtilization level, ReadWriteUtilization server) {
    this.level = level;
    this.server = server;
  }

  /**
   * @param queued what the queues hold
   * @param current the seats
   * @param allSeats of the server
   */
  void limits(int queued, int current, int allSeats, long now) {
    level.limits(queued, current, allSeats, now);
  }

  int seatsInUse() {
    return seatsInUse;
  }

  int waiting() {
    return waiting;
  }

  /** The seats that would be taken if there were enough. */
  int demand() {
    return seatsInUse + waitingSeats;
  }

  void queued(Ticket ticket) {
    waiting++;
    waitingSeats += ticket.work.maxSeats();
    waitingWrites += ticket.writes ? 1 : 0;
  }

  void leftQueue(Ticket ticket) {
    waiting--;
    waitingSeats -= ticket.work.maxSeats();
    waitingWrites -= ticket.writes ? 1 : 0;
  }

  void started(Ticket ticket) {
    seatsInUse += ticket.work.maxSeats();
    executing++;
    executingWrites += ticket.writes ? 1 : 0;
  }

  /** Its seats are given back by {@link #released}. */
  void answered(Ticket ticket) {
    executing--;
    executingWrites -= ticket.writes ? 1 : 0;
  }

  void released(int seats) {
    seatsInUse -= seats;
  }

  void tell(long now) {
    int queued = waiting - toldWaiting;
    int queuedWrites = waitingWrites - toldWaitingWrites;
    int running = executing - toldExecuting;
    int runningWrites = executingWrites - toldExecutingWrites;
    level.change(queued, running, seatsInUse - toldSeats, demand() - toldDemand, now);
    if (queued != 0 || queuedWrites != 0) {
      server.waiting(queued - queuedWrites, queuedWrites, now);
    }
    if (running != 0 || runningWrites != 0) {
      server.executing(running - runningWrites, runningWrites, now);
    }
    toldSeats = seatsInUse;
    toldDemand = demand();
    toldWaiting = waiting;
    toldWaitingWrites = waitingWrites;
    toldExecuting = executing;
    toldExecutingWrites = executingWrites;
  }
}
