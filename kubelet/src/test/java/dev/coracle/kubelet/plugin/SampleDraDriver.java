package dev.coracle.kubelet.plugin;

import dev.coracle.dra.v1.Claim;
import dev.coracle.dra.v1.DRAPluginGrpcService;
import dev.coracle.dra.v1.Device;
import dev.coracle.dra.v1.NodePrepareResourceResponse;
import dev.coracle.dra.v1.NodePrepareResourcesRequest;
import dev.coracle.dra.v1.NodePrepareResourcesResponse;
import dev.coracle.dra.v1.NodeUnprepareResourceResponse;
import dev.coracle.dra.v1.NodeUnprepareResourcesRequest;
import dev.coracle.dra.v1.NodeUnprepareResourcesResponse;
import dev.coracle.drahealth.v1alpha1.DRAResourceHealthGrpcService;
import dev.coracle.drahealth.v1alpha1.DeviceHealth;
import dev.coracle.drahealth.v1alpha1.DeviceIdentifier;
import dev.coracle.drahealth.v1alpha1.HealthStatus;
import dev.coracle.drahealth.v1alpha1.NodeWatchResourcesRequest;
import dev.coracle.drahealth.v1alpha1.NodeWatchResourcesResponse;
import dev.coracle.pluginregistration.v1.InfoRequest;
import dev.coracle.pluginregistration.v1.PluginInfo;
import dev.coracle.pluginregistration.v1.RegistrationGrpcService;
import dev.coracle.pluginregistration.v1.RegistrationStatus;
import dev.coracle.pluginregistration.v1.RegistrationStatusResponse;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.streams.WriteStream;
import io.vertx.grpc.server.GrpcServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A resource driver whose every claim has one device, registering and serving on one socket. */
public final class SampleDraDriver implements AutoCloseable {

  public final List<String> calls = new CopyOnWriteArrayList<>();
  public final List<RegistrationStatus> told = new CopyOnWriteArrayList<>();
  public volatile Optional<String> failing = Optional.empty();

  /** Why it does not take devices back. */
  public volatile Optional<String> clinging = Optional.empty();

  /** Whose claim it answers about instead of the one it was asked about; empty: of none. */
  public volatile Optional<String> lying = Optional.empty();

  /** What it says of its device's health; empty: it does not serve that. */
  private volatile Optional<DeviceHealth> health = Optional.empty();

  private final List<WriteStream<NodeWatchResourcesResponse>> watchers =
      new CopyOnWriteArrayList<>();

  /** From now on no call is answered. */
  public volatile boolean hanging;

  private final Vertx vertx;
  private final String name;
  private final Path socket;
  private HttpServer server;

  /**
   * @param root the kubelet's directory
   */
  public SampleDraDriver(Vertx vertx, Path root, String name) {
    this.vertx = vertx;
    this.name = name;
    this.socket = root.resolve("plugins_registry").resolve(name + ".sock");
  }

  public SampleDraDriver start() throws Exception {
    Files.deleteIfExists(socket);
    GrpcServer grpc =
        GrpcServer.server(vertx).addService(new Registration()).addService(new Service());
    if (health.isPresent()) {
      grpc.addService(new HealthService());
    }
    server =
        await(
            vertx
                .createHttpServer()
                .requestHandler(grpc)
                .listen(SocketAddress.domainSocketAddress(socket.toString())));
    return this;
  }

  /** Tells those who listen; before the start, that it serves this at all. */
  public void tell(HealthStatus status, String message, int seconds) {
    health =
        Optional.of(
            DeviceHealth.newBuilder()
                .setDevice(DeviceIdentifier.newBuilder().setPoolName("n1").setDeviceName("d0"))
                .setHealth(status)
                .setMessage(message)
                .setHealthCheckTimeoutSeconds(seconds)
                .build());
    watchers.forEach(w -> w.write(list()));
  }

  /** How many listen now. */
  public int listeners() {
    return watchers.size();
  }

  /** Ends what is told, and takes new listeners. */
  public void hangUp() {
    watchers.forEach(WriteStream::end);
    watchers.clear();
  }

  private NodeWatchResourcesResponse list() {
    return NodeWatchResourcesResponse.newBuilder().addDevices(health.orElseThrow()).build();
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @Override
  public void close() throws Exception {
    watchers.clear();
    if (server != null) {
      await(server.close());
      Files.deleteIfExists(socket);
      server = null;
    }
  }

  private final class Registration extends RegistrationGrpcService {
    @Override
    public Future<PluginInfo> getInfo(InfoRequest request) {
      return Future.succeededFuture(
          PluginInfo.newBuilder()
              .setType("DRAPlugin")
              .setName(name)
              .setEndpoint(socket.toString())
              .addSupportedVersions("v1.DRAPlugin")
              .build());
    }

    @Override
    public Future<RegistrationStatusResponse> notifyRegistrationStatus(RegistrationStatus status) {
      told.add(status);
      return Future.succeededFuture(RegistrationStatusResponse.getDefaultInstance());
    }
  }

  private final class HealthService extends DRAResourceHealthGrpcService {
    @Override
    protected void nodeWatchResources(
        NodeWatchResourcesRequest request, WriteStream<NodeWatchResourcesResponse> response) {
      watchers.add(response);
      response.write(list());
    }
  }

  private final class Service extends DRAPluginGrpcService {
    @Override
    public Future<NodePrepareResourcesResponse> nodePrepareResources(
        NodePrepareResourcesRequest request) {
      NodePrepareResourcesResponse.Builder out = NodePrepareResourcesResponse.newBuilder();
      for (Claim claim : request.getClaimsList()) {
        calls.add("prepare " + claim.getName());
        NodePrepareResourceResponse.Builder answer = NodePrepareResourceResponse.newBuilder();
        if (failing.isPresent()) {
          answer.setError(failing.get());
        } else {
          answer.addDevices(
              Device.newBuilder()
                  .addRequestNames("one")
                  .setPoolName("n1")
                  .setDeviceName("d0")
                  .addCdiDeviceIds(name + "/device=" + claim.getUid()));
        }
        String about = lying.orElse(claim.getUid());
        if (!about.isEmpty()) {
          out.putClaims(about, answer.build());
        }
      }
      if (hanging) {
        return Promise.<NodePrepareResourcesResponse>promise().future();
      }
      return Future.succeededFuture(out.build());
    }

    @Override
    public Future<NodeUnprepareResourcesResponse> nodeUnprepareResources(
        NodeUnprepareResourcesRequest request) {
      NodeUnprepareResourcesResponse.Builder out = NodeUnprepareResourcesResponse.newBuilder();
      for (Claim claim : request.getClaimsList()) {
        calls.add("unprepare " + claim.getName());
        NodeUnprepareResourceResponse.Builder answer = NodeUnprepareResourceResponse.newBuilder();
        clinging.ifPresent(answer::setError);
        out.putClaims(claim.getUid(), answer.build());
      }
      return Future.succeededFuture(out.build());
    }
  }
}
