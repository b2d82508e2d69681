package dev.coracle.kubelet.server.internal.link;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetSocket;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * A socket as a {@link ByteLink}, closed when it is idle for too long.
 *
 * <p>Vert.x 5.0 calls a paused socket's end handler before it has handed out the last bytes it
 * holds. So the end is not believed at once: the socket is resumed, its last bytes (a few reads'
 * worth) are kept here as long as the receiver pauses, and the receiver hears of the end after them
 * (ADR 0031).
 */
public final class SocketLink implements ByteLink {
  /** How long the peer may take to close after we have said our last. */
  private static final long LINGER_MILLIS = 15_000;

  private static final int QUEUE = 128 * 1024;

  private final Vertx vertx;
  private final NetSocket socket;
  private final long idleMillis;
  private Buffer early;
  private @Nullable Receiver receiver;
  private final Deque<Buffer> backlog = new ArrayDeque<>();
  private boolean delivering;
  private boolean paused;
  private boolean ending;
  private boolean endSeen;
  private @Nullable Throwable endCause;
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
   * @param idleMillis without bytes in either direction for this long the socket is closed; 0 for
   *     never
   */
  public SocketLink(Vertx vertx, NetSocket socket, Buffer early, long idleMillis) {
    this.vertx = vertx;
    this.socket = socket;
    this.early = early;
    this.idleMillis = idleMillis;
    socket.setWriteQueueMaxSize(QUEUE);
    // From now on, not from start(): a socket that closes before anybody listens must be seen too.
    socket.closeHandler(v -> lost());
    socket.exceptionHandler(t -> endCause = t);
    scheduleIdleCheck(idleMillis);
  }

  @Override
  public void start(Receiver r) {
    receiver = r;
    socket.handler(this::received);
    socket.endHandler(v -> ending());
    socket.drainHandler(v -> r.drained());
    Buffer first = early;
    early = Buffer.buffer();
    if (first.length() > 0) {
      received(first);
    }
    if (gone) {
      r.gone();
      ending();
    }
    if (!paused) {
      socket.resume();
    }
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
      paused = true;
      if (!ending) {
        socket.pause();
      }
    }
  }

  @Override
  public void resume() {
    if (paused) {
      paused = false;
      deliver();
      if (!paused) {
        socket.resume();
      }
    }
  }

  @Override
  public void close() {
    if (closing || gone) {
      return;
    }
    closing = true;
    resume();
    socket.resume();
    lingerTimer = vertx.setTimer(LINGER_MILLIS, t -> socket.close());
  }

  @Override
  public void closeNow() {
    closing = true;
    socket.end();
  }

  private void received(Buffer bytes) {
    lastActivity = System.nanoTime();
    backlog.add(bytes);
    deliver();
  }

  /**
   * A receiver that resumes us from inside its own call gets the next bytes after that call, never
   * within it.
   */
  private void deliver() {
    Receiver r = receiver;
    if (delivering || r == null) {
      return;
    }
    delivering = true;
    while (!paused && !backlog.isEmpty()) {
      r.bytes(backlog.remove());
    }
    delivering = false;
    if (endSeen && backlog.isEmpty() && !closedDelivered) {
      closedDelivered = true;
      r.closed(endCause);
    }
  }

  private void ending() {
    if (!ending) {
      ending = true;
      socket.resume();
      // What the socket still holds arrives within the resume, or in the task that the resume
      // queues.
      vertx.runOnContext(v -> vertx.runOnContext(w -> ended()));
    }
  }

  private void ended() {
    endSeen = true;
    deliver();
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
      ending();
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
