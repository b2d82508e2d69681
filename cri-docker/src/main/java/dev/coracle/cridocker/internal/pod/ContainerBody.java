package dev.coracle.cridocker.internal.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.cri.v1.Device;
import dev.coracle.cri.v1.LinuxContainerResources;
import dev.coracle.cri.v1.Mount;
import dev.coracle.cri.v1.NamespaceOption;
import dev.coracle.cri.v1.Signal;
import dev.coracle.cridocker.internal.engine.Engine;
import dev.coracle.criruntime.server.StopSignals;
import dev.coracle.criruntime.server.Times;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A container of a pod in the words of Docker's {@code POST /containers/create}. */
final class ContainerBody {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Docker's own copy of the output; the kubelet reads and rotates another one. */
  private static final String LOG_SIZE = "20m";

  private static final String LOG_FILES = "2";

  private static final String RECURSIVE_READ_ONLY = "1.44";

  private static final String IMAGE_VOLUMES = "1.48";

  private final Engine engine;
  private final EngineFacts facts;
  private final SandboxService sandboxes;

  ContainerBody(Engine engine, EngineFacts facts, SandboxService sandboxes) {
    this.engine = engine;
    this.facts = facts;
    this.sandboxes = sandboxes;
  }

  /**
   * @param sandbox as Docker describes it
   * @param image likewise
   */
  ObjectNode of(ContainerConfig config, JsonNode sandbox, JsonNode image, String clusterId)
      throws IOException {
    String sandboxId = sandbox.path("Id").asText();
    ObjectNode body = JSON.createObjectNode().put("Image", image.path("Id").asText());
    body.set("Labels", labels(config, sandbox, image, clusterId));
    if (config.getCommandCount() > 0) {
      config.getCommandList().forEach(body.putArray("Entrypoint")::add);
    }
    if (config.getArgsCount() > 0) {
      config.getArgsList().forEach(body.putArray("Cmd")::add);
    }
    ArrayNode env = body.putArray("Env");
    config.getEnvsList().forEach(e -> env.add(e.getKey() + "=" + e.getValue()));
    if (!config.getWorkingDir().isEmpty()) {
      body.put("WorkingDir", config.getWorkingDir());
    }
    body.put("OpenStdin", config.getStdin())
        .put("StdinOnce", config.getStdinOnce())
        .put("Tty", config.getTty());
    if (config.getStopSignal() != Signal.RUNTIME_DEFAULT) {
      body.put("StopSignal", Integer.toString(StopSignals.choose(config.getStopSignal(), "")));
    }
    // An image's own health check is nothing that a pod knows of.
    body.putObject("Healthcheck").putArray("Test").add("NONE");
    ObjectNode host = body.putObject("HostConfig");
    LinuxContainerResources resources = config.getLinux().getResources();
    sandboxes.inherit(sandbox, host, resources.getOomScoreAdj());
    namespaces(config.getLinux().getSecurityContext().getNamespaceOptions(), sandbox, host);
    SecurityOptions.write(config.getLinux().getSecurityContext(), facts.apparmor(), body, host);
    resources(resources, host);
    devices(config.getDevicesList(), host);
    mounts(config.getMountsList(), sandboxId, host);
    host.putObject("LogConfig")
        .put("Type", "json-file")
        .putObject("Config")
        .put("max-size", LOG_SIZE)
        .put("max-file", LOG_FILES);
    return body;
  }

  private static ObjectNode labels(
      ContainerConfig config, JsonNode sandbox, JsonNode image, String clusterId) {
    ObjectNode labels = Labels.write(config.getLabelsMap(), config.getAnnotationsMap());
    labels.put(Labels.TYPE, Labels.CONTAINER).put(Labels.CLUSTER, clusterId);
    labels.put(Labels.SANDBOX_ID, sandbox.path("Id").asText());
    labels.put(Labels.CREATED_AT, Long.toString(Times.now()));
    String directory = sandbox.path("Config").path("Labels").path(Labels.LOG_PATH).asText();
    if (!directory.isEmpty() && !config.getLogPath().isEmpty()) {
      labels.put(Labels.LOG_PATH, Path.of(directory, config.getLogPath()).toString());
    }
    String asked = config.getImage().getUserSpecifiedImage();
    labels.put(Labels.IMAGE, asked.isEmpty() ? config.getImage().getImage() : asked);
    labels.put(
        Labels.IMAGE_REF, image.path("RepoDigests").path(0).asText(image.path("Id").asText()));
    return labels;
  }

  private static void namespaces(NamespaceOption options, JsonNode sandbox, ObjectNode host) {
    String joined = "container:" + sandbox.path("Id").asText();
    host.put("NetworkMode", joined);
    if (sandbox.path("HostConfig").path("NetworkMode").asText().equals("host")) {
      host.put("UTSMode", "host");
    }
    host.put(
        "IpcMode",
        sandbox.path("HostConfig").path("IpcMode").asText().equals("host") ? "host" : joined);
    switch (options.getPid()) {
      case POD -> host.put("PidMode", joined);
      case NODE -> host.put("PidMode", "host");
      case TARGET -> host.put("PidMode", "container:" + options.getTargetId());
      case CONTAINER, UNRECOGNIZED -> {
        // Its own, which is what Docker does when nothing is said.
      }
    }
  }

  /** Limits; what is zero is not said, and so stays as it is. */
  static void resources(LinuxContainerResources resources, ObjectNode host) {
    putIf(host, "CpuShares", resources.getCpuShares());
    putIf(host, "CpuQuota", resources.getCpuQuota());
    putIf(host, "CpuPeriod", resources.getCpuPeriod());
    long memory = resources.getMemoryLimitInBytes();
    if (memory != 0) {
      long swap = resources.getMemorySwapLimitInBytes();
      host.put("Memory", memory).put("MemorySwap", swap == 0 ? memory : swap);
    }
    if (!resources.getCpusetCpus().isEmpty()) {
      host.put("CpusetCpus", resources.getCpusetCpus());
    }
    if (!resources.getCpusetMems().isEmpty()) {
      host.put("CpusetMems", resources.getCpusetMems());
    }
  }

  private static void putIf(ObjectNode node, String name, long value) {
    if (value != 0) {
      node.put(name, value);
    }
  }

  private static void devices(List<Device> devices, ObjectNode host) {
    ArrayNode list = host.putArray("Devices");
    for (Device device : devices) {
      String permissions = device.getPermissions();
      list.addObject()
          .put("PathOnHost", device.getHostPath())
          .put("PathInContainer", device.getContainerPath())
          .put("CgroupPermissions", permissions.isEmpty() ? "rwm" : permissions);
    }
  }

  private void mounts(List<Mount> mounts, String sandboxId, ObjectNode host) throws IOException {
    ArrayNode list = host.putArray("Mounts");
    String resolvConf = "/etc/resolv.conf";
    if (mounts.stream().noneMatch(m -> Path.of(m.getContainerPath()).equals(Path.of(resolvConf)))) {
      bind(list, sandboxes.resolvConf(sandboxId), resolvConf, false);
    }
    for (Mount mount : mounts) {
      if (!mount.getImage().getImage().isEmpty()) {
        image(list, mount);
        continue;
      }
      Path source = Path.of(mount.getHostPath());
      if (!source.isAbsolute()) {
        throw new IllegalArgumentException("mount source is not absolute: " + source);
      }
      if (!Files.exists(source)) {
        Files.createDirectories(source);
      }
      ObjectNode options =
          bind(list, source.toRealPath(), mount.getContainerPath(), mount.getReadonly());
      options.put(
          "Propagation",
          switch (mount.getPropagation()) {
            case PROPAGATION_HOST_TO_CONTAINER -> "rslave";
            case PROPAGATION_BIDIRECTIONAL -> "rshared";
            case PROPAGATION_PRIVATE, UNRECOGNIZED -> "rprivate";
          });
      readOnlyBelow(mount, options);
    }
  }

  /** Always read-only, as Kubernetes wants it. */
  private void image(ArrayNode list, Mount mount) {
    if (!engine.speaks(IMAGE_VOLUMES)) {
      throw new UnsupportedOperationException(
          tooOld("an image cannot be mounted as a volume", "28", mount));
    }
    ObjectNode options =
        list.addObject()
            .put("Type", "image")
            .put("Source", mount.getImage().getImage())
            .put("Target", mount.getContainerPath())
            .put("ReadOnly", true)
            .putObject("ImageOptions");
    if (!mount.getImageSubPath().isEmpty()) {
      options.put("Subpath", mount.getImageSubPath());
    }
  }

  private String tooOld(String what, String needed, Mount mount) {
    return what
        + " at "
        + mount.getContainerPath()
        + ": that needs Docker "
        + needed
        + " or newer, and this node has Docker "
        + facts.version();
  }

  /** Docker from 25 on makes what is mounted below read-only too, if it is not told otherwise. */
  private void readOnlyBelow(Mount mount, ObjectNode options) {
    boolean knows = engine.speaks(RECURSIVE_READ_ONLY);
    if (mount.getRecursiveReadOnly()) {
      if (!knows) {
        throw new UnsupportedOperationException(
            tooOld("a volume cannot be made read-only all the way down", "25", mount));
      }
      options.put("ReadOnlyForceRecursive", true);
    } else if (mount.getReadonly() && knows) {
      options.put("ReadOnlyNonRecursive", true);
    }
  }

  private static ObjectNode bind(ArrayNode list, Path source, String target, boolean readOnly) {
    return list.addObject()
        .put("Type", "bind")
        .put("Source", source.toString())
        .put("Target", target)
        .put("ReadOnly", readOnly)
        .putObject("BindOptions");
  }
}
