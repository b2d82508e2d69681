package dev.coracle.kubelet.internal.csi;

import dev.coracle.csi.v1.NodeExpandVolumeRequest;
import dev.coracle.csi.v1.NodeExpandVolumeResponse;
import dev.coracle.csi.v1.NodeGetCapabilitiesRequest;
import dev.coracle.csi.v1.NodeGetInfoRequest;
import dev.coracle.csi.v1.NodeGetInfoResponse;
import dev.coracle.csi.v1.NodeGetVolumeStatsRequest;
import dev.coracle.csi.v1.NodeGetVolumeStatsResponse;
import dev.coracle.csi.v1.NodeGrpcClient;
import dev.coracle.csi.v1.NodePublishVolumeRequest;
import dev.coracle.csi.v1.NodeServiceCapability;
import dev.coracle.csi.v1.NodeServiceCapability.RPC.Type;
import dev.coracle.csi.v1.NodeStageVolumeRequest;
import dev.coracle.csi.v1.NodeUnpublishVolumeRequest;
import dev.coracle.csi.v1.NodeUnstageVolumeRequest;
import dev.coracle.kubelet.internal.grpc.UnixChannel;
import dev.coracle.kubelet.internal.metrics.PluginMetrics;
import dev.coracle.kubelet.spi.CriException;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.ServiceMethod;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/** The node service of one driver. Calls block, on virtual threads, for two minutes at most. */
final class CsiDriver implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Duration INFO_LIMIT = Duration.ofSeconds(15);

  private final String name;
  private final String endpoint;
  private final UnixChannel channel;
  private final PluginMetrics metrics;
  private final Set<Type> capabilities = EnumSet.noneOf(Type.class);

  private CsiDriver(String name, String endpoint, UnixChannel channel, PluginMetrics metrics) {
    this.name = name;
    this.endpoint = endpoint;
    this.channel = channel;
    this.metrics = metrics;
  }

  /** Connects and asks what it can do. */
  static CsiDriver connect(Vertx vertx, String name, String endpoint, PluginMetrics metrics) {
    CsiDriver driver = new CsiDriver(name, endpoint, new UnixChannel(vertx, endpoint), metrics);
    try {
      driver
          .call(
              NodeGrpcClient.NodeGetCapabilities,
              NodeGetCapabilitiesRequest.getDefaultInstance(),
              INFO_LIMIT)
          .getCapabilitiesList()
          .stream()
          .filter(NodeServiceCapability::hasRpc)
          .forEach(c -> driver.capabilities.add(c.getRpc().getType()));
      return driver;
    } catch (RuntimeException e) {
      driver.close();
      throw e;
    }
  }

  private <Q, R> R call(ServiceMethod<R, Q> method, Q request, Duration limit) {
    long begun = System.nanoTime();
    String code = CriException.Code.UNKNOWN.word();
    try {
      R answer = channel.call(method, request, limit);
      code = "OK";
      return answer;
    } catch (CriException e) {
      code = e.code().word();
      throw e;
    } finally {
      metrics.csi(
          name, "/" + method.fullMethodName(), code, Duration.ofNanos(System.nanoTime() - begun));
    }
  }

  String name() {
    return name;
  }

  String endpoint() {
    return endpoint;
  }

  boolean can(Type capability) {
    return capabilities.contains(capability);
  }

  NodeGetInfoResponse info() {
    return call(NodeGrpcClient.NodeGetInfo, NodeGetInfoRequest.getDefaultInstance(), INFO_LIMIT);
  }

  void stage(NodeStageVolumeRequest request) {
    call(NodeGrpcClient.NodeStageVolume, request, LIMIT);
  }

  void publish(NodePublishVolumeRequest request) {
    call(NodeGrpcClient.NodePublishVolume, request, LIMIT);
  }

  void unpublish(String volumeId, String target) {
    call(
        NodeGrpcClient.NodeUnpublishVolume,
        NodeUnpublishVolumeRequest.newBuilder().setVolumeId(volumeId).setTargetPath(target).build(),
        LIMIT);
  }

  void unstage(String volumeId, String staging) {
    call(
        NodeGrpcClient.NodeUnstageVolume,
        NodeUnstageVolumeRequest.newBuilder()
            .setVolumeId(volumeId)
            .setStagingTargetPath(staging)
            .build(),
        LIMIT);
  }

  NodeGetVolumeStatsResponse stats(NodeGetVolumeStatsRequest request) {
    return call(NodeGrpcClient.NodeGetVolumeStats, request, INFO_LIMIT);
  }

  NodeExpandVolumeResponse expand(NodeExpandVolumeRequest request) {
    return call(NodeGrpcClient.NodeExpandVolume, request, LIMIT);
  }

  @Override
  public void close() {
    channel.close();
  }
}
