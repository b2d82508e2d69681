package dev.coracle.apiserver.internal.flowcontrol;

import dev.coracle.api.GroupResource;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.watchhub.ResourceStore;
import java.util.function.Function;

/**
 * Estimates how many seats a request takes, as upstream does: lists by the memory that they need at
 * once, writes by the watchers that they wake, everything else one.
 */
public final class WorkEstimator {

  /** Of the objects that a list has in memory at once. */
  private static final long BYTES_PER_SEAT = 100_000;

  /** What is served from the cache leaves in pieces. */
  private static final long MOST_BYTES_FROM_CACHE = 1_000_000;

  private static final int MOST_SEATS_OF_A_LIST = 100;
  private static final int MOST_SEATS_OF_A_WRITE = 10;
  private static final int WATCHERS_PER_SEAT = 10;
  private static final long NANOS_PER_EVENT = 5_000_000;

  private final Function<GroupResource, ResourceStore.Held> held;
  private final WatchCounts watches;

  WorkEstimator(Function<GroupResource, ResourceStore.Held> held, WatchCounts watches) {
    this.held = held;
    this.watches = watches;
  }

  /** A list that cannot be read will be refused, and costs the most until then. */
  public WorkEstimate unreadable(Flow flow) {
    return WorkEstimate.seats(most(flow, MOST_SEATS_OF_A_LIST));
  }

  public WorkEstimate list(Flow flow, FlowRequest request, ListOptions options) {
    boolean selects = !options.labels().isEverything() || !options.fields().isEverything();
    boolean single = !request.name().isEmpty() || namesOne(options);
    return read(flow, request, options.limit(), fromCache(options), selects, single);
  }

  /** Only those that ask for the current state first cost more than one seat. */
  public WorkEstimate watch(Flow flow, FlowRequest request, WatchOptions options) {
    return options.sendInitialEvents()
        ? read(flow, request, 0, true, false, !request.name().isEmpty())
        : WorkEstimate.ONE;
  }

  private static boolean namesOne(ListOptions options) {
    for (var field : options.fields().requirements()) {
      if (field.equal() && field.field().equals("metadata.name")) {
        return true;
      }
    }
    return false;
  }

  /** Old revisions, and pages after the first, may have to be read from the storage. */
  private static boolean fromCache(ListOptions options) {
    boolean revision =
        !options.resourceVersion().isEmpty() && !options.resourceVersion().equals("0");
    boolean exact =
        options.resourceVersionMatch().equals("Exact")
            || options.limit() > 0 && revision && options.resourceVersionMatch().isEmpty();
    return options.continueToken().isEmpty() && !exact;
  }

  private WorkEstimate read(
      Flow flow, FlowRequest request, long limit, boolean cache, boolean selects, boolean single) {
    ResourceStore.Held all = held.apply(new GroupResource(request.group(), request.resource()));
    if (all.objects() == 0) {
      return WorkEstimate.ONE;
    }
    long limited = limit > 0 ? Math.min(limit, all.objects()) : all.objects();
    long objects = single ? 1 : !cache && selects ? Math.max(limited, all.objects() / 2) : limited;
    long bytes = objects * (all.bytes() / all.objects());
    if (cache) {
      bytes = Math.min(bytes, MOST_BYTES_FROM_CACHE);
    }
    long seats = Math.ceilDiv(bytes, BYTES_PER_SEAT);
    return WorkEstimate.seats((int) Math.clamp(seats, 1, (long) most(flow, MOST_SEATS_OF_A_LIST)));
  }

  /** What anything but a list or a watch costs. */
  public WorkEstimate other(Flow flow, FlowRequest request) {
    switch (request.verb()) {
      case "create", "update", "patch", "delete" -> {}
      default -> {
        return WorkEstimate.ONE;
      }
    }
    boolean token =
        request.subresource().equals("token") && request.resource().equals("serviceaccounts");
    if (flow.level().config().exempt() || !request.resourceRequest() || token) {
      return WorkEstimate.ONE;
    }
    int watchers = watches.interestedIn(request);
    flow.meters().watchers(watchers);
    if (watchers < WATCHERS_PER_SEAT) {
      return WorkEstimate.ONE;
    }
    int seats = Math.ceilDiv(watchers, WATCHERS_PER_SEAT);
    return new WorkEstimate(1, seats, NANOS_PER_EVENT).within(most(flow, MOST_SEATS_OF_A_WRITE));
  }

  private static int most(Flow flow, int limit) {
    int ofLevel = flow.level().limits().mostOfOne();
    return ofLevel == 0 ? limit : Math.min(limit, ofLevel);
  }
}
