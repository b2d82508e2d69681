package dev.coracle.kubelet.plugin;

import dev.coracle.deviceplugin.v1beta1.AllocateRequest;
import dev.coracle.deviceplugin.v1beta1.AllocateResponse;
import dev.coracle.deviceplugin.v1beta1.CDIDevice;
import dev.coracle.deviceplugin.v1beta1.ContainerAllocateRequest;
import dev.coracle.deviceplugin.v1beta1.ContainerAllocateResponse;
import dev.coracle.deviceplugin.v1beta1.ContainerPreferredAllocationRequest;
import dev.coracle.deviceplugin.v1beta1.ContainerPreferredAllocationResponse;
import dev.coracle.deviceplugin.v1beta1.Device;
import dev.coracle.deviceplugin.v1beta1.DevicePluginGrpcService;
import dev.coracle.deviceplugin.v1beta1.DevicePluginOptions;
import dev.coracle.deviceplugin.v1beta1.DeviceSpec;
import dev.coracle.deviceplugin.v1beta1.Empty;
import dev.coracle.deviceplugin.v1beta1.ListAndWatchResponse;
import dev.coracle.deviceplugin.v1beta1.Mount;
import dev.coracle.deviceplugin.v1beta1.NUMANode;
import dev.coracle.deviceplugin.v1beta1.PreStartContainerRequest;
import dev.coracle.deviceplugin.v1beta1.PreStartContainerResponse;
import dev.coracle.deviceplugin.v1beta1.PreferredAllocationRequest;
import dev.coracle.deviceplugin.v1beta1.PreferredAllocationResponse;
import dev.coracle.deviceplugin.v1beta1.RegisterRequest;
import dev.coracle.deviceplugin.v1beta1.RegistrationGrpcClient;
import dev.coracle.deviceplugin.v1beta1.TopologyInfo;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.streams.WriteStream;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.server.GrpcServer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * A device plugin whose devices are {@code /dev/null} under other names. It can be told to
 * misbehave as real ones do.
 */
public final class SampleDevicePlugin implements AutoCloseable {

  /** How an Allocate goes. */
  public enum Mood {
    HONEST,
    /** Answers with an error. */
    REFUSES,
    /** Answers for no container. */
    LIES,
    /** Never answers. */
    HANGS
  }

  public final String resource;
  public final List<List<String>> allocated = new CopyOnWriteArrayList<>();
  public final List<List<String>> preStarted = new CopyOnWriteArrayList<>();
  public volatile Mood mood = Mood.HONEST;
  private final Vertx vertx;
  private final Path directory;
  private final String endpoint;
  private final Map<String, Device> devices = new ConcurrentHashMap<>();
  private final List<WriteStream<ListAndWatchResponse>> watchers = new CopyOnWriteArrayList<>();
  private HttpServer server;

  /**
   * @param directory the kubelet's {@code device-plugins}
   */
  public SampleDevicePlugin(Vertx vertx, Path directory, String resource) {
    this.vertx = vertx;
    this.directory = directory;
    this.resource = resource;
    this.endpoint = resource.replace('/', '-') + ".sock";
  }

  public SampleDevicePlugin device(String id, boolean healthy) {
    devices.put(
        id, Device.newBuilder().setID(id).setHealth(healthy ? "Healthy" : "Unhealthy").build());
    tell();
    return this;
  }

  /** A healthy one that is near to a NUMA node. */
  public SampleDevicePlugin device(String id, int numaNode) {
    devices.put(
        id,
        Device.newBuilder()
            .setID(id)
            .setHealth("Healthy")
            .setTopology(TopologyInfo.newBuilder().addNodes(NUMANode.newBuilder().setID(numaNode)))
            .build());
    tell();
    return this;
  }

  private ListAndWatchResponse list() {
    return ListAndWatchResponse.newBuilder().addAllDevices(new TreeMap<>(devices).values()).build();
  }

  private void tell() {
    watchers.forEach(w -> w.write(list()));
  }

  /** Listens, and then registers at the kubelet. */
  public SampleDevicePlugin start() throws Exception {
    GrpcServer grpc = GrpcServer.server(vertx);
    grpc.addService(new Service());
    server =
        await(
            vertx
                .createHttpServer()
                .requestHandler(grpc)
                .listen(SocketAddress.domainSocketAddress(directory.resolve(endpoint).toString())));
    register("v1beta1", endpoint);
    return this;
  }

  /** Says to the kubelet what it is told to say. */
  public void register(String version, String at) throws Exception {
    GrpcClient client = GrpcClient.client(vertx);
    try {
      await(
          RegistrationGrpcClient.create(
                  client,
                  SocketAddress.domainSocketAddress(directory.resolve("kubelet.sock").toString()))
              .register(
                  RegisterRequest.newBuilder()
                      .setVersion(version)
                      .setEndpoint(at)
                      .setResourceName(resource)
                      .setOptions(options())
                      .build()));
    } finally {
      await(client.close());
    }
  }

  private static DevicePluginOptions options() {
    return DevicePluginOptions.newBuilder()
        .setPreStartRequired(true)
        .setGetPreferredAllocationAvailable(true)
        .build();
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  /** Ends as a process that is killed: its connections break. */
  @Override
  public void close() throws Exception {
    if (server != null) {
      await(server.close());
      server = null;
    }
  }

  private final class Service extends DevicePluginGrpcService {
    @Override
    public Future<DevicePluginOptions> getDevicePluginOptions(Empty request) {
      return Future.succeededFuture(options());
    }

    @Override
    protected void listAndWatch(Empty request, WriteStream<ListAndWatchResponse> response) {
      watchers.add(response);
      response.write(list());
    }

    @Override
    public Future<PreferredAllocationResponse> getPreferredAllocation(
        PreferredAllocationRequest request) {
      ContainerPreferredAllocationRequest wanted = request.getContainerRequests(0);
      // The last ones first, so that a test sees whose choice it was.
      List<String> chosen =
          wanted.getAvailableDeviceIDsList().stream()
              .sorted(java.util.Comparator.reverseOrder())
              .limit(wanted.getAllocationSize())
              .toList();
      return Future.succeededFuture(
          PreferredAllocationResponse.newBuilder()
              .addContainerResponses(
                  ContainerPreferredAllocationResponse.newBuilder().addAllDeviceIDs(chosen))
              .build());
    }

    @Override
    public Future<AllocateResponse> allocate(AllocateRequest request) {
      ContainerAllocateRequest wanted = request.getContainerRequests(0);
      return switch (mood) {
        case HONEST -> {
          allocated.add(List.copyOf(wanted.getDevicesIdsList()));
          yield Future.succeededFuture(
              AllocateResponse.newBuilder().addContainerResponses(answer(wanted)).build());
        }
        case REFUSES -> Future.failedFuture("out of luck");
        case LIES -> Future.succeededFuture(AllocateResponse.getDefaultInstance());
        case HANGS -> Promise.<AllocateResponse>promise().future();
      };
    }

    private ContainerAllocateResponse answer(ContainerAllocateRequest wanted) {
      ContainerAllocateResponse.Builder out =
          ContainerAllocateResponse.newBuilder()
              .putEnvs("SAMPLE_DEVICES", String.join(",", wanted.getDevicesIdsList()))
              .putAnnotations("example.com/sample", "yes")
              .addMounts(
                  Mount.newBuilder()
                      .setContainerPath("/sample")
                      .setHostPath("/usr/share")
                      .setReadOnly(true));
      for (String id : wanted.getDevicesIdsList()) {
        out.addDevices(
            DeviceSpec.newBuilder()
                .setHostPath("/dev/null")
                .setContainerPath("/dev/" + id)
                .setPermissions("rw"));
        out.addCdiDevices(CDIDevice.newBuilder().setName("example.com/sample=" + id));
      }
      return out.build();
    }

    @Override
    public Future<PreStartContainerResponse> preStartContainer(PreStartContainerRequest request) {
      preStarted.add(List.copyOf(request.getDevicesIdsList()));
      return Future.succeededFuture(PreStartContainerResponse.getDefaultInstance());
    }
  }
}
