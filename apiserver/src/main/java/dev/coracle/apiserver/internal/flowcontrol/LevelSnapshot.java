package dev.coracle.apiserver.internal.flowcontrol;

import java.util.List;

/**
 * A level at one moment.
 *
 * @param running those that have seats, the youngest first
 * @param waiting requests in its queues
 * @param virtualTime in seconds of a seat
 */
record LevelSnapshot(
    String name,
    List<Ticket> running,
    List<Queue> queues,
    int waiting,
    int seatsInUse,
    double virtualTime,
    LevelTotals totals) {

  /**
   * @param waiting the next first
   * @param waitingWork in seconds of a seat
   */
  record Queue(
      List<Ticket> waiting,
      int executing,
      int seatsInUse,
      double nextDispatch,
      double waitingWork) {}

  long activeQueues() {
    return queues.stream().filter(q -> !q.waiting().isEmpty()).count();
  }
}
