package dev.coracle.apiserver.internal.flowcontrol;

import dev.coracle.apiserver.UserInfo;
import java.util.Comparator;
import java.util.List;

/**
 * The flow schemas in the order in which they are tried. Immutable.
 *
 * @param flows at least one, the last takes what no other does
 */
record FlowTable(List<Flow> flows) {

  /** Of the highest precedence that there may be. */
  private static final String LAST = "catch-all";

  private static final Comparator<Flow> ORDER =
      Comparator.comparingInt((Flow f) -> f.schema().precedence())
          .thenComparing(f -> f.schema().name().equals(LAST))
          .thenComparing(f -> f.schema().name());

  static FlowTable of(List<Flow> flows) {
    return new FlowTable(flows.stream().sorted(ORDER).toList());
  }

  Flow match(UserInfo user, FlowRequest request) {
    for (int i = 0; i < flows.size() - 1; i++) {
      Flow flow = flows.get(i);
      if (flow.schema().match(user, request)) {
        return flow;
      }
    }
    return flows.getLast();
  }

  /** Only what may ever match this user. */
  FlowTable of(UserInfo user) {
    Flow last = flows.getLast();
    return new FlowTable(
        flows.stream()
            .map(f -> new Flow(f.schema().of(user), f.level(), f.meters()))
            .filter(f ->
                f.schema().name().equals(last.schema().name()) || !f.schema().rules().isEmpty())
            .toList());
  }
}
