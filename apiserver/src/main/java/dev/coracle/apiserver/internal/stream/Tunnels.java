package dev.coracle.apiserver.internal.stream;

import dev.coracle.api.GroupResource;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.PathHandler;
import dev.coracle.apiserver.internal.http.RequestInfo;
import dev.coracle.apiserver.internal.http.Responder;
import dev.coracle.client.net.SocketPump;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.SocketAddress;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
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
  private static final String PREFIX = RequestInfo.TUNNELS;
  private static final String PROTOCOL = "coracle-tunnel";
  private static final int MOST_OF_A_NODE = 4;
  private static final String AGREED =
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "
          + PROTOCOL
          + "\r\n\r\n";

  private final Vertx vertx;
  private final RandomGenerator random;

  /** By node, the newest first; a node that knows this server by several addresses has several. */
  private final Map<String, List<Tunnel>> tunnels = new ConcurrentHashMap<>();

  public Tunnels(Vertx vertx, RandomGenerator random) {
    this.vertx = vertx;
    this.random = random;
  }

  /** Where the node's kubelet is reached, if it has a tunnel. */
  public Optional<SocketAddress> via(String node) {
    return of(node).stream().flatMap(t -> t.address().stream()).findFirst();
  }

  private List<Tunnel> of(String node) {
    return tunnels.getOrDefault(node, List.of());
  }

  public void close() {
    tunnels.values().forEach(some -> some.forEach(Tunnel::close));
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
    List<Tunnel> known = of(node);
    if (!stream.isEmpty() && known.isEmpty()) {
      throw StatusException.badRequest("the node has no tunnel");
    }
    if (stream.isEmpty()) {
      Hijack.socket(exchange, AGREED)
          .onSuccess(socket -> open(node, new Tunnel(vertx, socket, this::id)))
          .onFailure(failure -> Responder.failure(exchange, failure));
    } else {
      Context here = vertx.getOrCreateContext();
      claim(stream, known).onComplete(claimed -> here.runOnContext(_ -> join(exchange, claimed)));
    }
    return true;
  }

  /** By whichever of the node's tunnels has asked for it. */
  private static Future<SocketPump.End> claim(String stream, List<Tunnel> of) {
    Future<SocketPump.End> claimed = of.getFirst().claim(stream);
    return of.size() == 1 ? claimed : claimed.recover(_ -> claim(stream, of.subList(1, of.size())));
  }

  private void join(Exchange exchange, AsyncResult<SocketPump.End> claimed) {
    if (claimed.failed()) {
      exchange.request().resume();
      Responder.failure(exchange, claimed.cause());
      return;
    }
    SocketPump.End near = claimed.result();
    Hijack.socket(exchange, AGREED)
        .onSuccess(socket ->
            SocketPump.join(vertx, near, new SocketPump.End(socket, vertx.getOrCreateContext())))
        .onFailure(_ -> near.socket().close());
  }

  private void open(String node, Tunnel tunnel) {
    tunnel
        .open(() -> {
          if (without(node, tunnel)) {
            LOG.atInfo().addKeyValue("node", node).log("A node's tunnel has ended");
          }
        })
        .onSuccess(_ -> {
          with(node, tunnel);
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

  private void with(String node, Tunnel tunnel) {
    tunnels.compute(
        node,
        (_, before) -> {
          List<Tunnel> now = new ArrayList<>(List.of(tunnel));
          now.addAll(before == null ? List.of() : before);
          while (now.size() > MOST_OF_A_NODE) {
            now.removeLast().close();
          }
          return List.copyOf(now);
        });
  }

  private boolean without(String node, Tunnel tunnel) {
    boolean[] was = new boolean[1];
    tunnels.computeIfPresent(
        node,
        (_, before) -> {
          List<Tunnel> now = new ArrayList<>(before);
          was[0] = now.remove(tunnel);
          return now.isEmpty() ? null : List.copyOf(now);
        });
    return was[0];
  }

  /** Not to be guessed, since whoever knows it could answer in the node's place. */
  private String id() {
    byte[] bytes = new byte[16];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
