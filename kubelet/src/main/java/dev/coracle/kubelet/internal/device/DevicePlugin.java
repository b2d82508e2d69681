package dev.coracle.kubelet.internal.device;

import dev.coracle.deviceplugin.v1beta1.AllocateRequest;
import dev.coracle.deviceplugin.v1beta1.AllocateResponse;
import dev.coracle.deviceplugin.v1beta1.ContainerAllocateRequest;
import dev.coracle.deviceplugin.v1beta1.ContainerAllocateResponse;
import dev.coracle.deviceplugin.v1beta1.ContainerPreferredAllocationRequest;
import dev.coracle.deviceplugin.v1beta1.Device;
import dev.coracle.deviceplugin.v1beta1.DevicePluginGrpcClient;
import dev.coracle.deviceplugin.v1beta1.DevicePluginOptions;
import dev.coracle.deviceplugin.v1beta1.Empty;
import dev.coracle.deviceplugin.v1beta1.PreStartContainerRequest;
import dev.coracle.deviceplugin.v1beta1.PreferredAllocationRequest;
import dev.coracle.deviceplugin.v1beta1.PreferredAllocationResponse;
import dev.coracle.kubelet.internal.grpc.UnixChannel;
import dev.coracle.kubelet.spi.CriException;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One device plugin that has registered, reached by its socket. Calls block, on virtual threads,
 * and end in any case: a plugin that hangs costs the pods that want its devices some time, and no
 * one else anything.
 */
final class DevicePlugin implements AutoCloseable {
  private static final Duration OPTIONS_LIMIT = Duration.ofSeconds(10);
  private static final Duration ALLOCATE_LIMIT = Duration.ofSeconds(30);

  private final UnixChannel channel;
  private final DevicePluginOptions options;
  private UnixChannel.Listening listening = () -> {};

  private DevicePlugin(UnixChannel channel, DevicePluginOptions options) {
    this.channel = channel;
    this.options = options;
  }

  /**
   * @param given the options it told when it registered; empty: it is asked
   */
  static DevicePlugin connect(Vertx vertx, String socket, Optional<DevicePluginOptions> given) {
    UnixChannel channel = new UnixChannel(vertx, socket);
    try {
      return new DevicePlugin(
          channel,
          given.orElseGet(() ->
              channel.call(
                  DevicePluginGrpcClient.GetDevicePluginOptions,
                  Empty.getDefaultInstance(),
                  OPTIONS_LIMIT)));
    } catch (CriException e) {
      channel.close();
      throw e;
    }
  }

  /**
   * @param devices hears all devices, each time one of them has changed
   */
  void listen(Consumer<List<Device>> devices, Consumer<CriException> ended) {
    listening =
        channel.listen(
            DevicePluginGrpcClient.ListAndWatch,
            Empty.getDefaultInstance(),
            list -> devices.accept(list.getDevicesList()),
            ended);
  }

  /** Those of the available devices that the plugin would take; empty where it does not say. */
  Collection<String> preferred(Collection<String> available, Collection<String> must, int count) {
    if (!options.getGetPreferredAllocationAvailable()) {
      return List.of();
    }
    PreferredAllocationResponse answer =
        channel.call(
            DevicePluginGrpcClient.GetPreferredAllocation,
            PreferredAllocationRequest.newBuilder()
                .addContainerRequests(
                    ContainerPreferredAllocationRequest.newBuilder()
                        .addAllAvailableDeviceIDs(available)
                        .addAllMustIncludeDeviceIDs(must)
                        .setAllocationSize(count))
                .build(),
            ALLOCATE_LIMIT);
    return answer.getContainerResponsesCount() == 0
        ? List.of()
        : answer.getContainerResponses(0).getDeviceIDsList();
  }

  ContainerAllocateResponse allocate(Collection<String> ids) {
    AllocateResponse answer =
        channel.call(
            DevicePluginGrpcClient.Allocate,
            AllocateRequest.newBuilder()
                .addContainerRequests(ContainerAllocateRequest.newBuilder().addAllDevicesIds(ids))
                .build(),
            ALLOCATE_LIMIT);
    if (answer.getContainerResponsesCount() != 1) {
      throw new CriException(
          CriException.Code.INTERNAL,
          "no containers return in allocation response " + answer.getContainerResponsesCount());
    }
    return answer.getContainerResponses(0);
  }

  void preStart(Collection<String> ids) {
    if (options.getPreStartRequired()) {
      channel.call(
          DevicePluginGrpcClient.PreStartContainer,
          PreStartContainerRequest.newBuilder().addAllDevicesIds(ids).build(),
          ALLOCATE_LIMIT);
    }
  }

  @Override
  public void close() {
    listening.close();
    channel.close();
  }
}
