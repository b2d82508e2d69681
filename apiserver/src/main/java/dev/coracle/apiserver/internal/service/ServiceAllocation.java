package dev.coracle.apiserver.internal.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.net.Cidr;
import dev.coracle.api.net.IpFamily;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Call;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives a Service that is being written its cluster address and node ports, or refuses. */
public final class ServiceAllocation {

  private static final Logger LOG = LoggerFactory.getLogger(ServiceAllocation.class);
  private static final int ATTEMPTS = 32;

  private final ServicePools pools;
  private final Claims claims;
  private final AllocationMeters meters;
  private final ServiceFamilies families;

  ServiceAllocation(ServicePools pools, Claims claims, AllocationMeters meters) {
    this.meters = meters;
    this.pools = pools;
    this.claims = claims;
    this.families = new ServiceFamilies(pools.families());
  }

  /** Whether a Service of this spec has a port on every node. */
  public static boolean wantsNodePorts(JsonNode spec) {
    return switch (spec.path("type").asText("")) {
      case "NodePort" -> true;
      case "LoadBalancer" -> spec.path("allocateLoadBalancerNodePorts").asBoolean(true);
      default -> false;
    };
  }

  /**
   * Changes {@code service} in place, and claims in the store what it was given, so that no other
   * API server gives it away. Takes nothing when it refuses.
   */
  public Uni<Void> begin(ObjectNode service, @Nullable KubeObject before, Call call) {
    JsonNode asked = service.path("spec").deepCopy();
    take(service, before, call);
    return call.dryRun() ? Backstage.DONE : claim(service, asked, before, call, 1);
  }

  private Uni<Void> claim(
      ObjectNode service, JsonNode asked, @Nullable KubeObject before, Call call, int attempt) {
    KubeObject now = KubeObject.of(service.deepCopy());
    List<String> ips =
        Claims.without(
            ServicePools.addresses(now),
            before == null ? List.of() : ServicePools.addresses(before));
    List<Integer> ports =
        Claims.without(
            ServicePools.ports(now), before == null ? List.of() : ServicePools.ports(before));
    ips.removeIf(ip -> !pools.inRange(ip));
    if (ips.isEmpty() && ports.isEmpty()) {
      return Backstage.DONE;
    }
    NamespacedName key = new NamespacedName(call.namespace(), call.name());
    return claims
        .addresses(ips, key)
        .chain(() ->
            claims
                .ports(ports)
                .onFailure()
                .call(() -> together(ips.stream().map(ip -> claims.freeAddress(ip, key)).toList())))
        .onFailure()
        .invoke(() -> forget(now, before))
        .onFailure(Taken.class)
        .recoverWithUni(f ->
            // Deferred: of a failure that a recovery throws Mutiny makes one of both.
            Uni.createFrom()
                .deferred(() -> again(service, asked, before, call, (Taken) f, attempt)));
  }

  /** Somebody else was faster: what was asked for by name is refused, what was free is another. */
  private Uni<Void> again(
      ObjectNode service,
      JsonNode asked,
      @Nullable KubeObject before,
      Call call,
      Taken taken,
      int attempt) {
    taken.addresses().forEach(pools::takeAddress);
    taken.ports().forEach(pools.ports()::take);
    ObjectNode wish = Json.object();
    wish.set("spec", asked);
    List<String> named = ServicePools.addresses(KubeObject.of(wish));
    for (String ip : named) {
      if (taken.addresses().contains(ip)) {
        throw invalid(
            call,
            "spec.clusterIPs",
            quoted(named) + ": failed to allocate IP " + ip + ": provided IP is already allocated");
      }
    }
    int i = 0;
    for (JsonNode port : asked.path("ports")) {
      int number = port.path("nodePort").asInt(0);
      if (taken.ports().contains(number)) {
        throw invalid(
            call,
            "spec.ports[" + i + "].nodePort",
            number + ": provided port is already allocated");
      }
      i++;
    }
    if (attempt >= ATTEMPTS) {
      throw StatusException.internal("failed to allocate: too many others do at the same time");
    }
    service.set("spec", asked.deepCopy());
    take(service, before, call);
    return claim(service, asked, before, call, attempt + 1);
  }

  private static Uni<Void> together(List<Uni<Void>> work) {
    return work.isEmpty()
        ? Backstage.DONE
        : Uni.join().all(work).andCollectFailures().replaceWithVoid();
  }

  /** Changes {@code service} in place; takes nothing when it refuses. */
  private void take(ObjectNode service, @Nullable KubeObject before, Call call) {
    ObjectNode spec = service.withObjectProperty("spec");
    List<Runnable> undo = new ArrayList<>();
    try {
      addresses(spec, before, call, undo);
      if (wantsNodePorts(spec)) {
        nodePorts(spec, before, call, undo);
      }
    } catch (StatusException e) {
      undo.forEach(Runnable::run);
      throw e;
    }
  }

  private void addresses(
      ObjectNode spec, @Nullable KubeObject before, Call call, List<Runnable> undo) {
    FieldErrors errors = new FieldErrors();
    families.fill(spec, before, errors);
    if (!errors.isEmpty()) {
      throw StatusException.invalid(call.type().kind(), call.name(), errors.causes());
    }
    if (ServiceFamilies.isExternal(spec)) {
      return;
    }
    if (ServiceFamilies.isHeadless(spec)) {
      spec.putArray("clusterIPs").add("None");
      return;
    }
    List<String> ips = new ArrayList<>();
    spec.path("clusterIPs").forEach(ip -> ips.add(ip.asText("")));
    int wanted = spec.path("ipFamilies").size();
    while (ips.size() < wanted) {
      ips.add("");
    }
    List<String> had = before == null ? List.of() : ServicePools.addresses(before);
    List<String> named = List.copyOf(ips);
    for (int i = 0; i < wanted; i++) {
      String ip = ips.get(i);
      if (ip.isEmpty()) {
        ips.set(i, takeAny(spec.path("ipFamilies").path(i).asText(""), call, undo));
      } else if (!had.contains(Cidr.canonical(ip))) {
        takeNamed(ip, named, call, undo);
      }
    }
    spec.put("clusterIP", ips.getFirst());
    ArrayNode list = spec.putArray("clusterIPs");
    ips.forEach(list::add);
  }

  private String takeAny(String family, Call call, List<Runnable> undo) {
    String any = IpFamily.named(family).map(pools::takeAnyAddress).orElse("");
    if (!any.isEmpty()) {
      count(call, pools.rangeOf(any), false, true);
    } else {
      IpFamily.named(family)
          .map(pools::rangesOf)
          .orElse(List.of())
          .forEach(cidr -> count(call, cidr, false, false));
      throw StatusException.internal("failed to allocate a serviceIP: range is full");
    }
    undo.add(() -> pools.releaseAddress(any));
    return any;
  }

  private void takeNamed(String ip, List<String> all, Call call, List<Runnable> undo) {
    String why = null;
    if (!pools.offers(ip)) {
      why = "the provided network does not match the current range";
    } else if (!pools.takeAddress(ip)) {
      why = "provided IP is already allocated";
    }
    count(call, pools.rangeOf(ip), true, why == null);
    if (why != null) {
      throw invalid(
          call, "spec.clusterIPs", quoted(all) + ": failed to allocate IP " + ip + ": " + why);
    }
    undo.add(() -> pools.releaseAddress(ip));
  }

  private void count(Call call, String cidr, boolean named, boolean given) {
    if (!call.dryRun() && !cidr.isEmpty()) {
      meters.address(cidr, named, given);
    }
  }

  private void countPort(Call call, boolean named, boolean given) {
    if (!call.dryRun()) {
      meters.port(named, given);
    }
  }

  private static String quoted(List<String> ips) {
    return ips.stream().map(ip -> '"' + ip + '"').collect(Collectors.joining(",", "[", "]"));
  }

  private void nodePorts(
      ObjectNode spec, @Nullable KubeObject before, Call call, List<Runnable> undo) {
    List<Integer> had = before == null ? List.of() : ServicePools.ports(before);
    Map<Integer, String> taken = new HashMap<>();
    if (spec.path("ports") instanceof ArrayNode ports) {
      for (int i = 0; i < ports.size(); i++) {
        if (ports.get(i) instanceof ObjectNode port) {
          nodePort(port, i, had, taken, call, undo);
        }
      }
    }
    boolean health =
        spec.path("type").asText("").equals("LoadBalancer")
            && spec.path("externalTrafficPolicy").asText("").equals("Local")
            && spec.path("healthCheckNodePort").asInt(0) == 0;
    if (health) {
      spec.put("healthCheckNodePort", any(call, undo));
    }
  }

  private void nodePort(
      ObjectNode port,
      int index,
      List<Integer> had,
      Map<Integer, String> taken,
      Call call,
      List<Runnable> undo) {
    int number = port.path("nodePort").asInt(0);
    String protocol = port.path("protocol").asText("TCP");
    if (number == 0) {
      // The same port over another protocol shares its node port.
      number = any(call, undo);
      port.put("nodePort", number);
      taken.put(number, protocol);
      return;
    }
    String other = taken.put(number, protocol);
    boolean shared = other != null && !other.equals(protocol);
    if (had.contains(number) || shared) {
      return;
    }
    String field = "spec.ports[" + index + "].nodePort";
    boolean inRange = pools.ports().contains(number);
    boolean given = inRange && pools.ports().take(number);
    countPort(call, true, given);
    if (!inRange) {
      throw invalid(
          call,
          field,
          number
              + ": provided port is not in the valid range. The range of valid ports is "
              + pools.portRange());
    }
    if (!given) {
      throw invalid(call, field, number + ": provided port is already allocated");
    }
    int mine = number;
    undo.add(() -> pools.ports().release(mine));
  }

  private int any(Call call, List<Runnable> undo) {
    OptionalLong found = pools.ports().takeAny();
    countPort(call, false, found.isPresent());
    if (found.isEmpty()) {
      throw StatusException.internal("failed to allocate a nodePort: range is full");
    }
    int number = (int) found.getAsLong();
    undo.add(() -> pools.ports().release(number));
    return number;
  }

  private static StatusException invalid(Call call, String field, String why) {
    return StatusException.invalid(
        call.type().kind(),
        call.name(),
        List.of(new StatusCause(StatusCause.INVALID, "Invalid value: " + why, field)));
  }

  /**
   * Gives back what {@code from} has and {@code kept} has not, in the store too. Never fails: what
   * can not be given back now is found by {@link ClaimRepair}.
   */
  public Uni<Void> release(KubeObject from, @Nullable KubeObject kept) {
    List<String> ips =
        Claims.without(
            ServicePools.addresses(from), kept == null ? List.of() : ServicePools.addresses(kept));
    List<Integer> ports =
        Claims.without(
            ServicePools.ports(from), kept == null ? List.of() : ServicePools.ports(kept));
    ips.removeIf(ip -> !pools.inRange(ip));
    ports.removeIf(port -> !pools.ports().contains(port));
    forget(from, kept);
    if (ips.isEmpty() && ports.isEmpty()) {
      return Backstage.DONE;
    }
    return together(ips.stream().map(ip -> claims.freeAddress(ip, from.key())).toList())
        .chain(() -> claims.freePorts(ports))
        .onFailure()
        .recoverWithItem(failure -> {
          LOG.atWarn()
              .setMessage("cannot give back the address of a Service")
              .addKeyValue("namespace", from.namespace())
              .addKeyValue("name", from.name())
              .addKeyValue("why", failure.getMessage())
              .log();
          return null;
        });
  }

  /** In memory alone: of a write that claimed nothing. */
  public void forget(KubeObject from, @Nullable KubeObject kept) {
    List<String> addresses = kept == null ? List.of() : ServicePools.addresses(kept);
    for (String ip : ServicePools.addresses(from)) {
      if (!addresses.contains(ip)) {
        pools.releaseAddress(ip);
      }
    }
    List<Integer> ports = kept == null ? List.of() : ServicePools.ports(kept);
    for (int port : ServicePools.ports(from)) {
      if (!ports.contains(port)) {
        pools.ports().release(port);
      }
    }
  }
}
