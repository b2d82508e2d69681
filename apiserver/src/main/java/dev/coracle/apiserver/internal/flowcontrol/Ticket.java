package dev.coracle.apiserver.internal.flowcontrol;

import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.http.RequestInfo;

/**
 * One request at a priority level: waiting, then running, then done. What changes is guarded by the
 * lock of {@link FlowControl}.
 */
final class Ticket {

  /** Where a request is. */
  enum State {
    NEW,
    WAITING,
    RUNNING,
    DONE
  }

  /** In no queue, as it had none to wait in. */
  static final int NO_QUEUE = -1;

  final PriorityLevel level;
  final FlowMeters meters;
  final FlowSchema schema;
  final UserInfo user;
  final RequestInfo info;
  final Runnable run;

  /** When it came, in nanoseconds of the clock of {@link FlowControl}. */
  final long since;

  State state = State.NEW;
  int queue = NO_QUEUE;

  /** When it was let run. */
  long started;

  Ticket(
      PriorityLevel level,
      FlowMeters meters,
      FlowSchema schema,
      UserInfo user,
      RequestInfo info,
      Runnable run,
      long since) {
    this.level = level;
    this.meters = meters;
    this.schema = schema;
    this.user = user;
    this.info = info;
    this.run = run;
    this.since = since;
  }
}
