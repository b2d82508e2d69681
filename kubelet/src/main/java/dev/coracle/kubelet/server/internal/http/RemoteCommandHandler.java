package dev.coracle.kubelet.server.internal.http;

import dev.coracle.kubelet.server.KubeletServerBackend;
import dev.coracle.kubelet.server.StreamingRuntime;
import dev.coracle.kubelet.server.config.KubeletServerOptions;
import dev.coracle.kubelet.server.internal.link.SocketLink;
import dev.coracle.kubelet.server.internal.logs.LogOptions;
import dev.coracle.kubelet.server.internal.stream.ChannelBridge;
import dev.coracle.kubelet.server.internal.stream.ChannelLink;
import dev.coracle.kubelet.server.internal.stream.Channels;
import dev.coracle.kubelet.server.internal.stream.ClientCommandLinks;
import dev.coracle.kubelet.server.internal.stream.RemoteCommandOptions;
import dev.coracle.kubelet.server.internal.stream.RemoteCommandProtocol;
import dev.coracle.kubelet.server.internal.stream.RuntimeDialer;
import dev.coracle.kubelet.server.internal.stream.StatusJson;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code exec} and {@code attach}: dials the runtime first, so that what it refuses is still an
 * ordinary HTTP error, then upgrades the client and joins the two.
 */
final class RemoteCommandHandler implements Handler<RoutingContext> {
  private static final Logger log = LoggerFactory.getLogger(RemoteCommandHandler.class);

  private final Vertx vertx;
  private final KubeletServerOptions options;
  private final KubeletServerBackend backend;
  private final RuntimeDialer dialer;
  private final StreamSlots slots;
  private final boolean exec;

  RemoteCommandHandler(
      Vertx vertx,
      KubeletServerOptions options,
      KubeletServerBackend backend,
      RuntimeDialer dialer,
      StreamSlots slots,
      boolean exec) {
    this.vertx = vertx;
    this.options = options;
    this.backend = backend;
    this.dialer = dialer;
    this.slots = slots;
    this.exec = exec;
  }

  @Override
  public void handle(RoutingContext rc) {
    HttpServerRequest request = rc.request();
    boolean tty = flag(request, "tty", "tty");
    boolean stdin = flag(request, "stdin", "input");
    boolean stdout = flag(request, "stdout", "output");
    boolean stderr = flag(request, "stderr", "error");
    if (!stdin && !stdout && !stderr) {
      Replies.text(rc, 400, "you must specify at least 1 of stdin, stdout, stderr");
      return;
    }
    RemoteCommandOptions streams = new RemoteCommandOptions(stdin, stdout, stderr && !tty, tty);
    List<String> command = request.params().getAll("command");
    if (exec && command.isEmpty()) {
      Replies.text(rc, 400, "you must specify at least 1 command");
      return;
    }
    UpgradeRequest upgrade = new UpgradeRequest(request);
    Optional<RemoteCommandProtocol> protocol =
        switch (upgrade.kind()) {
          case WEBSOCKET -> RemoteCommandProtocol.webSocket(upgrade.offered());
          case SPDY -> RemoteCommandProtocol.spdy(upgrade.offered());
          case NONE -> Optional.empty();
        };
    if (protocol.isEmpty()) {
      Replies.text(
          rc,
          upgrade.kind() == UpgradeRequest.Kind.NONE ? 400 : 403,
          upgrade.kind() == UpgradeRequest.Kind.NONE
              ? "Upgrade request required"
              : "unable to negotiate protocol: client supports " + upgrade.offered());
      return;
    }
    Targets.pod(rc, backend.pods())
        .flatMap(pod -> Targets.container(rc, pod, !exec))
        .ifPresent(container -> {
          if (slots.take(rc)) {
            dial(
                rc,
                upgrade,
                protocol.get(),
                url(container.containerId(), command, streams),
                streams);
          }
        });
  }

  private Supplier<Future<URI>> url(
      String containerId, List<String> command, RemoteCommandOptions s) {
    StreamingRuntime runtime = backend.runtime();
    Supplier<Uni<URI>> ask =
        exec
            ? () ->
                runtime.exec(
                    new StreamingRuntime.ExecRequest(
                        containerId, command, s.tty(), s.stdin(), s.stdout(), s.stderr()))
            : () ->
                runtime.attach(
                    new StreamingRuntime.AttachRequest(
                        containerId, s.tty(), s.stdin(), s.stdout(), s.stderr()));
    return () -> Adapters.future(vertx, ask.get());
  }

  private void dial(
      RoutingContext rc,
      UpgradeRequest upgrade,
      RemoteCommandProtocol protocol,
      Supplier<Future<URI>> url,
      RemoteCommandOptions streams) {
    dialer
        .command(url, streams)
        .onFailure(e -> {
          slots.release();
          Replies.failure(rc, 500, e);
        })
        .onSuccess(runtime ->
            upgrade
                .accept(vertx, offeredName(upgrade, protocol), options.streamIdleTimeout())
                .onSuccess(_ -> MonitorHandler.upgraded(rc))
                .compose(socket -> clientLink(upgrade, socket, protocol, streams))
                .onSuccess(client -> join(client, runtime, streams))
                .onFailure(e -> {
                  slots.release();
                  runtime.close();
                  log.atDebug().setCause(e).log("A streaming client went away before it had begun");
                }));
  }

  private static String offeredName(UpgradeRequest upgrade, RemoteCommandProtocol protocol) {
    return upgrade.offered().isEmpty() ? "" : protocol.wireName();
  }

  private Future<ChannelLink> clientLink(
      UpgradeRequest upgrade,
      SocketLink socket,
      RemoteCommandProtocol protocol,
      RemoteCommandOptions streams) {
    return upgrade.kind() == UpgradeRequest.Kind.WEBSOCKET
        ? Future.succeededFuture(ClientCommandLinks.webSocket(socket, protocol, streams))
        : ClientCommandLinks.spdy(
            vertx, socket, protocol, streams, options.streamCreationTimeout());
  }

  private void join(ChannelLink client, ChannelLink runtime, RemoteCommandOptions streams) {
    ChannelBridge.join(
        client,
        runtime,
        streams::clientSpeaks,
        streams::runtimeSpeaks,
        new ChannelBridge.Observer() {
          private boolean statusSeen;

          @Override
          public void fromRuntime(int channel, Buffer bytes) {
            statusSeen |= channel == Channels.ERROR && bytes.length() > 0;
          }

          @Override
          public void runtimeClosed(@Nullable Throwable cause) {
            // An attach ends without a Status in some runtimes; an exec that does so has been cut
            // off.
            if (!statusSeen) {
              boolean cutOff = exec || cause != null;
              String why =
                  cause == null ? "the stream ended without a status" : Replies.message(cause);
              client.send(
                  Channels.ERROR, cutOff ? StatusJson.internalError(why) : StatusJson.success());
            }
          }

          @Override
          public void finished() {
            slots.release();
          }
        });
  }

  private static boolean flag(HttpServerRequest request, String name, String upstreamName) {
    return LogOptions.flag(request.getParam(name))
        || LogOptions.flag(request.getParam(upstreamName));
  }
}
