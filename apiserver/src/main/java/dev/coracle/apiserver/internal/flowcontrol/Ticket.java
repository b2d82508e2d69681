package dev.coracle.apiserver.internal.flowcontrol;

/** One request at a priority level: waiting, then running, then done. */
final class Ticket {

  final PriorityLevel level;
  final FlowMeters meters;
  final Runnable run;
  final long since;

  /** Guarded by the lock of {@link FlowControl}; negative while it waits in none. */
  int queue = -1;

  Ticket(PriorityLevel level, FlowMeters meters, Runnable run, long since) {
    this.level = level;
    this.meters = meters;
    this.run = run;
    this.since = since;
  }
}
