package dev.coracle.kubelet.internal.cri;

import dev.coracle.cri.KernelLog;
import dev.coracle.cri.v1.*;
import dev.coracle.kubelet.internal.grpc.UnixChannel;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.CriException.Code;
import dev.coracle.kubelet.spi.RuntimeService;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.ServiceMethod;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * {@link RuntimeService} over CRI v1. Each call has a time limit, as upstream's {@code
 * runtimeRequestTimeout}; calls that wait for something by contract (stop, exec) add their own time
 * to it, pulls have none.
 */
public final class GrpcRuntimeService implements RuntimeService {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private static final int KILLED = 137;
  private static final String OOM_KILLED = "OOMKilled";

  private final UnixChannel channel;
  private final Duration limit;
  private volatile String runtimeName = "";
  private final OomKills oomKills = new OomKills(KernelLog::tellsOfOom);

  public GrpcRuntimeService(Vertx vertx, String endpoint) {
    this(vertx, endpoint, LIMIT);
  }

  public GrpcRuntimeService(Vertx vertx, String endpoint, Duration limit) {
    this.limit = limit;
    this.channel = new UnixChannel(vertx, endpoint);
  }

  private <Q, R> R call(ServiceMethod<R, Q> method, Q request) {
    return channel.call(method, request, limit);
  }

  @Override
  public VersionResponse version() {
    VersionResponse version =
        call(
            RuntimeServiceGrpcClient.Version, VersionRequest.newBuilder().setVersion("v1").build());
    runtimeName = version.getRuntimeName();
    return version;
  }

  @Override
  public StatusResponse status(boolean verbose) {
    return call(
        RuntimeServiceGrpcClient.Status, StatusRequest.newBuilder().setVerbose(verbose).build());
  }

  @Override
  public void updatePodCidr(String podCidr) {
    call(
        RuntimeServiceGrpcClient.UpdateRuntimeConfig,
        UpdateRuntimeConfigRequest.newBuilder()
            .setRuntimeConfig(
                RuntimeConfig.newBuilder()
                    .setNetworkConfig(NetworkConfig.newBuilder().setPodCidr(podCidr)))
            .build());
  }

  @Override
  public String runPodSandbox(PodSandboxConfig config, String runtimeHandler) {
    return channel
        .call(
            RuntimeServiceGrpcClient.RunPodSandbox,
            RunPodSandboxRequest.newBuilder()
                .setConfig(config)
                .setRuntimeHandler(runtimeHandler)
                .build(),
            // It may pull the pause image and run slow network plugins.
            limit.multipliedBy(2))
        .getPodSandboxId();
  }

  @Override
  public void stopPodSandbox(String id) {
    call(
        RuntimeServiceGrpcClient.StopPodSandbox,
        StopPodSandboxRequest.newBuilder().setPodSandboxId(id).build());
  }

  @Override
  public void removePodSandbox(String id) {
    call(
        RuntimeServiceGrpcClient.RemovePodSandbox,
        RemovePodSandboxRequest.newBuilder().setPodSandboxId(id).build());
  }

  @Override
  public PodSandboxStatus podSandboxStatus(String id) {
    return call(
            RuntimeServiceGrpcClient.PodSandboxStatus,
            PodSandboxStatusRequest.newBuilder().setPodSandboxId(id).build())
        .getStatus();
  }

  @Override
  public List<PodSandbox> listPodSandboxes(PodSandboxFilter filter) {
    return call(
            RuntimeServiceGrpcClient.ListPodSandbox,
            ListPodSandboxRequest.newBuilder().setFilter(filter).build())
        .getItemsList();
  }

  @Override
  public String createContainer(
      String sandboxId, ContainerConfig config, PodSandboxConfig sandbox) {
    return call(
            RuntimeServiceGrpcClient.CreateContainer,
            CreateContainerRequest.newBuilder()
                .setPodSandboxId(sandboxId)
                .setConfig(config)
                .setSandboxConfig(sandbox)
                .build())
        .getContainerId();
  }

  @Override
  public void startContainer(String id) {
    call(
        RuntimeServiceGrpcClient.StartContainer,
        StartContainerRequest.newBuilder().setContainerId(id).build());
  }

  @Override
  public void stopContainer(String id, long graceSeconds) {
    channel.call(
        RuntimeServiceGrpcClient.StopContainer,
        StopContainerRequest.newBuilder().setContainerId(id).setTimeout(graceSeconds).build(),
        limit.plusSeconds(graceSeconds));
  }

  @Override
  public void removeContainer(String id) {
    call(
        RuntimeServiceGrpcClient.RemoveContainer,
        RemoveContainerRequest.newBuilder().setContainerId(id).build());
  }

  @Override
  public ContainerStatus containerStatus(String id) {
    ContainerStatus status =
        call(
                RuntimeServiceGrpcClient.ContainerStatus,
                ContainerStatusRequest.newBuilder().setContainerId(id).build())
            .getStatus();
    return isKilledForNoReason(status) && oomKills.isKilled(id)
        ? status.toBuilder().setReason(OOM_KILLED).build()
        : status;
  }

  /** containerd does not always learn that it was for want of memory. */
  private boolean isKilledForNoReason(ContainerStatus status) {
    return status.getState() == ContainerState.CONTAINER_EXITED
        && status.getExitCode() == KILLED
        && !status.getReason().equals(OOM_KILLED)
        && runtimeName.equals("containerd");
  }

  @Override
  public List<Container> listContainers(ContainerFilter filter) {
    return call(
            RuntimeServiceGrpcClient.ListContainers,
            ListContainersRequest.newBuilder().setFilter(filter).build())
        .getContainersList();
  }

  @Override
  public void updateContainerResources(String id, LinuxContainerResources resources) {
    call(
        RuntimeServiceGrpcClient.UpdateContainerResources,
        UpdateContainerResourcesRequest.newBuilder()
            .setContainerId(id)
            .setLinux(resources)
            .build());
  }

  @Override
  public void reopenContainerLog(String id) {
    call(
        RuntimeServiceGrpcClient.ReopenContainerLog,
        ReopenContainerLogRequest.newBuilder().setContainerId(id).build());
  }

  @Override
  public void checkpointContainer(String id, Path file, Duration timeout) {
    channel.call(
        RuntimeServiceGrpcClient.CheckpointContainer,
        CheckpointContainerRequest.newBuilder()
            .setContainerId(id)
            .setLocation(file.toString())
            .setTimeout(timeout.toSeconds())
            .build(),
        timeout);
  }

  @Override
  public ExecSyncResponse execSync(String id, List<String> command, Duration timeout) {
    long seconds = Math.max(1, timeout.toSeconds());
    return channel.call(
        RuntimeServiceGrpcClient.ExecSync,
        ExecSyncRequest.newBuilder()
            .setContainerId(id)
            .addAllCmd(command)
            .setTimeout(timeout.isZero() ? 0 : seconds)
            .build(),
        timeout.isZero() ? null : Duration.ofSeconds(seconds).plusSeconds(1));
  }

  @Override
  public String exec(ExecRequest request) {
    return call(RuntimeServiceGrpcClient.Exec, request).getUrl();
  }

  @Override
  public String attach(AttachRequest request) {
    return call(RuntimeServiceGrpcClient.Attach, request).getUrl();
  }

  @Override
  public String portForward(PortForwardRequest request) {
    return call(RuntimeServiceGrpcClient.PortForward, request).getUrl();
  }

  @Override
  public List<ContainerStats> containerStats() {
    return call(
            RuntimeServiceGrpcClient.ListContainerStats,
            ListContainerStatsRequest.getDefaultInstance())
        .getStatsList();
  }

  @Override
  public List<PodSandboxStats> podSandboxStats() {
    try {
      return call(
              RuntimeServiceGrpcClient.ListPodSandboxStats,
              ListPodSandboxStatsRequest.getDefaultInstance())
          .getStatsList();
    } catch (CriException e) {
      if (e.code() == Code.UNIMPLEMENTED) {
        return List.of();
      }
      throw e;
    }
  }

  @Override
  public List<Image> listImages() {
    return call(ImageServiceGrpcClient.ListImages, ListImagesRequest.getDefaultInstance())
        .getImagesList();
  }

  @Override
  public Optional<Image> imageStatus(String image) {
    ImageStatusResponse response =
        call(
            ImageServiceGrpcClient.ImageStatus,
            ImageStatusRequest.newBuilder().setImage(spec(image)).build());
    return response.hasImage() && !response.getImage().getId().isEmpty()
        ? Optional.of(response.getImage())
        : Optional.empty();
  }

  @Override
  public String pullImage(String image, Optional<AuthConfig> auth, PodSandboxConfig sandbox) {
    PullImageRequest.Builder request =
        PullImageRequest.newBuilder().setImage(spec(image)).setSandboxConfig(sandbox);
    auth.ifPresent(request::setAuth);
    return channel.call(ImageServiceGrpcClient.PullImage, request.build(), null).getImageRef();
  }

  @Override
  public void removeImage(String image) {
    call(
        ImageServiceGrpcClient.RemoveImage,
        RemoveImageRequest.newBuilder().setImage(spec(image)).build());
  }

  @Override
  public ImageFsInfoResponse imageFsInfo() {
    return call(ImageServiceGrpcClient.ImageFsInfo, ImageFsInfoRequest.getDefaultInstance());
  }

  private static ImageSpec spec(String image) {
    return ImageSpec.newBuilder().setImage(image).build();
  }

  @Override
  public EventStream events(
      Consumer<ContainerEventResponse> handler, Consumer<CriException> ended) {
    return channel.listen(
            RuntimeServiceGrpcClient.GetContainerEvents,
            GetEventsRequest.getDefaultInstance(),
            handler,
            ended)
        ::close;
  }

  @Override
  public void close() {
    channel.close();
  }
}
