package dev.coracle.criruntime.streaming;

import dev.coracle.criruntime.internal.linux.Fd;
import dev.coracle.criruntime.internal.linux.Mounts;
import dev.coracle.criruntime.internal.linux.Native;
import dev.coracle.criruntime.internal.linux.Sys;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Port-forward over a WebSocket: two channels a port, data and error, each opened by us with the
 * port's number in two bytes, low byte first. The connection is made from inside the pod's network
 * namespace, so that it reaches what listens on the pod's loopback.
 */
final class PortForward {
  private static final int CONNECT_MILLIS = 10_000;
  private static final int QUEUE = 64;
  private static final byte[] END = new byte[0];
  private static final byte[] HALF_END = new byte[0];

  private final ForwardTarget target;
  private final Channels channels;
  private final ServerWebSocket socket;
  private final Executor executor;
  private final List<BlockingQueue<byte[]>> inputs = new ArrayList<>();
  private final AtomicInteger open = new AtomicInteger();

  private PortForward(
      ForwardTarget target, Channels channels, ServerWebSocket socket, Executor executor) {
    this.target = target;
    this.channels = channels;
    this.socket = socket;
    this.executor = executor;
  }

  static void serve(
      ForwardTarget target,
      List<Integer> ports,
      ServerWebSocket socket,
      Channels channels,
      Executor executor) {
    PortForward session = new PortForward(target, channels, socket, executor);
    session.open.set(ports.size());
    for (int i = 0; i < ports.size(); i++) {
      session.inputs.add(new ArrayBlockingQueue<>(QUEUE));
    }
    socket.binaryMessageHandler(session::message);
    channels.onClose(() -> session.inputs.forEach(PortForward::end));
    for (int i = 0; i < ports.size(); i++) {
      int index = i;
      int port = ports.get(i);
      byte[] number = {(byte) port, (byte) (port >> 8)};
      channels.send(2 * i, number);
      channels.send(2 * i + 1, number);
      executor.execute(() -> session.forward(index, port));
    }
  }

  private static void end(BlockingQueue<byte[]> queue) {
    queue.clear();
    queue.add(END);
  }

  private void message(Buffer message) {
    int channel = message.length() == 0 ? -1 : message.getByte(0) & 0xff;
    if (channel == Channels.CLOSE && message.length() == 2) {
      endOfInput(message.getByte(1) & 0xff);
      return;
    }
    if (channel < 0 || channel % 2 != 0 || channel / 2 >= inputs.size() || message.length() == 1) {
      return;
    }
    BlockingQueue<byte[]> queue = inputs.get(channel / 2);
    queue.add(message.getBytes(1, message.length()));
    if (queue.remainingCapacity() < QUEUE / 2) {
      socket.pause();
    }
  }

  /**
   * The client's connection is half-closed: it still wants to read. Said by the close signal of v5.
   */
  private void endOfInput(int channel) {
    if (channel % 2 == 0 && channel / 2 < inputs.size()) {
      inputs.get(channel / 2).add(HALF_END);
    }
  }

  private void forward(int index, int port) {
    try (SocketChannel connection = connect(port)) {
      executor.execute(() -> write(index, connection));
      ByteBuffer buffer = ByteBuffer.allocate(32 * 1024);
      while (connection.read(buffer) >= 0) {
        buffer.flip();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        buffer.clear();
        channels.send(2 * index, bytes);
        channels.awaitRoom();
      }
    } catch (IOException e) {
      channels.send(
          2 * index + 1,
          ("error forwarding port "
                  + port
                  + " to pod "
                  + target.sandboxId()
                  + ": "
                  + e.getMessage())
              .getBytes(StandardCharsets.UTF_8));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (open.decrementAndGet() == 0) {
        channels.close();
      }
    }
  }

  private void write(int index, SocketChannel target) {
    BlockingQueue<byte[]> queue = inputs.get(index);
    try {
      for (byte[] next = queue.take(); next != END; next = queue.take()) {
        if (next == HALF_END) {
          target.shutdownOutput();
          continue;
        }
        ByteBuffer bytes = ByteBuffer.wrap(next);
        while (bytes.hasRemaining()) {
          target.write(bytes);
        }
        if (queue.isEmpty()) {
          channels.read(true);
        }
      }
      target.close();
    } catch (IOException e) {
      channels.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Connects from a thread that has entered the pod's network namespace and ends with it. */
  private SocketChannel connect(int port) throws IOException, InterruptedException {
    Connector connector = new Connector(target, port);
    Thread thread = Thread.ofPlatform().name("cri-port-forward").daemon(true).start(connector);
    thread.join();
    if (connector.channel == null) {
      throw connector.failure;
    }
    return connector.channel;
  }

  private static final class Connector implements Runnable {
    private final ForwardTarget target;
    private final int port;
    private volatile @org.jspecify.annotations.Nullable SocketChannel channel;
    private volatile IOException failure = new IOException("not connected");

    Connector(ForwardTarget target, int port) {
      this.target = target;
      this.port = port;
    }

    @Override
    public void run() {
      int namespace = -1;
      try {
        if (target.networkNamespace().isPresent()) {
          namespace = Fd.open(target.networkNamespace().get(), Fd.O_RDONLY);
          Native.check("setns", Sys.SETNS, namespace, Mounts.CLONE_NEWNET);
        }
        SocketChannel opened = SocketChannel.open();
        try {
          opened.socket().connect(new InetSocketAddress("127.0.0.1", port), CONNECT_MILLIS);
          channel = opened;
        } catch (IOException e) {
          opened.close();
          throw e;
        }
      } catch (IOException e) {
        failure = e;
      } finally {
        Fd.close(namespace);
      }
    }
  }
}
