package dev.coracle.kubelet.internal.eviction;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.kubelet.internal.pod.Pod;
import java.util.ArrayList;
import java.util.List;

/** A port of the node that a pod takes for itself; an address of all zeros means every address. */
record HostPort(String address, String protocol, int port) {

  static List<HostPort> of(Pod pod) {
    List<HostPort> out = new ArrayList<>();
    for (String list : List.of("containers", "initContainers")) {
      for (JsonNode container : pod.spec().path(list)) {
        for (JsonNode port : container.path("ports")) {
          if (port.path("hostPort").asInt() > 0) {
            out.add(
                new HostPort(
                    port.path("hostIP").asText(""),
                    port.path("protocol").asText("TCP"),
                    port.path("hostPort").asInt()));
          }
        }
      }
    }
    return out;
  }

  boolean conflictsWith(HostPort other) {
    return port == other.port
        && protocol.equals(other.protocol)
        && (isEverywhere() || other.isEverywhere() || address.equals(other.address));
  }

  private boolean isEverywhere() {
    return address.isEmpty() || address.equals("0.0.0.0");
  }
}
