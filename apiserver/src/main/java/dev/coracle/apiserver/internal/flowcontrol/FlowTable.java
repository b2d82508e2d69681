package dev.coracle.apiserver.internal.flowcontrol;

import dev.coracle.apiserver.UserInfo;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The flow schemas in the order in which they are tried; the last takes what no other does. Safe
 * for any number of threads.
 */
final class FlowTable {

  /** Of the highest precedence that there may be. */
  private static final String LAST = "catch-all";

  private static final Comparator<Flow> ORDER =
      Comparator.comparingInt((Flow f) -> f.schema().precedence())
          .thenComparing(f -> f.schema().name().equals(LAST))
          .thenComparing(f -> f.schema().name());

  private final List<Flow> flows;

  /** The tables of users, by the rules that name them: a thousand nodes share one. */
  private final Map<BitSet, FlowTable> narrow = new ConcurrentHashMap<>();

  private FlowTable(List<Flow> flows) {
    this.flows = flows;
  }

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

  /** Only what may ever match this user, without looking at the user again. */
  FlowTable of(UserInfo user) {
    BitSet named = new BitSet();
    int i = 0;
    for (Flow flow : flows) {
      for (FlowSchema.Rule rule : flow.schema().rules()) {
        named.set(i++, rule.from(user));
      }
    }
    return narrow.computeIfAbsent(named, this::narrowed);
  }

  private FlowTable narrowed(BitSet named) {
    List<Flow> own = new ArrayList<>();
    int i = 0;
    for (Flow flow : flows) {
      List<FlowSchema.Rule> rules = new ArrayList<>();
      for (FlowSchema.Rule rule : flow.schema().rules()) {
        if (named.get(i++)) {
          rules.add(rule.forAnyone());
        }
      }
      if (!rules.isEmpty() || flow == flows.getLast()) {
        own.add(new Flow(flow.schema().with(rules), flow.level(), flow.meters()));
      }
    }
    return new FlowTable(List.copyOf(own));
  }
}
