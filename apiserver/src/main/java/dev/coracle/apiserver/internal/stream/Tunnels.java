package dev.coracle.apiserver.internal.stream;

import dev.coracle.api.GroupResource;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.PathHandler;
import dev.coracle.apiserver.internal.http.Responder;
import dev.coracle.client.net.SocketPump;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.SocketAddress;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tunnels that nodes open, so that their kubelets are reached though nothing can connect to them. A
 * node asks for {@code GET /coracle/v1/tunnel/NODE} with {@code Upgrade: coracle-tunnel}, as
 * itself; with {@code Coracle-Stream: ID} the connection is a stream it was asked for, without it
 * is the control connection (ADR 111). Safe on any thread.
 */
public final class Tunnels implements PathHandler {

  private static final Logger LOG = LoggerFactory.getLogger(Tunnels.class);
  private static final String PREFIX = "/coracle/v1/tunnel/";
  private static final String PROTOCOL = "coracle-tunnel";
  private static final String AGREED =
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "
          + PROTOCOL
          + "\r\n\r\n";

  private final Vertx vertx;
  private final RandomGenerator random;
  private final Map<String, Tunnel> tunnels = new ConcurrentHashMap<>();

  public Tunnels(Vertx vertx, RandomGenerator random) {
    this.vertx = vertx;
    this.random = random;
  }

  /** Where the node's kubelet is reached, if it has a tunnel. */
  public Optional<SocketAddress> via(String node) {
    return Optional.ofNullable(tunnels.get(node)).flatMap(Tunnel::address);
  }

  public void close() {
    tunnels.values().forEach(Tunnel::close);
  }

  @Override
  public boolean handle(Exchange exchange) {
    String path = exchange.info().path();
    if (!path.startsWith(PREFIX)) {
      return false;
    }
    String node = path.substring(PREFIX.length());
    if (!exchange.user().in(UserInfo.NODES)
        || !exchange.user().name().equals("system:node:" + node)) {
      throw StatusException.forbidden(
          new GroupResource("", "nodes"), node, "a node opens no tunnel but its own");
    }
    if (exchange.request().version() != HttpVersion.HTTP_1_1
        || !exchange.header("Upgrade").toLowerCase(Locale.ROOT).equals(PROTOCOL)) {
      throw StatusException.badRequest("the tunnel is an upgrade of HTTP/1.1 to " + PROTOCOL);
    }
    String stream = exchange.header("Coracle-Stream");
    Tunnel known = tunnels.get(node);
    if (!stream.isEmpty() && known == null) {
      throw StatusException.badRequest("the node has no tunnel");
    }
    if (stream.isEmpty() || known == null) {
      exchange.upgrade();
      Hijack.socket(exchange.request(), AGREED)
          .onSuccess(socket -> open(node, new Tunnel(vertx, socket, this::id)))
          .onFailure(failure -> Responder.failure(exchange, failure));
    } else {
      Context here = vertx.getOrCreateContext();
      known.claim(stream).onComplete(claimed -> here.runOnContext(_ -> join(exchange, claimed)));
    }
    return true;
  }

  private void join(Exchange exchange, AsyncResult<SocketPump.End> claimed) {
    if (claimed.failed()) {
      exchange.request().resume();
      Responder.failure(exchange, claimed.cause());
      return;
    }
    SocketPump.End near = claimed.result();
    exchange.upgrade();
    Hijack.socket(exchange.request(), AGREED)
        .onSuccess(socket ->
            SocketPump.join(vertx, near, new SocketPump.End(socket, vertx.getOrCreateContext())))
        .onFailure(_ -> near.socket().close());
  }

  private void open(String node, Tunnel tunnel) {
    tunnel
        .open(() -> {
          if (tunnels.remove(node, tunnel)) {
            LOG.atInfo().addKeyValue("node", node).log("A node's tunnel has ended");
          }
        })
        .onSuccess(_ -> {
          Tunnel before = tunnels.put(node, tunnel);
          if (before != null) {
            before.close();
          }
          LOG.atInfo().addKeyValue("node", node).log("A node has opened its tunnel");
        })
        .onFailure(failure -> {
          LOG.atWarn()
              .addKeyValue("node", node)
              .addKeyValue("failure", failure.toString())
              .log("A node's tunnel could not be opened");
          tunnel.close();
        });
  }

  /** Not to be guessed, since whoever knows it could answer in the node's place. */
  private String id() {
    byte[] bytes = new byte[16];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
