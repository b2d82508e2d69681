package dev.coracle.criruntime.internal.container;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Hands a container's output on to those who are attached to it, as it comes. Thread-safe. */
public final class OutputHub {
  /** One who is attached. Must not block: it is called on the poller's thread. */
  public interface Listener {
    /**
     * @param error true for standard error
     */
    void output(boolean error, byte[] bytes);

    /** The container has ended; nothing more will come. */
    void ended();
  }

  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private volatile boolean ended;

  public void add(Listener listener) {
    listeners.add(listener);
    if (ended && listeners.remove(listener)) {
      listener.ended();
    }
  }

  public void remove(Listener listener) {
    listeners.remove(listener);
  }

  void publish(boolean error, ByteBuffer chunk) {
    if (listeners.isEmpty()) {
      return;
    }
    byte[] bytes = new byte[chunk.remaining()];
    chunk.duplicate().get(bytes);
    for (Listener listener : listeners) {
      listener.output(error, bytes);
    }
  }

  void end() {
    ended = true;
    for (Listener listener : List.copyOf(listeners)) {
      if (listeners.remove(listener)) {
        listener.ended();
      }
    }
  }
}
