package dev.coracle.kubelet.internal.cri;

import dev.coracle.cri.v1.*;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import dev.coracle.tracing.Tracing;
import io.opentelemetry.api.trace.SpanKind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Measures each call of another {@link RuntimeService}: {@code kubelet_runtime_operations_…}, with
 * upstream's operation types, and a span of the trace that the caller's thread works in.
 */
public final class MeasuredRuntime implements RuntimeService {
  private final RuntimeService inner;
  private final KubeletMetrics metrics;
  private final Tracing tracing;

  public MeasuredRuntime(RuntimeService inner, KubeletMetrics metrics, Tracing tracing) {
    this.inner = inner;
    this.metrics = metrics;
    this.tracing = tracing;
  }

  private <T> T operation(String type, Supplier<T> call) {
    return metrics.operation(
        type,
        () ->
            tracing.on()
                ? tracing.within(CriMethods.of(type), SpanKind.CLIENT, _ -> {}, call)
                : call.get());
  }

  private void run(String type, Runnable call) {
    operation(
        type,
        () -> {
          call.run();
          return true;
        });
  }

  @Override
  public VersionResponse version() {
    return operation("version", inner::version);
  }

  @Override
  public StatusResponse status(boolean verbose) {
    return operation("status", () -> inner.status(verbose));
  }

  @Override
  public void updatePodCidr(String podCidr) {
    run("update_runtime_config", () -> inner.updatePodCidr(podCidr));
  }

  @Override
  public String runPodSandbox(PodSandboxConfig config, String runtimeHandler) {
    return metrics.sandbox(
        runtimeHandler,
        () -> operation("run_podsandbox", () -> inner.runPodSandbox(config, runtimeHandler)));
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
    return operation("podsandbox_status", () -> inner.podSandboxStatus(id));
  }

  @Override
  public List<PodSandbox> listPodSandboxes(PodSandboxFilter filter) {
    return operation("list_podsandbox", () -> inner.listPodSandboxes(filter));
  }

  @Override
  public String createContainer(
      String sandboxId, ContainerConfig config, PodSandboxConfig sandbox) {
    return operation("create_container", () -> inner.createContainer(sandboxId, config, sandbox));
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
    return operation("container_status", () -> inner.containerStatus(id));
  }

  @Override
  public List<Container> listContainers(ContainerFilter filter) {
    return operation("list_containers", () -> inner.listContainers(filter));
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
    return operation("exec_sync", () -> inner.execSync(id, command, timeout));
  }

  @Override
  public String exec(ExecRequest request) {
    return operation("exec", () -> inner.exec(request));
  }

  @Override
  public String attach(AttachRequest request) {
    return operation("attach", () -> inner.attach(request));
  }

  @Override
  public String portForward(PortForwardRequest request) {
    return operation("port_forward", () -> inner.portForward(request));
  }

  @Override
  public List<ContainerStats> containerStats() {
    return operation("list_container_stats", inner::containerStats);
  }

  @Override
  public List<PodSandboxStats> podSandboxStats() {
    return operation("list_podsandbox_stats", inner::podSandboxStats);
  }

  @Override
  public List<Image> listImages() {
    return operation("list_images", inner::listImages);
  }

  @Override
  public Optional<Image> imageStatus(String image) {
    return operation("image_status", () -> inner.imageStatus(image));
  }

  @Override
  public String pullImage(String image, Optional<AuthConfig> auth, PodSandboxConfig sandbox) {
    return operation("pull_image", () -> inner.pullImage(image, auth, sandbox));
  }

  @Override
  public void removeImage(String image) {
    run("remove_image", () -> inner.removeImage(image));
  }

  @Override
  public ImageFsInfoResponse imageFsInfo() {
    return operation("image_fs_info", inner::imageFsInfo);
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
