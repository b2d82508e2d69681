package dev.coracle.apiserver.internal.flowcontrol;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What upstream's debug endpoints of priority and fairness list, in its columns. */
final class FlowDumps {

  private static final String NEVER = "0001-01-01T00:00:00Z";

  private FlowDumps() {}

  static String levels(Iterable<LevelSnapshot> levels) {
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
    for (LevelSnapshot level : levels) {
      LevelTotals totals = level.totals();
      boolean idle = level.waiting() == 0 && level.running().isEmpty();
      rows.add(
          List.of(
              level.name(),
              "" + level.activeQueues(),
              "" + idle,
              "false",
              "" + level.waiting(),
              "" + level.running().size(),
              "" + totals.dispatched,
              "" + totals.rejected,
              "" + totals.timedOut,
              "" + totals.cancelled));
    }
    return DumpTable.of(rows);
  }

  static String queues(Iterable<LevelSnapshot> levels) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "PriorityLevelName",
            "Index",
            "PendingRequests",
            "ExecutingRequests",
            "SeatsInUse",
            "NextDispatchR",
            "InitialSeatsSum",
            "MaxSeatsSum",
            "TotalWorkSum"));
    for (LevelSnapshot level : levels) {
      for (int i = 0; i < level.queues().size(); i++) {
        LevelSnapshot.Queue queue = level.queues().get(i);
        int initial = queue.waiting().stream().mapToInt(t -> t.work.initialSeats()).sum();
        int most = queue.waiting().stream().mapToInt(t -> t.work.maxSeats()).sum();
        rows.add(
            List.of(
                level.name(),
                "" + i,
                "" + queue.waiting().size(),
                "" + queue.executing(),
                "" + queue.seatsInUse(),
                work(queue.nextDispatch()),
                "" + initial,
                "" + most,
                work(queue.waitingWork())));
      }
    }
    return DumpTable.of(rows);
  }

  /**
   * Requests that run and, in the order of their queues, those that wait.
   *
   * @param nanos now, by the clock of the tickets
   * @param now the same moment
   */
  static String requests(Iterable<LevelSnapshot> levels, boolean details, long nanos, Instant now) {
    List<List<String>> rows = new ArrayList<>();
    List<String> names =
        new ArrayList<>(
            List.of(
                "PriorityLevelName",
                "FlowSchemaName",
                "QueueIndex",
                "RequestIndexInQueue",
                "FlowDistingsher",
                "ArriveTime",
                "InitialSeats",
                "FinalSeats",
                "AdditionalLatency",
                "StartTime"));
    if (details) {
      names.addAll(
          List.of(
              "UserName",
              "Verb",
              "APIPath",
              "Namespace",
              "Name",
              "APIVersion",
              "Resource",
              "SubResource"));
    }
    rows.add(names);
    for (LevelSnapshot level : levels) {
      for (Ticket ticket : level.running().reversed()) {
        rows.add(request(ticket, -1, details, nanos, now));
      }
      for (LevelSnapshot.Queue queue : level.queues()) {
        int index = 0;
        for (Ticket ticket : queue.waiting()) {
          rows.add(request(ticket, index++, details, nanos, now));
        }
      }
    }
    return DumpTable.of(rows);
  }

  private static List<String> request(
      Ticket ticket, int index, boolean details, long nanos, Instant now) {
    FlowRequest info = ticket.request;
    List<String> row =
        new ArrayList<>(
            List.of(
                ticket.flow.level().config().name(),
                ticket.flow.schema().name(),
                "" + ticket.queue,
                "" + index,
                ticket.flow.schema().flow(ticket.user, info),
                now.minusNanos(nanos - ticket.since).toString(),
                "" + ticket.work.initialSeats(),
                "" + ticket.work.finalSeats(),
                duration(ticket.work.additionalNanos()),
                ticket.state == Ticket.State.WAITING
                    ? NEVER
                    : now.minusNanos(nanos - ticket.started).toString()));
    if (details) {
      row.addAll(
          List.of(
              ticket.user.name(),
              info.verb(),
              info.path(),
              info.namespace(),
              info.name(),
              info.version(),
              info.resource(),
              info.subresource()));
    }
    return row;
  }

  /** Seconds of a seat, as upstream writes them. */
  private static String work(double seatSeconds) {
    return String.format(Locale.ROOT, "%.8fss", seatSeconds);
  }

  /** As Go writes a duration of some milliseconds. */
  private static String duration(long nanos) {
    if (nanos == 0) {
      return "0s";
    }
    BigDecimal millis = BigDecimal.valueOf(nanos, 6);
    return nanos < 1_000_000_000L
        ? millis.stripTrailingZeros().toPlainString() + "ms"
        : millis.movePointLeft(3).stripTrailingZeros().toPlainString() + "s";
  }
}
