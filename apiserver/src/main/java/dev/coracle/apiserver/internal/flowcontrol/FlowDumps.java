package dev.coracle.apiserver.internal.flowcontrol;

import dev.coracle.apiserver.internal.http.RequestInfo;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What upstream's debug endpoints of priority and fairness list, in its columns. The caller holds
 * the lock of {@link FlowControl}. Here all requests have one seat and queues are taken in turn, so
 * there is no virtual time and no estimated work: those columns are zero.
 */
final class FlowDumps {

  private static final String NO_WORK = "0.00000000ss";
  private static final String NEVER = "0001-01-01T00:00:00Z";

  private FlowDumps() {}

  static String levels(Iterable<PriorityLevel> levels) {
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
    for (PriorityLevel level : levels) {
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
    return DumpTable.of(rows);
  }

  static String queues(Iterable<PriorityLevel> levels) {
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
    for (PriorityLevel level : levels) {
      int[] running = new int[level.config.queues()];
      for (Ticket ticket : level.runningOnes()) {
        if (ticket.queue != Ticket.NO_QUEUE) {
          running[ticket.queue]++;
        }
      }
      for (int i = 0; i < running.length; i++) {
        String waiting = "" + level.queue(i).size();
        rows.add(
            List.of(
                level.config.name(),
                "" + i,
                waiting,
                "" + running[i],
                "" + running[i],
                NO_WORK,
                waiting,
                waiting,
                NO_WORK));
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
  static String requests(Iterable<PriorityLevel> levels, boolean details, long nanos, Instant now) {
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
    for (PriorityLevel level : levels) {
      for (Ticket ticket : level.runningOnes()) {
        rows.add(request(ticket, -1, details, nanos, now));
      }
      for (int i = 0; i < level.config.queues(); i++) {
        int index = 0;
        for (Ticket ticket : level.queue(i)) {
          rows.add(request(ticket, index++, details, nanos, now));
        }
      }
    }
    return DumpTable.of(rows);
  }

  private static List<String> request(
      Ticket ticket, int index, boolean details, long nanos, Instant now) {
    RequestInfo info = ticket.info;
    List<String> row =
        new ArrayList<>(
            List.of(
                ticket.level.config.name(),
                ticket.schema.name(),
                "" + ticket.queue,
                "" + index,
                ticket.schema.flow(ticket.user, info),
                now.minusNanos(nanos - ticket.since).toString(),
                "1",
                "0",
                "0s",
                ticket.state == Ticket.State.RUNNING
                    ? now.minusNanos(nanos - ticket.started).toString()
                    : NEVER));
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
}
