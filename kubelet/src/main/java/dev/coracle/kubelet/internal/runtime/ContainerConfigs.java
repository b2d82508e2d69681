package dev.coracle.kubelet.internal.runtime;

import dev.coracle.api.Json;
import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.cri.v1.ContainerMetadata;
import dev.coracle.cri.v1.Image;
import dev.coracle.cri.v1.ImageSpec;
import dev.coracle.cri.v1.KeyValue;
import dev.coracle.cri.v1.LinuxContainerConfig;
import dev.coracle.cri.v1.Mount;
import dev.coracle.cri.v1.Signal;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Expansion;
import dev.coracle.kubelet.internal.pod.Pod;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A container in CRI's terms. */
public final class ContainerConfigs {
  private final NodeLimits node;
  private final Path seccompRoot;
  private final boolean seccompDefault;

  /**
   * @param seccompRoot where profiles of the node's own lie
   * @param seccompDefault whether who names no profile has the runtime's
   */
  public ContainerConfigs(NodeLimits node, Path seccompRoot, boolean seccompDefault) {
    this.node = node;
    this.seccompDefault = seccompDefault;
    this.seccompRoot = seccompRoot;
  }

  /**
   * @param imageRef what the runtime calls the image
   * @param targetId the container whose process namespace an ephemeral one joins, empty for none
   */
  public ContainerConfig.Builder of(
      Pod pod,
      ContainerSpec container,
      int attempt,
      String imageRef,
      Optional<Image> image,
      Map<String, String> env,
      List<Mount> mounts,
      String targetId) {
    ContainerConfig.Builder out =
        ContainerConfig.newBuilder()
            .setMetadata(
                ContainerMetadata.newBuilder().setName(container.name()).setAttempt(attempt))
            .setImage(
                ImageSpec.newBuilder().setImage(imageRef).setUserSpecifiedImage(container.image()))
            .setWorkingDir(container.node().path("workingDir").asText(""))
            .setLogPath(PodPaths.containerLog(container.name(), attempt))
            .setStdin(container.node().path("stdin").asBoolean(false))
            .setStdinOnce(container.node().path("stdinOnce").asBoolean(false))
            .setTty(container.node().path("tty").asBoolean(false))
            .addAllMounts(mounts);
    words(container, env, out);
    env.forEach((k, v) -> out.addEnvs(KeyValue.newBuilder().setKey(k).setValue(v)));
    labels(pod, container, attempt, out);
    String signal = container.node().path("lifecycle").path("stopSignal").asText("");
    if (!signal.isEmpty()) {
      out.setStopSignal(signal(signal));
    }
    return out.setLinux(
        LinuxContainerConfig.newBuilder()
            .setResources(LinuxResources.of(pod, container, node))
            .setSecurityContext(
                SecurityContexts.of(pod, container, image, targetId, seccompRoot, seccompDefault)));
  }

  private static void labels(
      Pod pod, ContainerSpec container, int attempt, ContainerConfig.Builder out) {
    out.putLabels(Labels.POD_NAME, pod.name())
        .putLabels(Labels.POD_NAMESPACE, pod.namespace())
        .putLabels(Labels.POD_UID, pod.uid())
        .putLabels(Labels.CONTAINER_NAME, container.name())
        .putAnnotations(Labels.HASH, container.hash())
        .putAnnotations(Labels.RESTART_COUNT, Integer.toString(attempt))
        .putAnnotations(
            Labels.TERMINATION_PATH,
            container.node().path("terminationMessagePath").asText("/dev/termination-log"))
        .putAnnotations(
            Labels.TERMINATION_POLICY,
            container.node().path("terminationMessagePolicy").asText("File"))
        .putAnnotations(
            Labels.GRACE_PERIOD,
            Long.toString(pod.spec().path("terminationGracePeriodSeconds").asLong(30)));
    if (container.has("ports")) {
      out.putAnnotations(
          Labels.PORTS,
          new String(Json.bytes(container.node().path("ports")), StandardCharsets.UTF_8));
    }
    if (container.node().path("lifecycle").hasNonNull("preStop")) {
      out.putAnnotations(
          Labels.PRE_STOP,
          new String(
              Json.bytes(container.node().path("lifecycle").path("preStop")),
              StandardCharsets.UTF_8));
    }
  }

  private static Signal signal(String name) {
    try {
      return Signal.valueOf(name.replace("+", "PLUS").replace("SIGRTMAX-", "SIGRTMAXMINUS"));
    } catch (IllegalArgumentException e) {
      throw new ConfigException("unknown stop signal " + name);
    }
  }

  private static void words(
      ContainerSpec container, Map<String, String> env, ContainerConfig.Builder out) {
    Expansion expansion = new Expansion();
    try {
      container.strings("command").forEach(s -> out.addCommand(expansion.expand(s, env::get)));
      container.strings("args").forEach(s -> out.addArgs(expansion.expand(s, env::get)));
    } catch (IllegalArgumentException e) {
      throw new ConfigException("command and arguments: " + e.getMessage());
    }
  }
}
