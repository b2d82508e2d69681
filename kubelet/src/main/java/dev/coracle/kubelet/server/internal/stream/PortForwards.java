package dev.coracle.kubelet.server.internal.stream;

import dev.coracle.kubelet.server.internal.link.ByteLink;
import dev.coracle.kubelet.server.internal.link.WebSocket;
import dev.coracle.kubelet.server.internal.spdy.SpdyFrame;
import dev.coracle.kubelet.server.internal.spdy.SpdySession;
import dev.coracle.kubelet.server.internal.spdy.SpdyStream;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A client's port-forward session: each connection of the client becomes one of the runtime. Over
 * SPDY (plain or tunnelled) a connection is a pair of streams, data and error, that share a request
 * id; over WebSocket channels it is a pair of channels, one per port and session. On the link's
 * event loop.
 */
public final class PortForwards {
  private final Vertx vertx;
  private final PortDialer dialer;
  private final Duration creationTimeout;
  private final Map<String, Pair> waiting = new HashMap<>();
  private final Set<SpdyChannels> joined = new HashSet<>();
  private final Runnable onFinished;
  private boolean finished;

  private PortForwards(
      Vertx vertx, PortDialer dialer, Duration creationTimeout, Runnable onFinished) {
    this.vertx = vertx;
    this.dialer = dialer;
    this.creationTimeout = creationTimeout;
    this.onFinished = onFinished;
  }

  /** Serves a SPDY session over the link. */
  public static void spdy(
      Vertx vertx,
      ByteLink link,
      PortDialer dialer,
      Duration creationTimeout,
      Runnable onFinished) {
    PortForwards forwards = new PortForwards(vertx, dialer, creationTimeout, onFinished);
    new SpdySession(
        link,
        true,
        forwards::opened,
        cause -> forwards.sessionOver(link),
        () -> forwards.sessionOver(link));
  }

  /**
   * Serves channels 2n (data) and 2n+1 (error) for the n-th port; each begins with the port number.
   */
  public static void webSocket(
      WebSocket socket,
      RemoteCommandProtocol protocol,
      List<Integer> ports,
      PortDialer dialer,
      Runnable onFinished) {
    WebSocketChannels all = new WebSocketChannels(socket, protocol, false);
    ChannelSlices slices = new ChannelSlices(all, ports.size(), onFinished);
    for (int i = 0; i < ports.size(); i++) {
      int port = ports.get(i);
      ChannelLink slice = slices.slice(i);
      Buffer number = Buffer.buffer().appendShortLE((short) port);
      slice.send(Channels.DATA, number);
      slice.send(Channels.FORWARD_ERROR, number);
      connect(slice, port, dialer, () -> {});
    }
    slices.start();
  }

  private static final class Pair {
    @Nullable SpdyStream data;
    @Nullable SpdyStream error;
    long timer;
  }

  private void opened(SpdyStream stream) {
    Map<String, String> headers = stream.headers();
    String type = headers.getOrDefault("streamtype", "");
    boolean data = type.equals("data");
    int port = port(headers.get("port"));
    if (port == 0 || !(data || type.equals("error"))) {
      stream.reset(SpdyFrame.Codes.PROTOCOL_ERROR);
      return;
    }
    // Clients before request ids open the error stream first and the data stream right after it.
    String id =
        headers.getOrDefault("requestid", "stream-" + (data ? stream.id() - 2 : stream.id()));
    Pair pair = waiting.computeIfAbsent(id, this::waitForPair);
    if ((data ? pair.data : pair.error) != null) {
      stream.reset(SpdyFrame.Codes.PROTOCOL_ERROR);
      return;
    }
    if (data) {
      pair.data = stream;
    } else {
      pair.error = stream;
    }
    SpdyStream dataStream = pair.data;
    SpdyStream errorStream = pair.error;
    if (dataStream != null && errorStream != null) {
      waiting.remove(id);
      vertx.cancelTimer(pair.timer);
      joined(dataStream, errorStream, port);
    }
  }

  private Pair waitForPair(String id) {
    Pair pair = new Pair();
    pair.timer =
        vertx.setTimer(
            creationTimeout.toMillis(),
            t -> {
              waiting.remove(id);
              SpdyStream lonely = pair.data != null ? pair.data : pair.error;
              if (lonely != null) {
                lonely.write(
                    Buffer.buffer("timed out waiting for the other stream of request " + id));
                lonely.reset(SpdyFrame.Codes.CANCEL);
              }
            });
    return pair;
  }

  private void joined(SpdyStream data, SpdyStream error, int port) {
    SpdyChannels client =
        new SpdyChannels(
            Map.of(Channels.DATA, data, Channels.FORWARD_ERROR, error),
            Set.of(),
            Set.of(Channels.DATA),
            () -> {});
    joined.add(client);
    connect(client, port, dialer, () -> joined.remove(client));
  }

  private static void connect(ChannelLink client, int port, PortDialer dialer, Runnable onEnd) {
    dialer
        .dial(port)
        .onSuccess(runtime ->
            ChannelBridge.join(
                client,
                runtime,
                channel -> channel == Channels.DATA,
                channel -> channel <= Channels.FORWARD_ERROR,
                onEnd::run))
        .onFailure(cause -> {
          client.send(Channels.FORWARD_ERROR, Buffer.buffer(dialer.describe(port, cause)));
          client.close();
          onEnd.run();
        });
  }

  private void sessionOver(ByteLink link) {
    if (finished) {
      return;
    }
    finished = true;
    waiting.values().forEach(pair -> vertx.cancelTimer(pair.timer));
    waiting.clear();
    List.copyOf(joined).forEach(SpdyChannels::sessionGone);
    link.close();
    onFinished.run();
  }

  private static int port(@Nullable String text) {
    try {
      int port = text == null ? 0 : Integer.parseInt(text);
      return port > 0 && port < 65536 ? port : 0;
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
