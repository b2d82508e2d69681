package dev.coracle.apiserver.internal.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.apiserver.ApiCalls;
import dev.coracle.apiserver.internal.registry.LiveCache;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets Services have addresses from all ServiceCIDRs (KEP-1880), and says in each whether it gives
 * any. One that is deleted gives none any more, and goes when no address of it is in use that no
 * other one holds. Several servers come to the same.
 */
final class ServiceRanges {

  private static final Logger LOG = LoggerFactory.getLogger(ServiceRanges.class);
  private static final GroupResource RESOURCE =
      new GroupResource("networking.k8s.io", "servicecidrs");
  private static final String FINALIZER = "networking.k8s.io/service-cidr-finalizer";
  private static final String READY = "Ready";

  /** What the condition says of a ServiceCIDR. */
  private enum State {
    READY("True", "", "Kubernetes Service CIDR is ready"),
    UNUSABLE(
        "False",
        "NotSupported",
        "addresses are given from IPv4 networks with a prefix of 8 to 30 bits and IPv6 networks"
            + " with one of 64 to 126, of the families the API server has a range of"),
    IN_USE(
        "False",
        "Terminating",
        "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a"
            + " new ServiceCIDR");

    private final String status;
    private final String reason;
    private final String message;

    State(String status, String reason, String message) {
      this.status = status;
      this.reason = reason;
      this.message = message;
    }
  }

  private final ResourceStore store;
  private final ServicePools pools;
  private final AllocationMeters meters;
  private final Supplier<ApiCalls> calls;
  private final Supplier<Collection<KubeObject>> addresses;
  private final Clock clock;
  private final LiveCache ranges;

  /**
   * @param calls as the server itself; asked for when the first object is written
   * @param addresses the IPAddresses there are
   */
  ServiceRanges(
      Vertx vertx,
      ResourceStore store,
      ServicePools pools,
      AllocationMeters meters,
      Supplier<ApiCalls> calls,
      Supplier<Collection<KubeObject>> addresses,
      Clock clock) {
    this.store = store;
    this.pools = pools;
    this.meters = meters;
    this.calls = calls;
    this.addresses = addresses;
    this.clock = clock;
    this.ranges = new LiveCache(vertx, store, RESOURCE).listen((_, now) -> changed(now));
  }

  Uni<Void> start() {
    return ranges.start();
  }

  void stop() {
    ranges.stop();
  }

  private void changed(@Nullable KubeObject range) {
    List<AddressRange> giving = new ArrayList<>();
    List<AddressRange> ending = new ArrayList<>();
    for (KubeObject known : ranges.all()) {
      (known.isDeleting() ? ending : giving).addAll(networks(known));
    }
    pools.ranges(giving, ending, addresses.get().stream().map(KubeObject::name).toList());
    meters.ranges();
    if (range != null) {
      review(range);
    }
    // What keeps one of these may be held by another one now.
    ranges.all().stream().filter(r -> r != range && r.isDeleting()).forEach(this::review);
  }

  /** An address is not in use any more: perhaps a range can go now. */
  void addressFreed() {
    ranges.all().stream().filter(KubeObject::isDeleting).forEach(this::review);
  }

  private List<AddressRange> networks(KubeObject range) {
    List<AddressRange> out = new ArrayList<>();
    for (JsonNode cidr : range.at("spec", "cidrs")) {
      AddressRange network = AddressRange.tryParse(cidr.asText(""));
      if (network != null && pools.families().contains(network.family())) {
        out.add(network);
      }
    }
    return out;
  }

  private void review(KubeObject range) {
    if (!range.isDeleting()) {
      boolean usable = networks(range).size() == range.at("spec", "cidrs").size();
      say(range, usable ? State.READY : State.UNUSABLE);
    } else if (range.finalizers().contains(FINALIZER)) {
      if (isInUse(range)) {
        say(range, State.IN_USE);
      } else {
        letGo(range);
      }
    }
  }

  private boolean isInUse(KubeObject range) {
    List<AddressRange> own = networks(range);
    List<AddressRange> others = new ArrayList<>();
    for (KubeObject other : ranges.all()) {
      if (!other.isDeleting() && !other.name().equals(range.name())) {
        others.addAll(networks(other));
      }
    }
    return addresses.get().stream()
        .map(KubeObject::name)
        .anyMatch(ip -> holds(own, ip) && !holds(others, ip));
  }

  private static boolean holds(List<AddressRange> networks, String ip) {
    return networks.stream().anyMatch(network -> network.offset(ip).isPresent());
  }

  /** Writes the condition, and before a deletion what holds that up. */
  private void say(KubeObject range, State state) {
    if (says(range, state)) {
      return;
    }
    store
        .update(
            RESOURCE,
            range.key(),
            current ->
                Uni.createFrom()
                    .item(
                        says(current, state) || current.isDeleting() != range.isDeleting()
                            ? current
                            : current.with(o -> write(o, state, !current.isDeleting()))))
        .subscribe()
        .with(_ -> {}, failure -> report(range, failure));
  }

  private static boolean says(KubeObject range, State state) {
    if (!range.isDeleting() && !range.finalizers().contains(FINALIZER)) {
      return false;
    }
    for (JsonNode condition : range.at("status", "conditions")) {
      if (condition.path("type").asText("").equals(READY)) {
        return condition.path("status").asText("").equals(state.status)
            && condition.path("reason").asText("").equals(state.reason);
      }
    }
    return false;
  }

  private void write(ObjectNode range, State state, boolean holds) {
    if (holds) {
      ArrayNode finalizers = range.withObjectProperty("metadata").withArrayProperty("finalizers");
      boolean there = false;
      for (JsonNode finalizer : finalizers) {
        there |= finalizer.asText("").equals(FINALIZER);
      }
      if (!there) {
        finalizers.add(FINALIZER);
      }
    }
    ObjectNode status = range.withObjectProperty("status");
    ArrayNode conditions = Json.array();
    for (JsonNode condition : status.path("conditions")) {
      if (!condition.path("type").asText("").equals(READY)) {
        conditions.add(condition);
      }
    }
    conditions
        .addObject()
        .put("type", READY)
        .put("status", state.status)
        .put("lastTransitionTime", Timestamps.time(clock.instant()))
        .put("reason", state.reason)
        .put("message", state.message);
    status.set("conditions", conditions);
  }

  /** By the verb, which deletes what nothing holds up any more. */
  private void letGo(KubeObject range) {
    Patch patch =
        Patch.merge(body -> {
          ObjectNode metadata = body.putObject("metadata");
          metadata.put("resourceVersion", range.resourceVersion());
          ArrayNode left = metadata.putArray("finalizers");
          range.finalizers().stream().filter(f -> !f.equals(FINALIZER)).forEach(left::add);
        });
    calls
        .get()
        .patch(
            new GroupVersionResource("networking.k8s.io", "v1", "servicecidrs"),
            "",
            range.name(),
            patch,
            "",
            WriteOptions.NONE)
        .subscribe()
        .with(_ -> {}, failure -> report(range, failure));
  }

  /** A conflict is no failure: the change behind it is looked at too. */
  private static void report(KubeObject range, Throwable failure) {
    if (!StatusException.isNotFound(failure) && !StatusException.isConflict(failure)) {
      LOG.atWarn()
          .setMessage("cannot keep up a ServiceCIDR")
          .addKeyValue("name", range.name())
          .addKeyValue("why", failure.getMessage())
          .log();
    }
  }
}
