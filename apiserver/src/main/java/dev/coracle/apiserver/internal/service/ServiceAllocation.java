package dev.coracle.apiserver.internal.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.registry.Call;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Gives a Service that is being written its cluster address and node ports, or refuses. */
public final class ServiceAllocation {

  private final ServicePools pools;

  public ServiceAllocation(ServicePools pools) {
    this.pools = pools;
  }

  /** Whether a Service of this spec has a port on every node. */
  public static boolean wantsNodePorts(JsonNode spec) {
    return switch (spec.path("type").asText("")) {
      case "NodePort" -> true;
      case "LoadBalancer" -> spec.path("allocateLoadBalancerNodePorts").asBoolean(true);
      default -> false;
    };
  }

  /** Changes {@code service} in place; takes nothing when it refuses. */
  public void take(ObjectNode service, @Nullable KubeObject before, Call call) {
    ObjectNode spec = service.withObjectProperty("spec");
    List<Runnable> undo = new ArrayList<>();
    try {
      address(spec, before, call, undo);
      if (wantsNodePorts(spec)) {
        nodePorts(spec, before, call, undo);
      }
    } catch (StatusException e) {
      undo.forEach(Runnable::run);
      throw e;
    }
  }

  private void address(
      ObjectNode spec, @Nullable KubeObject before, Call call, List<Runnable> undo) {
    if (spec.path("type").asText("").equals("ExternalName")) {
      return;
    }
    String ip = spec.path("clusterIP").asText("");
    if (ip.isEmpty()) {
      ip = spec.path("clusterIPs").path(0).asText("");
    }
    boolean had = before != null && ServicePools.addresses(before).contains(ip);
    if (ip.isEmpty()) {
      String any = pools.takeAnyAddress();
      if (any.isEmpty()) {
        throw StatusException.internal("failed to allocate a serviceIP: range is full");
      }
      undo.add(() -> pools.releaseAddress(any));
      ip = any;
    } else if (!ip.equals("None") && !had) {
      takeNamed(ip, call, undo);
    }
    spec.put("clusterIP", ip);
    spec.putArray("clusterIPs").add(ip);
    if (!spec.hasNonNull("ipFamilies") || spec.path("ipFamilies").isEmpty()) {
      spec.putArray("ipFamilies").add("IPv4");
    }
    if (!spec.hasNonNull("ipFamilyPolicy")) {
      spec.put("ipFamilyPolicy", "SingleStack");
    }
  }

  private void takeNamed(String ip, Call call, List<Runnable> undo) {
    String why = null;
    if (!pools.inRange(ip)) {
      why = "the provided network does not match the current range";
    } else if (!pools.takeAddress(ip)) {
      why = "provided IP is already allocated";
    }
    if (why != null) {
      throw invalid(
          call, "spec.clusterIPs", "[\"" + ip + "\"]: failed to allocate IP " + ip + ": " + why);
    }
    undo.add(() -> pools.releaseAddress(ip));
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
      spec.put("healthCheckNodePort", any(undo));
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
      number = any(undo);
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
    if (!pools.ports().contains(number)) {
      throw invalid(
          call,
          field,
          number
              + ": provided port is not in the valid range. The range of valid ports is "
              + pools.portRange());
    }
    if (!pools.ports().take(number)) {
      throw invalid(call, field, number + ": provided port is already allocated");
    }
    int mine = number;
    undo.add(() -> pools.ports().release(mine));
  }

  private int any(List<Runnable> undo) {
    OptionalInt found = pools.ports().takeAny();
    if (found.isEmpty()) {
      throw StatusException.internal("failed to allocate a nodePort: range is full");
    }
    int number = found.getAsInt();
    undo.add(() -> pools.ports().release(number));
    return number;
  }

  private static StatusException invalid(Call call, String field, String why) {
    return StatusException.invalid(
        call.type().kind(),
        call.name(),
        List.of(new StatusCause(StatusCause.INVALID, "Invalid value: " + why, field)));
  }

  /** Gives back what {@code from} has and {@code kept} has not. */
  public void release(KubeObject from, @Nullable KubeObject kept) {
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
