package dev.coracle.cridocker.internal.grpc;

import dev.coracle.cri.v1.*;
import dev.coracle.cridocker.internal.engine.Engine;
import dev.coracle.cridocker.internal.engine.EngineException;
import dev.coracle.cridocker.internal.pod.ContainerService;
import dev.coracle.cridocker.internal.pod.EngineFacts;
import dev.coracle.cridocker.internal.pod.SandboxService;
import dev.coracle.cridocker.internal.streaming.ExecConnections;
import dev.coracle.criruntime.server.Calls;
import dev.coracle.criruntime.server.EventStream;
import dev.coracle.criruntime.server.Events;
import dev.coracle.criruntime.streaming.StreamingServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.streams.WriteStream;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.StatusException;
import java.util.Optional;

/**
 * CRI's RuntimeService: one method a call, most of them handed to the class for what they are
 * about. What concerns the runtime itself is answered here.
 */
public final class DockerRuntimeService extends RuntimeServiceGrpcService {
  /** What Version answers besides the protocol's own version; dockershim's name. */
  static final String NAME = "docker";

  private static final String API_VERSION = "v1";
  private static final String RECURSIVE_READ_ONLY = "1.44";

  private final Vertx vertx;
  private final Engine engine;
  private final EngineFacts facts;
  private final Calls calls;
  private final SandboxService sandboxes;
  private final Events events;
  private final int maxEventBacklog;
  private final SandboxCalls sandboxCalls;
  private final ContainerCalls containerCalls;
  private final StreamingCalls streamingCalls;
  private final StatsCalls statsCalls;

  public DockerRuntimeService(
      Vertx vertx,
      Engine engine,
      EngineFacts facts,
      Calls calls,
      SandboxService sandboxes,
      ContainerService containers,
      StreamingServer streaming,
      ExecConnections connections,
      Events events,
      int maxEventBacklog) {
    this.vertx = vertx;
    this.engine = engine;
    this.facts = facts;
    this.calls = calls;
    this.sandboxes = sandboxes;
    this.events = events;
    this.maxEventBacklog = maxEventBacklog;
    this.sandboxCalls = new SandboxCalls(calls, sandboxes, containers);
    this.containerCalls = new ContainerCalls(calls, containers);
    this.streamingCalls =
        new StreamingCalls(engine, calls, sandboxes, containers, streaming, connections);
    this.statsCalls = new StatsCalls(calls, sandboxes, containers);
  }

  @Override
  public Future<VersionResponse> version(VersionRequest request) {
    return Future.succeededFuture(
        VersionResponse.newBuilder()
            .setVersion("0.1.0")
            .setRuntimeName(NAME)
            .setRuntimeVersion(facts.version())
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

  @Override
  public Future<UpdatePodSandboxResourcesResponse> updatePodSandboxResources(
      UpdatePodSandboxResourcesRequest request) {
    return sandboxCalls.updatePodSandboxResources(request);
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
          RuntimeHandlerFeatures features =
              RuntimeHandlerFeatures.newBuilder()
                  .setRecursiveReadOnlyMounts(engine.speaks(RECURSIVE_READ_ONLY))
                  .build();
          StatusResponse.Builder b =
              StatusResponse.newBuilder()
                  .setStatus(
                      RuntimeStatus.newBuilder()
                          .addConditions(
                              condition("RuntimeReady", "DockerDaemonNotReady", daemonProblem()))
                          .addConditions(
                              condition(
                                  "NetworkReady",
                                  "NetworkPluginNotReady",
                                  sandboxes.network().notReady())))
                  .addRuntimeHandlers(RuntimeHandler.newBuilder().setFeatures(features));
          facts
              .runtimes()
              .forEach(name ->
                  b.addRuntimeHandlers(
                      RuntimeHandler.newBuilder().setName(name).setFeatures(features)));
          return b.build();
        });
  }

  private Optional<String> daemonProblem() {
    try {
      engine.get("/_ping");
      return Optional.empty();
    } catch (EngineException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private static RuntimeCondition condition(String type, String reason, Optional<String> problem) {
    return RuntimeCondition.newBuilder()
        .setType(type)
        .setStatus(problem.isEmpty())
        .setReason(problem.isPresent() ? reason : "")
        .setMessage(problem.orElse(""))
        .build();
  }

  @Override
  protected void getContainerEvents(
      GetEventsRequest request, WriteStream<ContainerEventResponse> response) {
    EventStream.serve(events, response, vertx.getOrCreateContext(), maxEventBacklog);
  }

  @Override
  public Future<RuntimeConfigResponse> runtimeConfig(RuntimeConfigRequest request) {
    return Future.succeededFuture(
        RuntimeConfigResponse.newBuilder()
            .setLinux(
                LinuxRuntimeConfiguration.newBuilder()
                    .setCgroupDriver(
                        facts.systemdCgroups() ? CgroupDriver.SYSTEMD : CgroupDriver.CGROUPFS))
            .build());
  }

  // What Docker has nothing for

  @Override
  public Future<CheckpointContainerResponse> checkpointContainer(
      CheckpointContainerRequest request) {
    return unimplemented("CheckpointContainer");
  }

  @Override
  public Future<ListMetricDescriptorsResponse> listMetricDescriptors(
      ListMetricDescriptorsRequest request) {
    return unimplemented("ListMetricDescriptors");
  }

  @Override
  public Future<ListPodSandboxMetricsResponse> listPodSandboxMetrics(
      ListPodSandboxMetricsRequest request) {
    return unimplemented("ListPodSandboxMetrics");
  }

  private static <T> Future<T> unimplemented(String what) {
    return Future.failedFuture(
        new StatusException(GrpcStatus.UNIMPLEMENTED, what + " is not supported on Docker"));
  }
}
