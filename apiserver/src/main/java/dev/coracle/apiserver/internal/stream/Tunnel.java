package dev.coracle.apiserver.internal.stream;

import dev.coracle.api.StatusException;
import dev.coracle.client.net.SocketPump;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The server's end of one node's tunnel. Whoever connects to its loopback port makes it ask the
 * node, by a line on the control connection, to open one more connection to this server, and the
 * two are joined. Lines: {@code open ID} to the node, {@code ping} from it, {@code pong} back.
 * Owned by the context of the control connection.
 */
final class Tunnel {

  /** Connections that wait for their stream; a node that hangs must not hold all sockets. */
  private static final int MOST_WAITING = 64;

  private static final long OPEN_MILLIS = 30_000;
  private static final long SILENCE_MILLIS = 45_000;
  private static final int LONGEST_LINE = 256;

  private record Waiting(SocketPump.End end, long timer) {}

  private final Vertx vertx;
  private final Context context;
  private final NetSocket control;
  private final Supplier<String> ids;
  private final Map<String, Waiting> waiting = new HashMap<>();
  private @Nullable NetServer near;
  private volatile @Nullable SocketAddress address;
  private long silence = -1;
  private boolean closed;
  private String rest = "";

  Tunnel(Vertx vertx, NetSocket control, Supplier<String> ids) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.control = control;
    this.ids = ids;
  }

  /** Listens; completes when the node can be reached. */
  Future<Void> open(Runnable gone) {
    NetServer server =
        vertx.createNetServer(new NetServerOptions().setHost("127.0.0.1").setPort(0));
    near = server;
    server.connectHandler(this::connected);
    control.exceptionHandler(_ -> {});
    control.closeHandler(_ -> {
      close();
      gone.run();
    });
    control.handler(this::bytes);
    listenFor();
    return server
        .listen()
        .onSuccess(_ -> {
          address = SocketAddress.inetSocketAddress(server.actualPort(), "127.0.0.1");
          control.resume();
        })
        .mapEmpty();
  }

  /** The near end, once it listens. */
  Optional<SocketAddress> address() {
    return Optional.ofNullable(address);
  }

  private void connected(NetSocket socket) {
    socket.pause();
    SocketPump.End end = new SocketPump.End(socket, vertx.getOrCreateContext());
    context.runOnContext(_ -> ask(end));
  }

  private void ask(SocketPump.End end) {
    if (closed || waiting.size() >= MOST_WAITING) {
      end.socket().close();
      return;
    }
    String id = ids.get();
    long timer =
        vertx.setTimer(
            OPEN_MILLIS,
            _ -> {
              if (waiting.remove(id) != null) {
                end.socket().close();
              }
            });
    waiting.put(id, new Waiting(end, timer));
    control.write("open " + id + "\n");
  }

  /** The near end of a stream that was asked for; an ID is good once. */
  Future<SocketPump.End> claim(String id) {
    Promise<SocketPump.End> claimed = Promise.promise();
    context.runOnContext(_ -> {
      Waiting w = waiting.remove(id);
      if (w == null) {
        claimed.fail(StatusException.badRequest("no stream of this ID was asked for"));
      } else {
        vertx.cancelTimer(w.timer);
        claimed.complete(w.end);
      }
    });
    return claimed.future();
  }

  private void bytes(Buffer bytes) {
    String text = rest + bytes.toString("US-ASCII");
    int end;
    while ((end = text.indexOf('\n')) >= 0) {
      if (text.substring(0, end).equals("ping")) {
        control.write("pong\n");
      }
      text = text.substring(end + 1);
    }
    rest = text;
    if (rest.length() > LONGEST_LINE) {
      control.close();
    }
    listenFor();
  }

  private void listenFor() {
    vertx.cancelTimer(silence);
    silence = vertx.setTimer(SILENCE_MILLIS, _ -> control.close());
  }

  void close() {
    context.runOnContext(_ -> {
      if (closed) {
        return;
      }
      closed = true;
      address = null;
      vertx.cancelTimer(silence);
      waiting
          .values()
          .forEach(w -> {
            vertx.cancelTimer(w.timer);
            w.end.socket().close();
          });
      waiting.clear();
      if (near != null) {
        near.close();
      }
      control.close();
    });
  }
}
