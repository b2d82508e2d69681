package dev.coracle.kubelet.server.internal.link;

import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * Bytes both ways with back-pressure, on one event loop. A new link is paused until {@link #start}.
 */
public interface ByteLink {
  /** What the other side does. */
  interface Receiver {
    void bytes(Buffer bytes);

    /** After the last bytes: nothing more will come. Called once. */
    void closed(@Nullable Throwable cause);

    /** At once, maybe before the last bytes are delivered: nothing written from now on arrives. */
    default void gone() {}

    /** There is room to write again. */
    void drained();
  }

  /** Sets the receiver and lets bytes flow. Call once. */
  void start(Receiver receiver);

  void write(Buffer bytes);

  /**
   * Whether writers should wait for {@link Receiver#drained}. A link that is gone takes and drops
   * everything.
   */
  boolean writeQueueFull();

  void pause();

  void resume();

  /**
   * Closes when the other side has closed or some seconds have passed: closing at once could
   * destroy what it has not read yet. What it still sends is delivered; what is written from now on
   * is dropped.
   */
  void close();

  /** Closes as soon as what is written has left, without waiting for the other side. */
  void closeNow();
}
