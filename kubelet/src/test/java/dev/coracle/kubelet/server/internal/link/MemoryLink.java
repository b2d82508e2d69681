package dev.coracle.kubelet.server.internal.link;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Two ends of a link in memory. Bytes move when the test says {@link #pump}, cut in pieces of
 * random size.
 */
public final class MemoryLink implements ByteLink {
  private final Deque<Buffer> toPeer = new ArrayDeque<>();
  private final RandomGenerator random;
  private @Nullable MemoryLink peer;
  private @Nullable Receiver receiver;
  private boolean paused = true;
  private boolean closedToPeer;
  public boolean closed;
  public int capacity = Integer.MAX_VALUE;

  private MemoryLink(RandomGenerator random) {
    this.random = random;
  }

  /** A pair of ends. */
  public static MemoryLink[] pair(RandomGenerator random) {
    MemoryLink a = new MemoryLink(random);
    MemoryLink b = new MemoryLink(random);
    a.peer = b;
    b.peer = a;
    return new MemoryLink[] {a, b};
  }

  /** Moves bytes both ways until nothing moves any more. */
  public static void pump(MemoryLink[] pair) {
    while (pair[0].move() | pair[1].move()) {
      // again
    }
  }

  public int queued() {
    return toPeer.stream().mapToInt(Buffer::length).sum();
  }

  private boolean move() {
    MemoryLink to = peer;
    if (to == null || to.receiver == null) {
      return false;
    }
    if (toPeer.isEmpty() || to.paused) {
      if (toPeer.isEmpty() && closed && !closedToPeer) {
        closedToPeer = true;
        to.receiver.closed(null);
        return true;
      }
      return false;
    }
    boolean full = writeQueueFull();
    Buffer next = toPeer.remove();
    int cut = 1 + random.nextInt(next.length());
    if (cut < next.length()) {
      toPeer.addFirst(next.getBuffer(cut, next.length()));
    }
    to.receiver.bytes(next.getBuffer(0, cut));
    Receiver own = receiver;
    if (full && !writeQueueFull() && own != null) {
      own.drained();
    }
    return true;
  }

  @Override
  public void start(Receiver r) {
    receiver = r;
    paused = false;
  }

  @Override
  public void write(Buffer bytes) {
    if (!closed) {
      toPeer.add(bytes);
    }
  }

  @Override
  public boolean writeQueueFull() {
    return queued() >= capacity;
  }

  @Override
  public void pause() {
    paused = true;
  }

  @Override
  public void resume() {
    paused = false;
  }

  @Override
  public void close() {
    closed = true;
  }

  @Override
  public void closeNow() {
    closed = true;
  }
}
