package dev.coracle.client.net;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetSocket;

/**
 * Passes bytes from one socket to another with back-pressure, and the end after the last byte. The
 * sockets may belong to different contexts: all state of a direction belongs to its source's.
 *
 * <p>In place of a {@code Pipe}: Vert.x 5.0 calls the end handler of a paused socket before it has
 * handed out the last bytes it holds, and a pipe ends its destination there, so the tail of what a
 * fast sender wrote before it closed would be lost. Here the socket is resumed at its end, and the
 * destination ends when nothing more has come for a moment.
 */
public final class SocketPump {
  private static final long QUIET_MILLIS = 20;

  private final Vertx vertx;
  private final NetSocket from;
  private final NetSocket to;
  private final Context context;
  private boolean ending;
  private long timer = -1;

  private SocketPump(Vertx vertx, End from, End to) {
    this.vertx = vertx;
    this.from = from.socket;
    this.to = to.socket;
    this.context = from.context;
  }

  /** A socket, paused, with the context it belongs to. */
  public record End(NetSocket socket, Context context) {}

  /**
   * Passes bytes both ways between sockets of the calling context; when one socket ends, the other
   * is closed after what was read is written.
   */
  public static void join(Vertx vertx, NetSocket one, NetSocket other) {
    Context here = vertx.getOrCreateContext();
    new SocketPump(vertx, new End(one, here), new End(other, here)).start();
    new SocketPump(vertx, new End(other, here), new End(one, here)).start();
  }

  /** Likewise for sockets of any contexts. */
  public static void join(Vertx vertx, End one, End other) {
    one.context.runOnContext(_ -> new SocketPump(vertx, one, other).start());
    other.context.runOnContext(_ -> new SocketPump(vertx, other, one).start());
  }

  private void start() {
    from.handler(this::pass);
    from.exceptionHandler(_ -> {});
    from.endHandler(_ -> end());
    from.closeHandler(_ -> end());
    from.resume();
  }

  private void pass(Buffer bytes) {
    to.write(bytes);
    if (ending) {
      closeSoon();
    } else if (to.writeQueueFull()) {
      from.pause();
      to.drainHandler(_ -> context.runOnContext(_ -> from.resume()));
    }
  }

  private void end() {
    if (!ending) {
      ending = true;
      from.resume();
      closeSoon();
    }
  }

  private void closeSoon() {
    vertx.cancelTimer(timer);
    timer = vertx.setTimer(QUIET_MILLIS, _ -> to.end());
  }
}
