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
import io.vertx.core.Vertx;
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
  private final Set<Type> capabilities = EnumSet.noneOf(Type.class);

  private CsiDriver(String name, String endpoint, UnixChannel channel) {
    this.name = name;
    this.endpoint = endpoint;
    this.channel = channel;
  }

  /** Connects and asks what it can do. */
  static CsiDriver connect(Vertx vertx, String name, String endpoint) {
    CsiDriver driver = new CsiDriver(name, endpoint, new UnixChannel(vertx, endpoint));
    try {
      driver
          .channel
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
    return channel.call(
        NodeGrpcClient.NodeGetInfo, NodeGetInfoRequest.getDefaultInstance(), INFO_LIMIT);
  }

  void stage(NodeStageVolumeRequest request) {
    channel.call(NodeGrpcClient.NodeStageVolume, request, LIMIT);
  }

  void publish(NodePublishVolumeRequest request) {
    channel.call(NodeGrpcClient.NodePublishVolume, request, LIMIT);
  }

  void unpublish(String volumeId, String target) {
    channel.call(
        NodeGrpcClient.NodeUnpublishVolume,
        NodeUnpublishVolumeRequest.newBuilder().setVolumeId(volumeId).setTargetPath(target).build(),
        LIMIT);
  }

  void unstage(String volumeId, String staging) {
    channel.call(
        NodeGrpcClient.NodeUnstageVolume,
        NodeUnstageVolumeRequest.newBuilder()
            .setVolumeId(volumeId)
            .setStagingTargetPath(staging)
            .build(),
        LIMIT);
  }

  NodeGetVolumeStatsResponse stats(NodeGetVolumeStatsRequest request) {
    return channel.call(NodeGrpcClient.NodeGetVolumeStats, request, INFO_LIMIT);
  }

  NodeExpandVolumeResponse expand(NodeExpandVolumeRequest request) {
    return channel.call(NodeGrpcClient.NodeExpandVolume, request, LIMIT);
  }

  @Override
  public void close() {
    channel.close();
  }
}
