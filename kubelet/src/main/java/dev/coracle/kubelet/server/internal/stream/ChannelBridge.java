package dev.coracle.kubelet.server.internal.stream;

import io.vertx.core.buffer.Buffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Joins a client's and the runtime's channels: bytes flow both ways, a full side pauses the other
 * side's channel, ends are passed on. When the client is gone the runtime's side is closed at once;
 * when the runtime has finished, the client's side closes after its last byte. On one event loop.
 */
public final class ChannelBridge {
  /** Told of the bridge's course. */
  public interface Observer {
    /** Sees the runtime's bytes on their way to the client. */
    default void fromRuntime(int channel, Buffer bytes) {}

    /**
     * The runtime's side is over and the client still listens; the client's link is closed after
     * this.
     */
    default void runtimeClosed(@Nullable Throwable cause) {}

    /** Both sides are closed. Called once. */
    void finished();
  }

  private final ChannelLink client;
  private final ChannelLink runtime;
  private final Observer observer;
  private final Set<Integer> clientPaused = new HashSet<>();
  private final Set<Integer> runtimePaused = new HashSet<>();
  private boolean over;

  private ChannelBridge(ChannelLink client, ChannelLink runtime, Observer observer) {
    this.client = client;
    this.runtime = runtime;
    this.observer = observer;
  }

  /**
   * Starts to pass bytes.
   *
   * @param toRuntime channels on which the client may speak; bytes on others are dropped
   * @param toClient channels on which the runtime may speak
   */
  public static void join(
      ChannelLink client,
      ChannelLink runtime,
      IntPredicate toRuntime,
      IntPredicate toClient,
      Observer observer) {
    ChannelBridge bridge = new ChannelBridge(client, runtime, observer);
    client.start(bridge.new ClientSide(toRuntime));
    if (!bridge.over) {
      runtime.start(bridge.new RuntimeSide(toClient));
    }
  }

  /**
   * Resumes the channels of {@code source} that {@code sink} can take again; resuming may pause
   * them anew at once.
   */
  private static void resume(Set<Integer> paused, ChannelLink source, ChannelLink sink) {
    for (int channel : List.copyOf(paused)) {
      if (!sink.writeQueueFull(channel)) {
        paused.remove(channel);
        source.resume(channel);
      }
    }
  }

  private void finish() {
    if (!over) {
      over = true;
      runtime.close();
      client.close();
      observer.finished();
    }
  }

  private final class ClientSide implements ChannelLink.Listener {
    private final IntPredicate allowed;

    ClientSide(IntPredicate allowed) {
      this.allowed = allowed;
    }

    @Override
    public void data(int channel, Buffer bytes) {
      if (over || !allowed.test(channel)) {
        return;
      }
      runtime.send(channel, bytes);
      if (runtime.writeQueueFull(channel) && clientPaused.add(channel)) {
        client.pause(channel);
      }
    }

    @Override
    public void ended(int channel) {
      if (!over && allowed.test(channel)) {
        runtime.end(channel);
      }
    }

    @Override
    public void drained() {
      resume(runtimePaused, runtime, client);
    }

    @Override
    public void closed(@Nullable Throwable cause) {
      finish();
    }

    @Override
    public void gone() {
      finish();
    }
  }

  private final class RuntimeSide implements ChannelLink.Listener {
    private final IntPredicate allowed;

    RuntimeSide(IntPredicate allowed) {
      this.allowed = allowed;
    }

    @Override
    public void data(int channel, Buffer bytes) {
      if (over || !allowed.test(channel)) {
        return;
      }
      observer.fromRuntime(channel, bytes);
      client.send(channel, bytes);
      if (client.writeQueueFull(channel) && runtimePaused.add(channel)) {
        runtime.pause(channel);
      }
    }

    @Override
    public void ended(int channel) {
      if (!over && allowed.test(channel)) {
        client.end(channel);
      }
    }

    @Override
    public void drained() {
      resume(clientPaused, client, runtime);
    }

    @Override
    public void closed(@Nullable Throwable cause) {
      if (!over) {
        observer.runtimeClosed(cause);
        finish();
      }
    }

    @Override
    public void gone() {
      // What the runtime sent before it went is still to come; closed() follows.
    }
  }
}
