package dev.coracle.kubelet.internal.device;

import dev.coracle.deviceplugin.v1beta1.Empty;
import dev.coracle.deviceplugin.v1beta1.RegisterRequest;
import dev.coracle.deviceplugin.v1beta1.RegistrationGrpcService;
import dev.coracle.kubelet.internal.grpc.UnixServer;
import dev.coracle.kubelet.internal.metrics.PluginMetrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The socket at which device plugins register, {@code device-plugins/kubelet.sock}. Plugins watch
 * it being made anew, and register again with a kubelet that was restarted; so sockets of before
 * are removed when it starts.
 */
public final class DeviceRegistration {
  public static final String CHECKPOINT = "kubelet_internal_checkpoint";
  private static final Logger LOG = LoggerFactory.getLogger(DeviceRegistration.class);

  private final Path directory;
  private final DeviceManager devices;
  private final PluginMetrics metrics;
  private final UnixServer server;

  public DeviceRegistration(
      Vertx vertx,
      Executor executor,
      Path directory,
      DeviceManager devices,
      PluginMetrics metrics) {
    this.metrics = metrics;
    this.directory = directory;
    this.devices = devices;
    this.server =
        new UnixServer(vertx, directory.resolve("kubelet.sock"), executor)
            .handle(RegistrationGrpcService.Register, this::register);
  }

  public void start() throws IOException {
    Files.createDirectories(directory);
    try (var files = Files.list(directory)) {
      for (Path file : files.toList()) {
        if (!file.getFileName().toString().startsWith(CHECKPOINT)
            && !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
          Files.deleteIfExists(file);
        }
      }
    }
    server.start();
  }

  private Empty register(RegisterRequest request) {
    metrics.registered(request.getResourceName());
    if (!request.getVersion().equals(DeviceManager.VERSION)) {
      throw new IllegalArgumentException(
          "requested API version \""
              + request.getVersion()
              + "\" is not supported by kubelet. Supported version is \""
              + DeviceManager.VERSION
              + "\"");
    }
    String endpoint = request.getEndpoint();
    if (endpoint.isEmpty() || endpoint.contains("/") || endpoint.startsWith(".")) {
      throw new IllegalArgumentException(
          "the endpoint \"" + endpoint + "\" is no name of a socket");
    }
    devices.register(
        request.getResourceName(),
        directory.resolve(endpoint).toString(),
        Optional.of(request.getOptions()));
    LOG.atInfo()
        .addKeyValue("resource", request.getResourceName())
        .addKeyValue("endpoint", endpoint)
        .log("A device plugin is registered");
    return Empty.getDefaultInstance();
  }

  public Future<Void> close() {
    return server.close();
  }
}
