package dev.coracle.kubelet.internal.dra;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A claim whose devices are ready on this node. Immutable.
 *
 * @param drivers those that have prepared something, and have to undo it
 * @param pods the uids of the pods that use it
 */
record PreparedClaim(
    String namespace,
    String name,
    String uid,
    Set<String> drivers,
    Set<String> pods,
    List<Device> devices) {

  /**
   * @param requests of the claim this device is for; none means all
   * @param share which one, of a device that several claims have parts of; else empty
   */
  record Device(
      String driver,
      String pool,
      String device,
      String share,
      List<String> requests,
      List<String> cdi) {
    Device {
      requests = List.copyOf(requests);
      cdi = List.copyOf(cdi);
    }

    DeviceHealths.Device identity() {
      return new DeviceHealths.Device(driver, pool, device);
    }

    /** How a pod's status names it. */
    String id() {
      return cdi.isEmpty() ? driver + "/" + pool + "/" + device : cdi.getFirst();
    }

    /** A request with alternatives is named {@code request/alternative}. */
    boolean isFor(String request) {
      return request.isEmpty()
          || requests.isEmpty()
          || requests.stream().anyMatch(r -> r.equals(request) || r.startsWith(request + "/"));
    }
  }

  PreparedClaim {
    drivers = Set.copyOf(drivers);
    pods = Set.copyOf(pods);
    devices = List.copyOf(devices);
  }

  PreparedClaim with(String pod) {
    Set<String> all = new TreeSet<>(pods);
    all.add(pod);
    return new PreparedClaim(namespace, name, uid, drivers, all, devices);
  }

  PreparedClaim without(String pod) {
    Set<String> left = new TreeSet<>(pods);
    left.remove(pod);
    return new PreparedClaim(namespace, name, uid, drivers, left, devices);
  }

  ObjectNode json() {
    ObjectNode out = Json.object().put("namespace", namespace).put("name", name).put("uid", uid);
    drivers.forEach(out.putArray("drivers")::add);
    pods.forEach(out.putArray("pods")::add);
    ArrayNode list = out.putArray("devices");
    for (Device d : devices) {
      ObjectNode node =
          list.addObject().put("driver", d.driver).put("pool", d.pool).put("device", d.device);
      if (!d.share.isEmpty()) {
        node.put("share", d.share);
      }
      d.requests.forEach(node.putArray("requests")::add);
      d.cdi.forEach(node.putArray("cdi")::add);
    }
    return out;
  }

  static PreparedClaim of(JsonNode node) {
    List<Device> devices = new ArrayList<>();
    for (JsonNode d : node.path("devices")) {
      devices.add(
          new Device(
              d.path("driver").asText(""),
              d.path("pool").asText(""),
              d.path("device").asText(""),
              d.path("share").asText(""),
              texts(d.path("requests")),
              texts(d.path("cdi"))));
    }
    return new PreparedClaim(
        node.path("namespace").asText(""),
        node.path("name").asText(""),
        node.path("uid").asText(""),
        new TreeSet<>(texts(node.path("drivers"))),
        new TreeSet<>(texts(node.path("pods"))),
        devices);
  }

  private static List<String> texts(JsonNode list) {
    List<String> out = new ArrayList<>();
    list.forEach(t -> out.add(t.asText()));
    return out;
  }

  /** As in a file: by uid. */
  static Map<String, PreparedClaim> map(JsonNode list) {
    Map<String, PreparedClaim> out = new TreeMap<>();
    for (JsonNode node : list) {
      PreparedClaim claim = of(node);
      out.put(claim.uid, claim);
    }
    return out;
  }
}
