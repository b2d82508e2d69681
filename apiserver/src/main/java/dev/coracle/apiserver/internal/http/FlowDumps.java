package dev.coracle.apiserver.internal.http;

import dev.coracle.apiserver.internal.flowcontrol.FlowControl;

/** What priority and fairness does just now, in upstream's words. */
public final class FlowDumps implements PathHandler {

  private static final String BELOW = "/debug/api_priority_and_fairness/";

  private final FlowControl flows;

  public FlowDumps(FlowControl flows) {
    this.flows = flows;
  }

  @Override
  public boolean handle(Exchange exchange) {
    String path = exchange.info().path();
    if (!path.startsWith(BELOW)) {
      return false;
    }
    String text =
        switch (path.substring(BELOW.length())) {
          case "dump_priority_levels" -> flows.dumpPriorityLevels();
          case "dump_queues" -> flows.dumpQueues();
          case "dump_requests" ->
              flows.dumpRequests(!exchange.query("includeRequestDetails").isEmpty());
          default -> "";
        };
    if (text.isEmpty()) {
      return false;
    }
    Responder.text(exchange, 200, text);
    return true;
  }
}
