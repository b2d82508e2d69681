package dev.coracle.kubelet.server.internal.stream;

import dev.coracle.kubelet.server.internal.link.WebSocket;
import dev.coracle.kubelet.server.internal.spdy.SpdyFrame;
import dev.coracle.kubelet.server.internal.spdy.SpdySession;
import dev.coracle.kubelet.server.internal.spdy.SpdyStream;
import io.vertx.core.Future;
import java.net.URI;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Connects to the runtime's streaming server with the best protocol it speaks, and remembers which
 * that was.
 *
 * <p>WebSocket v5, then SPDY, then WebSocket v4. The last one can't end a direction, so {@code
 * kubectl exec -i -- cat < file} and half-closed forwarded connections would hang with it;
 * containerd 1.6 refuses v5 and speaks SPDY, which can. Each attempt asks CRI for a new URL,
 * because a URL is good for one connection (ADR 0032). Call on an event loop: the link belongs to
 * it.
 */
public final class RuntimeDialer {
  private enum Dialect {
    WEBSOCKET_V5,
    SPDY,
    WEBSOCKET_V4
  }

  private static final List<Dialect> DIALECTS =
      List.of(Dialect.WEBSOCKET_V5, Dialect.SPDY, Dialect.WEBSOCKET_V4);
  private static final String FORWARD_PROTOCOL = "portforward.k8s.io";

  private final UpgradeClient client;
  private final SecureRandom random = new SecureRandom();
  private volatile int commandIndex;
  private volatile int forwardIndex;

  public RuntimeDialer(UpgradeClient client) {
    this.client = client;
  }

  /** Opens the streams of an exec or attach; the channels are {@link Channels}'. */
  public Future<ChannelLink> command(Supplier<Future<URI>> url, RemoteCommandOptions options) {
    return attempt(url, DIALECTS, commandIndex, (uri, dialect) -> command(uri, dialect, options))
        .map(dialled -> {
          commandIndex = dialled.index();
          return dialled.link();
        });
  }

  /**
   * Opens one forwarded connection: channels {@link Channels#DATA} and {@link
   * Channels#FORWARD_ERROR}.
   */
  public Future<ChannelLink> portForward(Supplier<Future<URI>> url, int port) {
    return attempt(url, DIALECTS, forwardIndex, (uri, dialect) -> forward(uri, dialect, port))
        .map(dialled -> {
          forwardIndex = dialled.index();
          return dialled.link();
        });
  }

  private interface Dial {
    Future<ChannelLink> dial(URI uri, Dialect dialect);
  }

  private record Dialled(ChannelLink link, int index) {}

  private static Future<Dialled> attempt(
      Supplier<Future<URI>> url, List<Dialect> dialects, int index, Dial dial) {
    return url.get()
        .compose(uri -> dial.dial(uri, dialects.get(index)))
        .map(link -> new Dialled(link, index))
        .recover(failure ->
            failure instanceof UpgradeRefused && index + 1 < dialects.size()
                ? attempt(url, dialects, index + 1, dial)
                : Future.failedFuture(failure));
  }

  private Future<ChannelLink> command(URI uri, Dialect dialect, RemoteCommandOptions options) {
    return switch (dialect) {
      case WEBSOCKET_V5 ->
          webSocket(uri, RemoteCommandProtocol.V5)
              .map(socket -> new WebSocketChannels(socket, RemoteCommandProtocol.V5, true));
      case WEBSOCKET_V4 ->
          webSocket(uri, RemoteCommandProtocol.V4)
              .map(socket -> new WebSocketChannels(socket, RemoteCommandProtocol.V4, true));
      case SPDY -> {
        List<Map<String, String>> heads = new ArrayList<>();
        List<Integer> channels = new ArrayList<>();
        options
            .streamTypes(true)
            .forEach((type, channel) -> {
              heads.add(Map.of("streamtype", type));
              channels.add(channel);
            });
        Set<Integer> spoken = new HashSet<>(channels);
        spoken.removeIf(channel -> !options.runtimeSpeaks(channel));
        yield spdy(uri, RemoteCommandProtocol.V4.wireName(), heads, channels, spoken);
      }
    };
  }

  private Future<ChannelLink> forward(URI uri, Dialect dialect, int port) {
    if (dialect == Dialect.SPDY) {
      String number = Integer.toString(port);
      return spdy(
          uri,
          FORWARD_PROTOCOL,
          List.of(
              Map.of("streamtype", "error", "port", number, "requestid", "0"),
              Map.of("streamtype", "data", "port", number, "requestid", "0")),
          List.of(Channels.FORWARD_ERROR, Channels.DATA),
          Set.of(Channels.DATA, Channels.FORWARD_ERROR));
    }
    RemoteCommandProtocol protocol =
        dialect == Dialect.WEBSOCKET_V5 ? RemoteCommandProtocol.V5 : RemoteCommandProtocol.V4;
    return webSocket(uri, protocol)
        .map(socket -> new WithoutPortPrefix(new WebSocketChannels(socket, protocol, true)));
  }

  private Future<WebSocket> webSocket(URI uri, RemoteCommandProtocol protocol) {
    byte[] nonce = new byte[16];
    random.nextBytes(nonce);
    String key = Base64.getEncoder().encodeToString(nonce);
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Upgrade", "websocket");
    headers.put("Sec-WebSocket-Version", "13");
    headers.put("Sec-WebSocket-Key", key);
    headers.put("Sec-WebSocket-Protocol", protocol.wireName());
    // Go's older WebSocket servers refuse a request without an Origin.
    headers.put("Origin", uri.getScheme() + "://" + uri.getRawAuthority());
    return client
        .upgrade(uri, "GET", headers)
        .compose(upgraded -> {
          boolean agreed =
              WebSocket.accept(key).equals(upgraded.headers().get("Sec-WebSocket-Accept"))
                  && protocol.wireName().equals(upgraded.headers().get("Sec-WebSocket-Protocol"));
          if (!agreed) {
            upgraded.link().closeNow();
            return Future.failedFuture(new UpgradeRefused("another WebSocket protocol"));
          }
          return Future.succeededFuture(new WebSocket(upgraded.link(), true));
        });
  }

  private Future<ChannelLink> spdy(
      URI uri,
      String protocol,
      List<Map<String, String>> heads,
      List<Integer> channels,
      Set<Integer> spoken) {
    return client
        .upgrade(uri, "POST", Map.of("Upgrade", "SPDY/3.1", "X-Stream-Protocol-Version", protocol))
        .compose(upgraded -> {
          if (!protocol.equals(upgraded.headers().get("X-Stream-Protocol-Version"))) {
            upgraded.link().closeNow();
            return Future.failedFuture(new UpgradeRefused("another stream protocol"));
          }
          SpdyChannels[] link = new SpdyChannels[1];
          SpdySession session =
              new SpdySession(
                  upgraded.link(),
                  false,
                  stream -> stream.reset(SpdyFrame.Codes.REFUSED_STREAM),
                  cause -> {},
                  () -> gone(link[0]));
          Map<Integer, SpdyStream> streams = new LinkedHashMap<>();
          for (int i = 0; i < heads.size(); i++) {
            streams.put(channels.get(i), session.open(heads.get(i)));
          }
          link[0] =
              new SpdyChannels(
                  streams,
                  spoken,
                  Set.of(),
                  () -> {
                    session.goAway();
                    upgraded.link().close();
                  });
          return Future.succeededFuture(link[0]);
        });
  }

  private static void gone(@Nullable SpdyChannels link) {
    if (link != null) {
      link.sessionGone();
    }
  }
}
