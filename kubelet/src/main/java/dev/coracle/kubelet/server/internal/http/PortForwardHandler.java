package dev.coracle.kubelet.server.internal.http;

import dev.coracle.kubelet.server.KubeletServerBackend;
import dev.coracle.kubelet.server.PodView;
import dev.coracle.kubelet.server.StreamingRuntime;
import dev.coracle.kubelet.server.config.KubeletServerOptions;
import dev.coracle.kubelet.server.internal.link.SocketLink;
import dev.coracle.kubelet.server.internal.link.WebSocket;
import dev.coracle.kubelet.server.internal.link.WebSocketLink;
import dev.coracle.kubelet.server.internal.stream.ChannelLink;
import dev.coracle.kubelet.server.internal.stream.PortDialer;
import dev.coracle.kubelet.server.internal.stream.PortForwards;
import dev.coracle.kubelet.server.internal.stream.RemoteCommandProtocol;
import dev.coracle.kubelet.server.internal.stream.RuntimeDialer;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code portForward}: SPDY, SPDY tunnelled in a WebSocket (kubectl from 1.31 on), or WebSocket
 * channels with the ports in the query (other clients).
 */
final class PortForwardHandler implements Handler<RoutingContext> {
  private static final Logger log = LoggerFactory.getLogger(PortForwardHandler.class);
  private static final String SPDY = "portforward.k8s.io";
  private static final String TUNNEL = "SPDY/3.1+portforward.k8s.io";
  private static final int MAX_PORTS = 100;

  private final Vertx vertx;
  private final KubeletServerOptions options;
  private final KubeletServerBackend backend;
  private final RuntimeDialer dialer;
  private final StreamSlots slots;

  PortForwardHandler(
      Vertx vertx,
      KubeletServerOptions options,
      KubeletServerBackend backend,
      RuntimeDialer dialer,
      StreamSlots slots) {
    this.vertx = vertx;
    this.options = options;
    this.backend = backend;
    this.dialer = dialer;
    this.slots = slots;
  }

  @Override
  public void handle(RoutingContext rc) {
    UpgradeRequest upgrade = new UpgradeRequest(rc.request());
    if (upgrade.kind() == UpgradeRequest.Kind.NONE) {
      Replies.text(rc, 400, "Upgrade request required");
      return;
    }
    Optional<PodView> pod = Targets.pod(rc, backend.pods());
    if (pod.isEmpty()) {
      return;
    }
    Optional<String> sandbox = pod.get().sandboxId();
    if (sandbox.isEmpty()) {
      Replies.text(
          rc, 500, "pod not found (\"" + pod.get().name() + "_" + pod.get().namespace() + "\")");
      return;
    }
    List<String> offered = upgrade.offered();
    PortDialer ports = new SandboxPorts(pod.get(), sandbox.get());
    Optional<RemoteCommandProtocol> channels = channels(upgrade);
    if (upgrade.kind() == UpgradeRequest.Kind.SPDY && offered.contains(SPDY)) {
      accept(
          rc,
          upgrade,
          SPDY,
          (socket, end) -> PortForwards.spdy(vertx, socket, ports, creation(), end));
    } else if (upgrade.kind() == UpgradeRequest.Kind.WEBSOCKET && offered.contains(TUNNEL)) {
      accept(
          rc,
          upgrade,
          TUNNEL,
          (socket, end) ->
              PortForwards.spdy(
                  vertx, new WebSocketLink(new WebSocket(socket, false)), ports, creation(), end));
    } else if (channels.isPresent()) {
      List<Integer> wanted = ports(rc.request());
      if (wanted.isEmpty()) {
        Replies.text(rc, 400, "query parameter \"port\" is required");
        return;
      }
      RemoteCommandProtocol protocol = channels.get();
      accept(
          rc,
          upgrade,
          protocol.wireName(),
          (socket, end) ->
              PortForwards.webSocket(new WebSocket(socket, false), protocol, wanted, ports, end));
    } else {
      Replies.text(rc, 403, "unable to negotiate protocol: client supports " + offered);
    }
  }

  /** The first that fits, as upstream chooses: clients offer those of exec too. */
  private static Optional<RemoteCommandProtocol> channels(UpgradeRequest upgrade) {
    return upgrade.kind() == UpgradeRequest.Kind.WEBSOCKET
        ? upgrade.offered().stream()
            .flatMap(name -> RemoteCommandProtocol.webSocket(List.of(name)).stream())
            .filter(p -> p.version() == 4)
            .findFirst()
        : Optional.empty();
  }

  private interface Session {
    void start(SocketLink socket, Runnable onEnd);
  }

  private void accept(RoutingContext rc, UpgradeRequest upgrade, String protocol, Session session) {
    if (slots.take(rc)) {
      upgrade
          .accept(vertx, protocol, options.streamIdleTimeout())
          .onSuccess(_ -> MonitorHandler.upgraded(rc))
          .onSuccess(socket -> session.start(socket, slots::release))
          .onFailure(e -> {
            slots.release();
            log.atWarn().setCause(e).log("Taking over a connection failed");
            rc.request().connection().close();
          });
    }
  }

  private Duration creation() {
    return options.streamCreationTimeout();
  }

  private static List<Integer> ports(HttpServerRequest request) {
    List<Integer> ports = new ArrayList<>();
    for (String name : List.of("port", "ports")) {
      for (String value : request.params().getAll(name)) {
        for (String number : value.split(",", -1)) {
          if (number.matches("[0-9]{1,5}") && ports.size() < MAX_PORTS) {
            ports.add(Integer.parseInt(number));
          }
        }
      }
    }
    ports.removeIf(port -> port < 1 || port > 65535);
    return ports;
  }

  private final class SandboxPorts implements PortDialer {
    private final PodView pod;
    private final String sandboxId;

    SandboxPorts(PodView pod, String sandboxId) {
      this.pod = pod;
      this.sandboxId = sandboxId;
    }

    @Override
    public Future<ChannelLink> dial(int port) {
      StreamingRuntime.PortForwardRequest request =
          new StreamingRuntime.PortForwardRequest(sandboxId, List.of(port));
      return dialer.portForward(
          () -> Adapters.future(vertx, backend.runtime().portForward(request)), port);
    }

    @Override
    public String describe(int port, Throwable cause) {
      String what = pod.name() + "_" + pod.namespace() + ", uid " + pod.uid();
      return "error forwarding port " + port + " to pod " + what + ": " + Replies.message(cause);
    }
  }
}
