package dev.coracle.kubelet.internal.plugin;

import dev.coracle.api.file.FileWatch;
import dev.coracle.kubelet.internal.grpc.UnixChannel;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.plugin.PluginHandler.Plugin;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.pluginregistration.v1.InfoRequest;
import dev.coracle.pluginregistration.v1.PluginInfo;
import dev.coracle.pluginregistration.v1.RegistrationGrpcClient;
import dev.coracle.pluginregistration.v1.RegistrationStatus;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows a directory of sockets by the kernel's file events, and registers the plugin behind each.
 * A plugin that does not answer is asked again, ever more rarely, as long as its socket stands.
 * Guarded by its own lock, except the calls to plugins.
 */
public final class PluginWatcher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PluginWatcher.class);
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final int S_IFMT = 0170000;
  private static final int S_IFSOCK = 0140000;

  /** A socket, and which one of its name it is: a plugin that restarts makes a new one. */
  private record Identity(Path socket, Object key) {}

  private record Known(Identity identity, Optional<Plugin> registered) {}

  private final Vertx vertx;
  private final Timers timers;
  private final Path directory;
  private final Map<String, PluginHandler> handlers;
  private final Map<Path, Known> known = new HashMap<>();

  /**
   * By socket, the last of what is done about it one after the other: a new plugin comes after the
   * end of the old one.
   */
  private final Map<Path, CompletableFuture<Void>> turns = new HashMap<>();

  private @Nullable FileWatch watch;
  private boolean open;

  /**
   * @param handlers by the type of plugin they work with
   */
  public PluginWatcher(
      Vertx vertx, Timers timers, Path directory, Map<String, PluginHandler> handlers) {
    this.vertx = vertx;
    this.timers = timers;
    this.directory = directory;
    this.handlers = Map.copyOf(handlers);
  }

  public synchronized void start() throws IOException {
    Files.createDirectories(directory);
    watch = FileWatch.directory(directory, this::look);
    open = true;
    look();
  }

  private synchronized void look() {
    Map<Path, Identity> now = new HashMap<>();
    try (var files = Files.list(directory)) {
      for (Path file : files.toList()) {
        identity(file).ifPresent(i -> now.put(file, i));
      }
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("why", e.getMessage()).log("The plugins cannot be listed");
      return;
    }
    for (Known k : List.copyOf(known.values())) {
      Path socket = k.identity.socket;
      if (!k.identity.equals(now.get(socket))) {
        known.remove(socket);
        k.registered.ifPresent(p -> inTurn(socket, () -> handlerOf(p).deregister(p)));
      }
    }
    now.forEach((socket, identity) -> {
      if (!known.containsKey(socket)) {
        known.put(socket, new Known(identity, Optional.empty()));
        inTurn(socket, () -> register(identity, 0));
      }
    });
  }

  private synchronized void inTurn(Path socket, Runnable step) {
    CompletableFuture<Void> last =
        turns.getOrDefault(socket, CompletableFuture.completedFuture(null));
    CompletableFuture<Void> next =
        last.handleAsync(
            (v, e) -> {
              step.run();
              return null;
            },
            timers);
    turns.put(socket, next);
    next.whenComplete((v, e) -> {
      if (e != null) {
        LOG.atError().addKeyValue("socket", socket).setCause(e).log("A plugin was not followed");
      }
      over(socket, next);
    });
  }

  private synchronized void over(Path socket, CompletableFuture<Void> turn) {
    turns.remove(socket, turn);
  }

  private static Optional<Identity> identity(Path file) throws IOException {
    try {
      int mode = (int) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS);
      return (mode & S_IFMT) == S_IFSOCK && !file.getFileName().toString().startsWith(".")
          ? Optional.of(
              new Identity(
                  file,
                  Files.getAttribute(file, "unix:ino", LinkOption.NOFOLLOW_LINKS)
                      + "@"
                      + Files.getAttribute(file, "unix:ctime", LinkOption.NOFOLLOW_LINKS)))
          : Optional.empty();
    } catch (java.nio.file.NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private PluginHandler handlerOf(Plugin plugin) {
    PluginHandler handler = handlers.get(plugin.type());
    if (handler == null) {
      throw new IllegalArgumentException(
          "no handler registered for plugin type: "
              + plugin.type()
              + " at socket "
              + plugin.endpoint());
    }
    return handler;
  }

  private void register(Identity identity, int failures) {
    if (!stands(identity)) {
      return;
    }
    try (UnixChannel channel = new UnixChannel(vertx, identity.socket.toString())) {
      PluginInfo info =
          channel.call(RegistrationGrpcClient.GetInfo, InfoRequest.getDefaultInstance(), LIMIT);
      Plugin plugin =
          new Plugin(
              info.getType(),
              info.getName(),
              info.getEndpoint().isEmpty() ? identity.socket.toString() : info.getEndpoint(),
              info.getSupportedVersionsList());
      try {
        handlerOf(plugin).register(plugin);
      } catch (IllegalArgumentException | CriException e) {
        tell(channel, false, String.valueOf(e.getMessage()));
        throw e;
      }
      if (accept(identity, plugin)) {
        tell(channel, true, "");
        LOG.atInfo()
            .addKeyValue("type", plugin.type())
            .addKeyValue("name", plugin.name())
            .log("A plugin is registered");
      } else {
        handlerOf(plugin).deregister(plugin);
      }
    } catch (IllegalArgumentException | CriException e) {
      Duration wait = Duration.ofMillis(Math.min(120_000, 500L << Math.min(8, failures)));
      LOG.atWarn()
          .addKeyValue("socket", identity.socket)
          .addKeyValue("why", e.getMessage())
          .addKeyValue("retryMillis", wait.toMillis())
          .log("A plugin could not be registered");
      timers.after(wait, () -> inTurn(identity.socket, () -> register(identity, failures + 1)));
    }
  }

  private synchronized boolean stands(Identity identity) {
    Known k = known.get(identity.socket);
    return open && k != null && k.identity.equals(identity) && k.registered.isEmpty();
  }

  private synchronized boolean accept(Identity identity, Plugin plugin) {
    if (!stands(identity)) {
      return false;
    }
    known.put(identity.socket, new Known(identity, Optional.of(plugin)));
    return true;
  }

  private static void tell(UnixChannel channel, boolean registered, String error) {
    try {
      channel.call(
          RegistrationGrpcClient.NotifyRegistrationStatus,
          RegistrationStatus.newBuilder().setPluginRegistered(registered).setError(error).build(),
          LIMIT);
    } catch (CriException e) {
      LOG.atDebug().addKeyValue("why", e.getMessage()).log("A plugin did not hear of its status");
    }
  }

  @Override
  public synchronized void close() {
    open = false;
    FileWatch followed = watch;
    if (followed != null) {
      followed.close();
    }
  }
}
