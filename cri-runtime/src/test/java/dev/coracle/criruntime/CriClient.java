package dev.coracle.criruntime;

import dev.coracle.cri.v1.*;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.client.GrpcClientOptions;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A blocking CRI client for tests, over any UNIX socket. */
public final class CriClient implements AutoCloseable {
  /** A call that the server refused. */
  public static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final transient GrpcStatus status;

    Refused(GrpcStatus status, String message) {
      super(status + ": " + message);
      this.status = status;
    }
  }

  private static final ServiceName RUNTIME = ServiceName.create("runtime.v1", "RuntimeService");
  private static final ServiceName IMAGES = ServiceName.create("runtime.v1", "ImageService");

  private final GrpcClient client;
  private final SocketAddress address;

  public CriClient(Vertx vertx, Path socket) {
    client = GrpcClient.client(vertx, new GrpcClientOptions().setMaxMessageSize(16 << 20));
    address = SocketAddress.domainSocketAddress(socket.toString());
  }

  <Q extends com.google.protobuf.Message, A extends com.google.protobuf.Message> A call(
      ServiceName service, String method, Q request, A answer) {
    Future<A> future =
        client
            .request(
                address,
                ServiceMethod.client(
                    service,
                    method,
                    GrpcMessageEncoder.<Q>encoder(),
                    GrpcMessageDecoder.<A>decoder(answer.newBuilderForType())))
            .compose(r ->
                r.send(request)
                    .compose(response ->
                        response
                            .last()
                            .recover(e ->
                                Future.failedFuture(
                                    new Refused(response.status(), response.statusMessage())))));
    return get(future);
  }

  public static <T> T get(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException r ? r : new IllegalStateException(e);
    } catch (InterruptedException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  public <Q extends com.google.protobuf.Message, A extends com.google.protobuf.Message> A runtime(
      String method, Q request, A answer) {
    return call(RUNTIME, method, request, answer);
  }

  public <Q extends com.google.protobuf.Message, A extends com.google.protobuf.Message> A images(
      String method, Q request, A answer) {
    return call(IMAGES, method, request, answer);
  }

  public VersionResponse version() {
    return runtime(
        "Version", VersionRequest.getDefaultInstance(), VersionResponse.getDefaultInstance());
  }

  public StatusResponse status() {
    return runtime(
        "Status", StatusRequest.getDefaultInstance(), StatusResponse.getDefaultInstance());
  }

  public String run(PodSandboxConfig config) {
    return runtime(
            "RunPodSandbox",
            RunPodSandboxRequest.newBuilder().setConfig(config).build(),
            RunPodSandboxResponse.getDefaultInstance())
        .getPodSandboxId();
  }

  public String create(String sandbox, PodSandboxConfig pod, ContainerConfig config) {
    return runtime(
            "CreateContainer",
            CreateContainerRequest.newBuilder()
                .setPodSandboxId(sandbox)
                .setConfig(config)
                .setSandboxConfig(pod)
                .build(),
            CreateContainerResponse.getDefaultInstance())
        .getContainerId();
  }

  public void start(String container) {
    runtime(
        "StartContainer",
        StartContainerRequest.newBuilder().setContainerId(container).build(),
        StartContainerResponse.getDefaultInstance());
  }

  public void stop(String container, long seconds) {
    runtime(
        "StopContainer",
        StopContainerRequest.newBuilder().setContainerId(container).setTimeout(seconds).build(),
        StopContainerResponse.getDefaultInstance());
  }

  public void remove(String container) {
    runtime(
        "RemoveContainer",
        RemoveContainerRequest.newBuilder().setContainerId(container).build(),
        RemoveContainerResponse.getDefaultInstance());
  }

  public void stopSandbox(String id) {
    runtime(
        "StopPodSandbox",
        StopPodSandboxRequest.newBuilder().setPodSandboxId(id).build(),
        StopPodSandboxResponse.getDefaultInstance());
  }

  public void removeSandbox(String id) {
    runtime(
        "RemovePodSandbox",
        RemovePodSandboxRequest.newBuilder().setPodSandboxId(id).build(),
        RemovePodSandboxResponse.getDefaultInstance());
  }

  public ContainerStatus containerStatus(String id) {
    return runtime(
            "ContainerStatus",
            ContainerStatusRequest.newBuilder().setContainerId(id).build(),
            ContainerStatusResponse.getDefaultInstance())
        .getStatus();
  }

  public int pid(String id) {
    String info =
        runtime(
                "ContainerStatus",
                ContainerStatusRequest.newBuilder().setContainerId(id).setVerbose(true).build(),
                ContainerStatusResponse.getDefaultInstance())
            .getInfoOrThrow("info");
    java.util.regex.Matcher m =
        java.util.regex.Pattern.compile("\"pid\":\\s*([0-9]+)").matcher(info);
    return m.find() ? Integer.parseInt(m.group(1)) : -1;
  }

  public PodSandboxStatus sandboxStatus(String id) {
    return runtime(
            "PodSandboxStatus",
            PodSandboxStatusRequest.newBuilder().setPodSandboxId(id).build(),
            PodSandboxStatusResponse.getDefaultInstance())
        .getStatus();
  }

  public ExecSyncResponse exec(String container, String... command) {
    return exec(container, 10, command);
  }

  public ExecSyncResponse exec(String container, long timeout, String... command) {
    return runtime(
        "ExecSync",
        ExecSyncRequest.newBuilder()
            .setContainerId(container)
            .addAllCmd(List.of(command))
            .setTimeout(timeout)
            .build(),
        ExecSyncResponse.getDefaultInstance());
  }

  /** Starts collecting events; returns when the stream stands. */
  public List<ContainerEventResponse> events() {
    List<ContainerEventResponse> list = new CopyOnWriteArrayList<>();
    get(
        client
            .request(address, RuntimeServiceGrpcClient.GetContainerEvents)
            .compose(r ->
                r.send(GetEventsRequest.getDefaultInstance())
                    .onSuccess(response -> response.handler(list::add))));
    return list;
  }

  @Override
  public void close() {
    get(client.close());
  }
}
