package dev.coracle.criruntime.internal.grpc;

import dev.coracle.cri.v1.*;
import dev.coracle.criruntime.internal.container.ContainerService;
import dev.coracle.criruntime.internal.container.UserNamespaceSupport;
import dev.coracle.criruntime.internal.linux.Poller;
import dev.coracle.criruntime.internal.pod.SandboxService;
import dev.coracle.criruntime.server.Calls;
import dev.coracle.criruntime.server.EventStream;
import dev.coracle.criruntime.server.Events;
import dev.coracle.criruntime.streaming.StreamingServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.streams.WriteStream;
import java.util.Optional;

/**
 * CRI's RuntimeService: one method a call, most of them handed to the class for what they are
 * about. What concerns the runtime itself is answered here.
 */
public final class RuntimeServiceHandler extends RuntimeServiceGrpcService {
  /** What Version answers besides the protocol's own version. */
  public static final String NAME = "coracle";

  private static final String API_VERSION = "v1";

  private final Vertx vertx;
  private final Calls calls;
  private final SandboxService sandboxes;
  private final ContainerService containers;
  private final Events events;
  private final SandboxCalls sandboxCalls;
  private final ContainerCalls containerCalls;
  private final StreamingCalls streamingCalls;
  private final StatsCalls statsCalls;
  private final UserNamespaceSupport userNamespaces;
  private final int maxEventBacklog;
  private final String version;

  public RuntimeServiceHandler(
      Vertx vertx,
      Calls calls,
      SandboxService sandboxes,
      ContainerService containers,
      StreamingServer streaming,
      Poller poller,
      Events events,
      UserNamespaceSupport userNamespaces,
      int maxEventBacklog,
      String version) {
    this.vertx = vertx;
    this.calls = calls;
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.events = events;
    this.userNamespaces = userNamespaces;
    this.sandboxCalls = new SandboxCalls(calls, sandboxes, containers);
    this.containerCalls = new ContainerCalls(calls, sandboxes, containers);
    this.streamingCalls = new StreamingCalls(calls, sandboxes, containers, streaming, poller);
    this.statsCalls = new StatsCalls(calls, sandboxes, containers);
    this.maxEventBacklog = maxEventBacklog;
    this.version = version;
  }

  @Override
  public Future<VersionResponse> version(VersionRequest request) {
    return Future.succeededFuture(
        VersionResponse.newBuilder()
            .setVersion("0.1.0")
            .setRuntimeName(NAME)
            .setRuntimeVersion(version)
            .setRuntimeApiVersion(API_VERSION)
            .build());
  }

  // Sandboxes

  @Override
  public Future<RunPodSandboxResponse> runPodSandbox(RunPodSandboxRequest request) {
    return sandboxCalls.runPodSandbox(request);
  }

  @Override
  public Future<StopPodSandboxResponse> stopPodSandbox(StopPodSandboxRequest request) {
    return sandboxCalls.stopPodSandbox(request);
  }

  @Override
  public Future<RemovePodSandboxResponse> removePodSandbox(RemovePodSandboxRequest request) {
    return sandboxCalls.removePodSandbox(request);
  }

  @Override
  public Future<PodSandboxStatusResponse> podSandboxStatus(PodSandboxStatusRequest request) {
    return sandboxCalls.podSandboxStatus(request);
  }

  @Override
  public Future<ListPodSandboxResponse> listPodSandbox(ListPodSandboxRequest request) {
    return sandboxCalls.listPodSandbox(request);
  }

  @Override
  protected void streamPodSandboxes(
      StreamPodSandboxesRequest request, WriteStream<StreamPodSandboxesResponse> response) {
    sandboxCalls.streamPodSandboxes(request, response);
  }

  // Containers

  @Override
  public Future<CreateContainerResponse> createContainer(CreateContainerRequest request) {
    return containerCalls.createContainer(request);
  }

  @Override
  public Future<StartContainerResponse> startContainer(StartContainerRequest request) {
    return containerCalls.startContainer(request);
  }

  @Override
  public Future<StopContainerResponse> stopContainer(StopContainerRequest request) {
    return containerCalls.stopContainer(request);
  }

  @Override
  public Future<RemoveContainerResponse> removeContainer(RemoveContainerRequest request) {
    return containerCalls.removeContainer(request);
  }

  @Override
  public Future<ListContainersResponse> listContainers(ListContainersRequest request) {
    return containerCalls.listContainers(request);
  }

  @Override
  protected void streamContainers(
      StreamContainersRequest request, WriteStream<StreamContainersResponse> response) {
    containerCalls.streamContainers(request, response);
  }

  @Override
  public Future<ContainerStatusResponse> containerStatus(ContainerStatusRequest request) {
    return containerCalls.containerStatus(request);
  }

  @Override
  public Future<UpdateContainerResourcesResponse> updateContainerResources(
      UpdateContainerResourcesRequest request) {
    return containerCalls.updateContainerResources(request);
  }

  @Override
  public Future<ReopenContainerLogResponse> reopenContainerLog(ReopenContainerLogRequest request) {
    return containerCalls.reopenContainerLog(request);
  }

  // Streaming

  @Override
  public Future<ExecSyncResponse> execSync(ExecSyncRequest request) {
    return streamingCalls.execSync(request);
  }

  @Override
  public Future<ExecResponse> exec(ExecRequest request) {
    return streamingCalls.exec(request);
  }

  @Override
  public Future<AttachResponse> attach(AttachRequest request) {
    return streamingCalls.attach(request);
  }

  @Override
  public Future<PortForwardResponse> portForward(PortForwardRequest request) {
    return streamingCalls.portForward(request);
  }

  // Statistics

  @Override
  public Future<ContainerStatsResponse> containerStats(ContainerStatsRequest request) {
    return statsCalls.containerStats(request);
  }

  @Override
  public Future<ListContainerStatsResponse> listContainerStats(ListContainerStatsRequest request) {
    return statsCalls.listContainerStats(request);
  }

  @Override
  protected void streamContainerStats(
      StreamContainerStatsRequest request, WriteStream<StreamContainerStatsResponse> response) {
    statsCalls.streamContainerStats(request, response);
  }

  @Override
  public Future<PodSandboxStatsResponse> podSandboxStats(PodSandboxStatsRequest request) {
    return statsCalls.podSandboxStats(request);
  }

  @Override
  public Future<ListPodSandboxStatsResponse> listPodSandboxStats(
      ListPodSandboxStatsRequest request) {
    return statsCalls.listPodSandboxStats(request);
  }

  @Override
  protected void streamPodSandboxStats(
      StreamPodSandboxStatsRequest request, WriteStream<StreamPodSandboxStatsResponse> response) {
    statsCalls.streamPodSandboxStats(request, response);
  }

  // The runtime itself

  @Override
  public Future<UpdateRuntimeConfigResponse> updateRuntimeConfig(
      UpdateRuntimeConfigRequest request) {
    return calls.run(
        "UpdateRuntimeConfig",
        () -> {
          String cidr = request.getRuntimeConfig().getNetworkConfig().getPodCidr();
          if (!cidr.isEmpty()) {
            sandboxes.network().podCidr(cidr);
          }
          return UpdateRuntimeConfigResponse.getDefaultInstance();
        });
  }

  @Override
  public Future<StatusResponse> status(StatusRequest request) {
    return calls.run(
        "Status",
        () -> {
          Optional<String> problem = sandboxes.network().notReady();
          Optional<String> noUsers = userNamespaces.problem();
          StatusResponse.Builder b =
              StatusResponse.newBuilder()
                  .setStatus(
                      RuntimeStatus.newBuilder()
                          .addConditions(condition("RuntimeReady", Optional.empty()))
                          .addConditions(condition("NetworkReady", problem)))
                  .addRuntimeHandlers(
                      RuntimeHandler.newBuilder()
                          .setFeatures(
                              RuntimeHandlerFeatures.newBuilder()
                                  .setRecursiveReadOnlyMounts(containers.kind().isolates())
                                  .setUserNamespaces(noUsers.isEmpty())))
                  .setFeatures(RuntimeFeatures.newBuilder().setSupplementalGroupsPolicy(true));
          if (request.getVerbose()) {
            b.putInfo("runtime", quoted(containers.kind().describe()));
            b.putInfo("userNamespaces", quoted(noUsers.orElse("supported")));
            b.putInfo("network", quoted(sandboxes.network().describe()));
          }
          return b.build();
        });
  }

  private static String quoted(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }

  private static RuntimeCondition condition(String type, Optional<String> problem) {
    return RuntimeCondition.newBuilder()
        .setType(type)
        .setStatus(problem.isEmpty())
        .setReason(problem.isPresent() ? "NetworkPluginNotReady" : "")
        .setMessage(problem.orElse(""))
        .build();
  }

  @Override
  public Future<CheckpointContainerResponse> checkpointContainer(
      CheckpointContainerRequest request) {
    return containerCalls.checkpointContainer(request);
  }

  @Override
  protected void getContainerEvents(
      GetEventsRequest request, WriteStream<ContainerEventResponse> response) {
    EventStream.serve(events, response, vertx.getOrCreateContext(), maxEventBacklog);
  }

  @Override
  public Future<ListMetricDescriptorsResponse> listMetricDescriptors(
      ListMetricDescriptorsRequest request) {
    return statsCalls.listMetricDescriptors(request);
  }

  @Override
  public Future<ListPodSandboxMetricsResponse> listPodSandboxMetrics(
      ListPodSandboxMetricsRequest request) {
    return statsCalls.listPodSandboxMetrics(request);
  }

  @Override
  protected void streamPodSandboxMetrics(
      StreamPodSandboxMetricsRequest request,
      WriteStream<StreamPodSandboxMetricsResponse> response) {
    statsCalls.streamPodSandboxMetrics(request, response);
  }

  @Override
  public Future<RuntimeConfigResponse> runtimeConfig(RuntimeConfigRequest request) {
    return Future.succeededFuture(
        RuntimeConfigResponse.newBuilder()
            .setLinux(LinuxRuntimeConfiguration.newBuilder().setCgroupDriver(CgroupDriver.CGROUPFS))
            .build());
  }

  @Override
  public Future<UpdatePodSandboxResourcesResponse> updatePodSandboxResources(
      UpdatePodSandboxResourcesRequest request) {
    return sandboxCalls.updatePodSandboxResources(request);
  }
}
