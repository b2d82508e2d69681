package dev.coracle.kubelet.internal.status;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Quantity;
import dev.coracle.cri.v1.LinuxContainerResources;
import dev.coracle.kubelet.internal.runtime.LinuxResources;
import java.util.Optional;

/**
 * The {@code resources} of a running container's status (KEP-1287): CPU and memory as the runtime
 * says; what it does not say, and of which there is nothing in the kernel (requests of memory), as
 * the kubelet gave it; all else as allocated. Pure.
 *
 * @param allocated the container's resources in the pod's allocated spec
 * @param given what the kubelet gave the container last
 * @param told what the runtime says
 */
record ActualResources(JsonNode allocated, JsonNode given, LinuxContainerResources told) {
  /** The kernel knows no less; what is allocated below that is told as it is. */
  private static final long LEAST_LIMIT_MILLIS = 10;

  private static final long LEAST_REQUEST_MILLIS = LinuxResources.shares(0);

  JsonNode node() {
    if (!allocated.isObject()) {
      return Json.object();
    }
    ObjectNode out = allocated.deepCopy();
    if (out.path("limits") instanceof ObjectNode limits) {
      set(limits, "limits", "cpu", cpuLimit(), LEAST_LIMIT_MILLIS);
      set(limits, "limits", "memory", memoryLimit(), 0);
    }
    if (out.path("requests") instanceof ObjectNode requests) {
      set(requests, "requests", "cpu", cpuRequest(), LEAST_REQUEST_MILLIS);
      set(requests, "requests", "memory", Optional.empty(), 0);
    }
    return out;
  }

  private void set(
      ObjectNode amounts, String kind, String resource, Optional<Quantity> said, long leastMillis) {
    Quantity promised = Quantity.tryParse(amounts.path(resource).asText("0"));
    if (said.isPresent() && promised != null) {
      boolean least = said.get().millis() <= leastMillis && promised.millis() <= leastMillis;
      if (!least && said.get().compareTo(promised) != 0) {
        amounts.put(resource, said.get().toString());
      }
      return;
    }
    JsonNode known = given.path(kind).path(resource);
    if (!known.isMissingNode()) {
      amounts.set(resource, known);
    }
  }

  private Optional<Quantity> cpuLimit() {
    return told.getCpuPeriod() > 0 && told.getCpuQuota() > 0
        ? Optional.of(Quantity.ofMillis(told.getCpuQuota() * 1000 / told.getCpuPeriod()))
        : Optional.empty();
  }

  /** Rounded up, which undoes {@link LinuxResources#shares}. */
  private Optional<Quantity> cpuRequest() {
    return told.getCpuShares() >= LinuxResources.shares(0)
        ? Optional.of(Quantity.ofMillis(Math.ceilDiv(told.getCpuShares() * 1000, 1024)))
        : Optional.empty();
  }

  private Optional<Quantity> memoryLimit() {
    return told.getMemoryLimitInBytes() > 0
        ? Optional.of(Quantity.ofBytes(told.getMemoryLimitInBytes()))
        : Optional.empty();
  }
}
