package dev.coracle.apiserver.internal.flowcontrol;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Those that have seats, linked by themselves: nothing is made for one. Guarded by the level. */
final class RunningTickets {

  private @Nullable Ticket first;

  boolean isEmpty() {
    return first == null;
  }

  void add(Ticket ticket) {
    Ticket head = first;
    ticket.next = head;
    if (head != null) {
      head.previous = ticket;
    }
    first = ticket;
  }

  void remove(Ticket ticket) {
    Ticket before = ticket.previous;
    Ticket after = ticket.next;
    if (before == null) {
      first = after;
    } else {
      before.next = after;
    }
    if (after != null) {
      after.previous = before;
    }
    ticket.previous = null;
    ticket.next = null;
  }

  /** The youngest first. */
  List<Ticket> list() {
    List<Ticket> all = new ArrayList<>();
    for (Ticket t = first; t != null; t = t.next) {
      all.add(t);
    }
    return all;
  }
}
