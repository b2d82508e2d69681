package dev.coracle.kubelet.server.internal.stream;

import dev.coracle.kubelet.server.internal.link.SocketLink;
import dev.coracle.kubelet.server.internal.link.WebSocket;
import dev.coracle.kubelet.server.internal.spdy.SpdyFrame;
import dev.coracle.kubelet.server.internal.spdy.SpdySession;
import dev.coracle.kubelet.server.internal.spdy.SpdyStream;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Turns a client's upgraded connection into the channels of an exec or attach. On the connection's
 * event loop.
 */
public final class ClientCommandLinks {
  private ClientCommandLinks() {}

  /**
   * Over a WebSocket the channels are there at once. Clients of version 5 are not greeted:
   * client-go reads before it has made its streams, and tells a message that comes that early on
   * its user's terminal ({@code Unknown stream id 1, discarding message}).
   */
  public static ChannelLink webSocket(
      SocketLink socket, RemoteCommandProtocol protocol, RemoteCommandOptions options) {
    WebSocketChannels channels =
        new WebSocketChannels(new WebSocket(socket, false), protocol, false);
    if (!protocol.closeSignal()) {
      channels.greet(
          options.stdout() ? Channels.STDOUT : options.stderr() ? Channels.STDERR : Channels.ERROR);
    }
    return readable(channels, protocol);
  }

  /**
   * Over SPDY the client opens one stream per channel first; the future fails when it does not do
   * so in time.
   */
  public static Future<ChannelLink> spdy(
      Vertx vertx,
      SocketLink socket,
      RemoteCommandProtocol protocol,
      RemoteCommandOptions options,
      Duration creationTimeout) {
    Map<String, Integer> expected = options.streamTypes(protocol.resize());
    Map<Integer, SpdyStream> streams = new LinkedHashMap<>();
    Promise<Map<Integer, SpdyStream>> complete = Promise.promise();
    @Nullable SpdyChannels[] link = new SpdyChannels[1];
    SpdySession session =
        new SpdySession(
            socket,
            true,
            stream -> {
              Integer channel = expected.get(stream.headers().getOrDefault("streamtype", ""));
              if (channel == null || streams.putIfAbsent(channel, stream) != null) {
                stream.reset(SpdyFrame.Codes.REFUSED_STREAM);
              } else if (streams.size() == expected.size()) {
                complete.tryComplete(streams);
              }
            },
            cause ->
                complete.tryFail(
                    "the client closed the connection before it had opened its streams"),
            () -> {
              SpdyChannels channels = link[0];
              if (channels != null) {
                channels.sessionGone();
              }
            });
    long timer =
        vertx.setTimer(
            creationTimeout.toMillis(),
            t ->
                complete.tryFail(
                    new TimeoutException("timed out waiting for client to create streams")));
    return complete
        .future()
        .onComplete(r -> vertx.cancelTimer(timer))
        .onFailure(e -> socket.closeNow())
        .map(all -> {
          SpdyChannels channels =
              new SpdyChannels(
                  all,
                  Set.of(),
                  Set.of(),
                  () -> {
                    session.goAway();
                    socket.close();
                  });
          link[0] = channels;
          return readable(channels, protocol);
        });
  }

  private static ChannelLink readable(ChannelLink link, RemoteCommandProtocol protocol) {
    return protocol.jsonStatus() ? link : new PlainErrors(link);
  }
}
