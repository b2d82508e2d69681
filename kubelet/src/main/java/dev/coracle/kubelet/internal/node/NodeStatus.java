package dev.coracle.kubelet.internal.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Quantity;
import dev.coracle.api.Timestamps;
import dev.coracle.api.VersionInfo;
import dev.coracle.cri.v1.Image;
import dev.coracle.cri.v1.VersionResponse;
import dev.coracle.kubelet.config.EvictionSignal.Condition;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.internal.device.DeviceManager;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Computes a Node's status. Pure. */
final class NodeStatus {

  /** What a status is computed from. */
  record Facts(
      KubeletOptions options,
      Machine machine,
      SwapSpace swap,
      Allocatable allocatable,
      long diskBytes,
      int port,
      VersionResponse runtime,
      List<Image> images,
      Optional<String> notReady,
      Set<Condition> pressures,
      List<JsonNode> handlers,
      boolean strictGroups,
      Map<String, DeviceManager.Count> devices,
      List<String> volumesInUse) {}

  private NodeStatus() {}

  private static Quantity kibi(long bytes) {
    return Quantity.parse(bytes / 1024 + "Ki");
  }

  /**
   * @param old the status before, for times of transition
   * @param shown the status that the API has, whose capacity of extended resources others may set
   *     (Kubernetes docs, "Advertise Extended Resources for a Node"); all of it is allocatable
   */
  static ObjectNode of(Facts f, JsonNode old, JsonNode shown, Instant now) {
    ObjectNode status = Json.object();
    ObjectNode capacity = status.putObject("capacity");
    ObjectNode allocatable = status.putObject("allocatable");
    shown
        .path("capacity")
        .properties()
        .forEach(e -> {
          if (isExtended(e.getKey())) {
            capacity.set(e.getKey(), e.getValue());
            allocatable.set(e.getKey(), e.getValue());
          }
        });
    f.devices.forEach((resource, count) -> {
      capacity.put(resource, Long.toString(count.capacity()));
      allocatable.put(resource, Long.toString(count.allocatable()));
    });
    Quantity cpus = Quantity.of(f.machine.cpus());
    amounts(capacity, f, cpus, kibi(f.machine.memoryBytes()), kibi(f.diskBytes));
    Allocatable left = f.allocatable;
    amounts(allocatable, f, left.cpu(), left.memory(), left.disk(f.diskBytes));
    conditions(f, old.path("conditions"), now, status.putArray("conditions"));
    ArrayNode addresses = status.putArray("addresses");
    f.options
        .nodeIps()
        .forEach(ip -> addresses.addObject().put("type", "InternalIP").put("address", ip));
    addresses.addObject().put("type", "Hostname").put("address", f.options.nodeName());
    if (f.port > 0) {
      status.putObject("daemonEndpoints").putObject("kubeletEndpoint").put("Port", f.port);
    }
    info(f, status.putObject("nodeInfo"));
    images(f, status.putArray("images"));
    if (!f.volumesInUse.isEmpty() || old.has("volumesInUse")) {
      f.volumesInUse.forEach(status.putArray("volumesInUse")::add);
    }
    DeclaredFeatures.ALL.forEach(status.putArray("declaredFeatures")::add);
    if (f.strictGroups) {
      status.putObject("features").put("supplementalGroupsPolicy", true);
    }
    if (!f.handlers.isEmpty()) {
      ArrayNode list = status.putArray("runtimeHandlers");
      f.handlers.forEach(list::add);
    }
    return status;
  }

  static boolean isExtended(String resource) {
    return resource.indexOf('/') > 0;
  }

  private static void amounts(
      ObjectNode out, Facts f, Quantity cpu, Quantity memory, Quantity disk) {
    out.put("cpu", cpu.toString());
    out.put("ephemeral-storage", disk.toString());
    out.put("hugepages-1Gi", "0");
    out.put("hugepages-2Mi", "0");
    f.machine
        .hugePages()
        .forEach((resource, bytes) -> out.put(resource, Quantity.ofBytes(bytes).toString()));
    out.put("memory", memory.toString());
    out.put("pods", Integer.toString(f.options.podsOn(f.machine.cpus())));
  }

  private static void conditions(Facts f, JsonNode old, Instant now, ArrayNode out) {
    boolean memory = f.pressures.contains(Condition.MEMORY);
    boolean disk = f.pressures.contains(Condition.DISK);
    boolean pids = f.pressures.contains(Condition.PIDS);
    condition(
        out,
        old,
        now,
        "MemoryPressure",
        memory,
        memory ? "KubeletHasInsufficientMemory" : "KubeletHasSufficientMemory",
        memory
            ? "kubelet has insufficient memory available"
            : "kubelet has sufficient memory available");
    condition(
        out,
        old,
        now,
        "DiskPressure",
        disk,
        disk ? "KubeletHasDiskPressure" : "KubeletHasNoDiskPressure",
        disk ? "kubelet has disk pressure" : "kubelet has no disk pressure");
    condition(
        out,
        old,
        now,
        "PIDPressure",
        pids,
        pids ? "KubeletHasInsufficientPID" : "KubeletHasSufficientPID",
        pids ? "kubelet has insufficient PID available" : "kubelet has sufficient PID available");
    condition(
        out,
        old,
        now,
        "Ready",
        f.notReady.isEmpty(),
        f.notReady.isEmpty() ? "KubeletReady" : "KubeletNotReady",
        f.notReady.orElse("kubelet is posting ready status"));
  }

  private static void condition(
      ArrayNode out,
      JsonNode old,
      Instant now,
      String type,
      boolean is,
      String reason,
      String message) {
    String status = is ? "True" : "False";
    String since = Timestamps.time(now);
    for (JsonNode o : old) {
      if (o.path("type").asText("").equals(type) && o.path("status").asText("").equals(status)) {
        since = o.path("lastTransitionTime").asText(since);
      }
    }
    out.addObject()
        .put("type", type)
        .put("status", status)
        .put("lastHeartbeatTime", Timestamps.time(now))
        .put("lastTransitionTime", since)
        .put("reason", reason)
        .put("message", message);
  }

  private static void info(Facts f, ObjectNode out) {
    out.put("machineID", f.machine.machineId());
    out.put("systemUUID", f.machine.systemUuid());
    out.put("bootID", f.machine.bootId());
    out.put("kernelVersion", f.machine.kernel());
    out.put("osImage", f.machine.osImage());
    out.put(
        "containerRuntimeVersion",
        f.runtime.getRuntimeName() + "://" + f.runtime.getRuntimeVersion());
    out.put("kubeletVersion", VersionInfo.GIT_VERSION);
    out.put("kubeProxyVersion", "");
    out.put("operatingSystem", "linux");
    out.put("architecture", f.machine.architecture());
    if (f.swap.bytes() > 0) {
      out.putObject("swap").put("capacity", f.swap.bytes());
    }
  }

  private static void images(Facts f, ArrayNode out) {
    List<Image> images = new ArrayList<>(f.images);
    images.sort(Comparator.comparingLong(Image::getSize).reversed().thenComparing(Image::getId));
    int most = f.options.configuration().node().maxImages();
    for (Image image : most < 0 ? images : images.subList(0, Math.min(most, images.size()))) {
      ObjectNode node = out.addObject();
      ArrayNode names = node.putArray("names");
      image.getRepoDigestsList().stream().limit(5).forEach(names::add);
      image.getRepoTagsList().stream().limit(5).forEach(names::add);
      node.put("sizeBytes", image.getSize());
    }
  }
}
