package dev.coracle.kubelet.plugin;

import dev.coracle.csi.v1.NodeExpandVolumeRequest;
import dev.coracle.csi.v1.NodeExpandVolumeResponse;
import dev.coracle.csi.v1.NodeGetCapabilitiesRequest;
import dev.coracle.csi.v1.NodeGetCapabilitiesResponse;
import dev.coracle.csi.v1.NodeGetInfoRequest;
import dev.coracle.csi.v1.NodeGetInfoResponse;
import dev.coracle.csi.v1.NodeGrpcService;
import dev.coracle.csi.v1.NodePublishVolumeRequest;
import dev.coracle.csi.v1.NodePublishVolumeResponse;
import dev.coracle.csi.v1.NodeServiceCapability;
import dev.coracle.csi.v1.NodeServiceCapability.RPC.Type;
import dev.coracle.csi.v1.NodeStageVolumeRequest;
import dev.coracle.csi.v1.NodeStageVolumeResponse;
import dev.coracle.csi.v1.NodeUnpublishVolumeRequest;
import dev.coracle.csi.v1.NodeUnpublishVolumeResponse;
import dev.coracle.csi.v1.NodeUnstageVolumeRequest;
import dev.coracle.csi.v1.NodeUnstageVolumeResponse;
import dev.coracle.csi.v1.Topology;
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
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.StatusException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * A storage driver of the hostpath kind: a volume is a directory of its own, published as a link to
 * it, or to a device of the machine, so that no mount and no root is needed. It keeps a record of
 * what it was asked.
 */
public final class SampleCsiDriver implements AutoCloseable {

  public final List<String> calls = new CopyOnWriteArrayList<>();
  public final List<NodePublishVolumeRequest> published = new CopyOnWriteArrayList<>();
  public final List<NodeStageVolumeRequest> staged = new CopyOnWriteArrayList<>();
  public final List<NodeExpandVolumeRequest> expanded = new CopyOnWriteArrayList<>();
  public final List<RegistrationStatus> told = new CopyOnWriteArrayList<>();

  /** How many volumes it says it can have. */
  public volatile long room = 3;

  public volatile Optional<String> failing = Optional.empty();

  /** What comes of calls, by their method such as {@code stage}, where it is not success. */
  public final Map<String, GrpcStatus> outcomes = new ConcurrentHashMap<>();

  /** From now on no call is answered. */
  public volatile boolean hanging;

  /** From now on it says that it published what it did not. */
  public volatile boolean lying;

  /** From now on what it publishes is an empty directory, and no link to one. */
  public volatile boolean plain;

  /** Runs whenever it is asked for something, before it is done. */
  public volatile Runnable asked = () -> {};

  /** What volumes are as block devices. */
  public volatile Path device = Path.of("/dev/loop0");

  private final Vertx vertx;
  private final String name;
  private final Path socket;
  private final Path registrySocket;
  private final Path backing;
  private HttpServer driver;
  private HttpServer registrar;

  /**
   * @param root the kubelet's directory
   * @param backing where the volumes' data is
   */
  public SampleCsiDriver(Vertx vertx, Path root, String name, Path backing) throws IOException {
    this.vertx = vertx;
    this.name = name;
    this.backing = backing;
    Path directory = Files.createDirectories(root.resolve("plugins").resolve(name));
    this.socket = directory.resolve("csi.sock");
    this.registrySocket = root.resolve("plugins_registry").resolve(name + "-reg.sock");
  }

  /** Listens, and lets itself be found. */
  public SampleCsiDriver start() throws Exception {
    driver = listen(socket, GrpcServer.server(vertx).addService(new NodeService()));
    registrar =
        listen(registrySocket, GrpcServer.server(vertx).addService(new RegistrationService()));
    return this;
  }

  private HttpServer listen(Path at, GrpcServer grpc) throws Exception {
    Files.deleteIfExists(at);
    return await(
        vertx
            .createHttpServer()
            .requestHandler(grpc)
            .listen(SocketAddress.domainSocketAddress(at.toString())));
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  public Path data(String handle) {
    return backing.resolve(handle);
  }

  @Override
  public void close() throws Exception {
    if (registrar != null) {
      await(registrar.close());
      Files.deleteIfExists(registrySocket);
      await(driver.close());
      Files.deleteIfExists(socket);
      registrar = null;
    }
  }

  private final class RegistrationService extends RegistrationGrpcService {
    @Override
    public Future<PluginInfo> getInfo(InfoRequest request) {
      return Future.succeededFuture(
          PluginInfo.newBuilder()
              .setType("CSIPlugin")
              .setName(name)
              .setEndpoint(socket.toString())
              .addSupportedVersions("1.0.0")
              .build());
    }

    @Override
    public Future<RegistrationStatusResponse> notifyRegistrationStatus(RegistrationStatus status) {
      told.add(status);
      return Future.succeededFuture(RegistrationStatusResponse.getDefaultInstance());
    }
  }

  private <T> Future<T> answer(String call, T answer, Work work) {
    asked.run();
    calls.add(call);
    if (hanging) {
      return Promise.<T>promise().future();
    }
    GrpcStatus outcome = outcomes.get(call.substring(0, call.indexOf(' ')));
    if (outcome != null) {
      return Future.failedFuture(new StatusException(outcome, "fake error"));
    }
    if (failing.isPresent()) {
      return Future.failedFuture(new StatusException(GrpcStatus.INTERNAL, failing.get()));
    }
    try {
      work.run();
      return Future.succeededFuture(answer);
    } catch (IOException e) {
      return Future.failedFuture(new StatusException(GrpcStatus.INTERNAL, e.toString()));
    }
  }

  @FunctionalInterface
  private interface Work {
    void run() throws IOException;
  }

  private final class NodeService extends NodeGrpcService {
    @Override
    public Future<NodeGetInfoResponse> nodeGetInfo(NodeGetInfoRequest request) {
      return Future.succeededFuture(
          NodeGetInfoResponse.newBuilder()
              .setNodeId("node-of-" + name)
              .setMaxVolumesPerNode(room)
              .setAccessibleTopology(
                  Topology.newBuilder().putSegments("topology." + name + "/node", "here"))
              .build());
    }

    @Override
    public Future<NodeGetCapabilitiesResponse> nodeGetCapabilities(
        NodeGetCapabilitiesRequest request) {
      NodeGetCapabilitiesResponse.Builder out = NodeGetCapabilitiesResponse.newBuilder();
      for (Type type : new Type[] {Type.STAGE_UNSTAGE_VOLUME, Type.EXPAND_VOLUME}) {
        out.addCapabilities(
            NodeServiceCapability.newBuilder()
                .setRpc(NodeServiceCapability.RPC.newBuilder().setType(type)));
      }
      return Future.succeededFuture(out.build());
    }

    @Override
    public Future<NodeStageVolumeResponse> nodeStageVolume(NodeStageVolumeRequest request) {
      staged.add(request);
      return answer(
          "stage " + request.getVolumeId(),
          NodeStageVolumeResponse.getDefaultInstance(),
          () -> Files.createDirectories(data(request.getVolumeId())));
    }

    @Override
    public Future<NodePublishVolumeResponse> nodePublishVolume(NodePublishVolumeRequest request) {
      published.add(request);
      return answer(
          "publish " + request.getVolumeId(),
          NodePublishVolumeResponse.getDefaultInstance(),
          () -> {
            Files.createDirectories(data(request.getVolumeId()));
            Path target = Path.of(request.getTargetPath());
            if (plain) {
              Files.createDirectories(target);
            } else if (!lying && !Files.isSymbolicLink(target)) {
              Files.createSymbolicLink(
                  target,
                  request.getVolumeCapability().hasBlock() ? device : data(request.getVolumeId()));
            }
          });
    }

    @Override
    public Future<NodeUnpublishVolumeResponse> nodeUnpublishVolume(
        NodeUnpublishVolumeRequest request) {
      return answer(
          "unpublish " + request.getVolumeId(),
          NodeUnpublishVolumeResponse.getDefaultInstance(),
          () -> Files.deleteIfExists(Path.of(request.getTargetPath())));
    }

    @Override
    public Future<NodeUnstageVolumeResponse> nodeUnstageVolume(NodeUnstageVolumeRequest request) {
      return answer(
          "unstage " + request.getVolumeId(),
          NodeUnstageVolumeResponse.getDefaultInstance(),
          () -> {});
    }

    @Override
    public Future<NodeExpandVolumeResponse> nodeExpandVolume(NodeExpandVolumeRequest request) {
      expanded.add(request);
      return answer(
          "expand " + request.getVolumeId(),
          NodeExpandVolumeResponse.newBuilder()
              .setCapacityBytes(request.getCapacityRange().getRequiredBytes())
              .build(),
          () -> {});
    }
  }
}
