package dev.coracle.kubelet.internal.cri;

import dev.coracle.cri.v1.*;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Measures each call of another {@link RuntimeService}: {@code kubelet_runtime_operations_…}, with
 * upstream's operation types.
 */
public final class MeasuredRuntime implements RuntimeService {
  private final RuntimeService inner;
  private final KubeletMetrics metrics;

  public MeasuredRuntime(RuntimeService inner, KubeletMetrics metrics) {
    this.inner = inner;
    this.metrics = metrics;
  }

  private void run(String type, Runnable call) {
    metrics.operation(
        type,
        () -> {
          call.run();
          return true;
        });
  }

  @Override
  public VersionResponse version() {
    return metrics.operation("version", inner::version);
  }

  @Override
  public StatusResponse status(boolean verbose) {
    return metrics.operation("status", () -> inner.status(verbose));
  }

  @Override
  public void updatePodCidr(String podCidr) {
    run("update_runtime_config", () -> inner.updatePodCidr(podCidr));
  }

  @Override
  public String runPodSandbox(PodSandboxConfig config, String runtimeHandler) {
    return metrics.operation("run_podsandbox", () -> inner.runPodSandbox(config, runtimeHandler));
  }

  @Override
  public void stopPodSandbox(String id) {
    run("stop_podsandbox", () -> inner.stopPodSandbox(id));
  }

  @Override
  public void removePodSandbox(String id) {
    run("remove_podsandbox", () -> inner.removePodSandbox(id));
  }

  @Override
  public PodSandboxStatus podSandboxStatus(String id) {
    return metrics.operation("podsandbox_status", () -> inner.podSandboxStatus(id));
  }

  @Override
  public List<PodSandbox> listPodSandboxes(PodSandboxFilter filter) {
    return metrics.operation("list_podsandbox", () -> inner.listPodSandboxes(filter));
  }

  @Override
  public String createContainer(
      String sandboxId, ContainerConfig config, PodSandboxConfig sandbox) {
    return metrics.operation(
        "create_container", () -> inner.createContainer(sandboxId, config, sandbox));
  }

  @Override
  public void startContainer(String id) {
    run("start_container", () -> inner.startContainer(id));
  }

  @Override
  public void stopContainer(String id, long graceSeconds) {
    run("stop_container", () -> inner.stopContainer(id, graceSeconds));
  }

  @Override
  public void removeContainer(String id) {
    run("remove_container", () -> inner.removeContainer(id));
  }

  @Override
  public ContainerStatus containerStatus(String id) {
    return metrics.operation("container_status", () -> inner.containerStatus(id));
  }

  @Override
  public List<Container> listContainers(ContainerFilter filter) {
    return metrics.operation("list_containers", () -> inner.listContainers(filter));
  }

  @Override
  public void updateContainerResources(String id, LinuxContainerResources resources) {
    run("update_container", () -> inner.updateContainerResources(id, resources));
  }

  @Override
  public void reopenContainerLog(String id) {
    run("reopen_container_log", () -> inner.reopenContainerLog(id));
  }

  @Override
  public void checkpointContainer(String id, Path file, Duration timeout) {
    run("checkpoint_container", () -> inner.checkpointContainer(id, file, timeout));
  }

  @Override
  public ExecSyncResponse execSync(String id, List<String> command, Duration timeout) {
    return metrics.operation("exec_sync", () -> inner.execSync(id, command, timeout));
  }

  @Override
  public String exec(ExecRequest request) {
    return metrics.operation("exec", () -> inner.exec(request));
  }

  @Override
  public String attach(AttachRequest request) {
    return metrics.operation("attach", () -> inner.attach(request));
  }

  @Override
  public String portForward(PortForwardRequest request) {
    return metrics.operation("port_forward", () -> inner.portForward(request));
  }

  @Override
  public List<ContainerStats> containerStats() {
    return metrics.operation("list_container_stats", inner::containerStats);
  }

  @Override
  public List<PodSandboxStats> podSandboxStats() {
    return metrics.operation("list_podsandbox_stats", inner::podSandboxStats);
  }

  @Override
  public List<Image> listImages() {
    return metrics.operation("list_images", inner::listImages);
  }

  @Override
  public Optional<Image> imageStatus(String image) {
    return metrics.operation("image_status", () -> inner.imageStatus(image));
  }

  @Override
  public String pullImage(String image, Optional<AuthConfig> auth, PodSandboxConfig sandbox) {
    return metrics.operation("pull_image", () -> inner.pullImage(image, auth, sandbox));
  }

  @Override
  public void removeImage(String image) {
    run("remove_image", () -> inner.removeImage(image));
  }

  @Override
  public ImageFsInfoResponse imageFsInfo() {
    return metrics.operation("image_fs_info", inner::imageFsInfo);
  }

  @Override
  public EventStream events(
      Consumer<ContainerEventResponse> handler, Consumer<CriException> ended) {
    return inner.events(handler, ended);
  }

  @Override
  public void close() {
    inner.close();
  }
}
