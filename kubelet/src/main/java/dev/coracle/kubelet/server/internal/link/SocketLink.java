package dev.coracle.kubelet.server.internal.link;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetSocket;
import org.jspecify.annotations.Nullable;

/** A socket as a {@link ByteLink}, closed when it is idle for too long. */
public final class SocketLink implements ByteLink {
  /** How long the peer may take to close after we have said our last. */
  private static final long LINGER_MILLIS = 2_000;

  private static final int QUEUE = 128 * 1024;

  private final Vertx vertx;
  private final NetSocket socket;
  private final long idleMillis;
  private Buffer early;
  private @Nullable Receiver receiver;
  private boolean closedDelivered;
  private boolean gone;
  private boolean closing;
  private long lastActivity = System.nanoTime();
  private long idleTimer = -1;
  private long lingerTimer = -1;

  /**
   * Takes over a paused socket.
   *
   * @param early bytes already read, delivered first
   * @param idleMillis without bytes in either direction for this long the socket is closed; 0 for never
   */
  public SocketLink(Vertx vertx, NetSocket socket, Buffer early, long idleMillis) {
    this.vertx = vertx;
    this.socket = socket;
    this.early = early;
    this.idleMillis = idleMillis;
    socket.setWriteQueueMaxSize(QUEUE);
    // From now on, not from start(): a socket that closes before anybody listens must be seen too.
    socket.closeHandler(v -> lost());
    socket.exceptionHandler(this::deliverClosed);
    scheduleIdleCheck(idleMillis);
  }

  @Override
  public void start(Receiver r) {
    receiver = r;
    socket.handler(this::received);
    socket.endHandler(v -> deliverClosed(null));
    socket.drainHandler(v -> r.drained());
    Buffer first = early;
    early = Buffer.buffer();
    if (first.length() > 0) {
      r.bytes(first);
    }
    if (gone) {
      r.gone();
    }
    socket.resume();
  }

  @Override
  public void write(Buffer bytes) {
    if (!gone && !closing) {
      lastActivity = System.nanoTime();
      socket.write(bytes);
    }
  }

  @Override
  public boolean writeQueueFull() {
    return !gone && socket.writeQueueFull();
  }

  @Override
  public void pause() {
    if (!closing) {
      socket.pause();
    }
  }

  @Override
  public void resume() {
    socket.resume();
  }

  @Override
  public void close() {
    if (closing || gone) {
      return;
    }
    closing = true;
    socket.handler(b -> {});
    socket.resume();
    lingerTimer = vertx.setTimer(LINGER_MILLIS, t -> socket.close());
  }

  /** Closes without waiting for the peer. */
  public void closeNow() {
    closing = true;
    socket.close();
  }

  private void received(Buffer bytes) {
    lastActivity = System.nanoTime();
    Receiver r = receiver;
    if (r != null && !closing) {
      r.bytes(bytes);
    }
  }

  private void lost() {
    if (gone) {
      return;
    }
    gone = true;
    vertx.cancelTimer(idleTimer);
    vertx.cancelTimer(lingerTimer);
    Receiver r = receiver;
    if (r != null) {
      r.gone();
    }
  }

  private void deliverClosed(@Nullable Throwable cause) {
    Receiver r = receiver;
    if (!closedDelivered && r != null) {
      closedDelivered = true;
      r.closed(cause);
    }
  }

  private void scheduleIdleCheck(long millis) {
    if (idleMillis > 0) {
      idleTimer = vertx.setTimer(Math.max(1, millis), t -> checkIdle());
    }
  }

  private void checkIdle() {
    long idle = (System.nanoTime() - lastActivity) / 1_000_000;
    if (idle >= idleMillis) {
      socket.close();
    } else {
      scheduleIdleCheck(idleMillis - idle);
    }
  }
}
