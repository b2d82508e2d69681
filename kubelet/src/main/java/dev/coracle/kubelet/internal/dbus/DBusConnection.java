package dev.coracle.kubelet.internal.dbus;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A connection to a bus, as the user of this process (EXTERNAL), over which descriptors may come.
 * Reads on a thread of its own, which also calls the two listeners; they must not block. Calls
 * block, and may be made from any other thread.
 */
public final class DBusConnection implements AutoCloseable {
  public static final String BUS = "org.freedesktop.DBus";

  private static final long TIMEOUT_SECONDS = 25;
  private static final int MAX_LINE = 512;

  private final FdSocket socket;
  private final Consumer<DBusMessage> unasked;
  private final Runnable ended;
  private final AtomicInteger serials = new AtomicInteger();
  private final Map<Integer, CompletableFuture<DBusMessage>> waiting = new ConcurrentHashMap<>();
  private final ArrayDeque<Integer> descriptors = new ArrayDeque<>();
  private byte[] buffer = new byte[4096];
  private int filled;
  private volatile boolean over;

  private DBusConnection(FdSocket socket, Consumer<DBusMessage> unasked, Runnable ended) {
    this.socket = socket;
    this.unasked = unasked;
    this.ended = ended;
  }

  /**
   * @param unasked hears signals and calls
   * @param ended hears when the connection is over, whoever ended it
   */
  public static DBusConnection open(Path socket, Consumer<DBusMessage> unasked, Runnable ended)
      throws IOException {
    DBusConnection connection = new DBusConnection(FdSocket.connect(socket), unasked, ended);
    try {
      connection.authenticate();
    } catch (IOException | RuntimeException e) {
      connection.socket.close();
      throw e;
    }
    Thread.ofPlatform().daemon().name("dbus").start(connection::readAll);
    try {
      connection.call(
          DBusMessage.call(BUS, "/org/freedesktop/DBus", BUS, "Hello", "", new byte[0]));
    } catch (IOException e) {
      connection.close();
      throw e;
    }
    return connection;
  }

  private void authenticate() throws IOException {
    String user = Integer.toString(FdSocket.userId());
    String hex = HexFormat.of().formatHex(user.getBytes(StandardCharsets.US_ASCII));
    socket.write(("\0AUTH EXTERNAL " + hex + "\r\n").getBytes(StandardCharsets.US_ASCII));
    expect("OK ");
    socket.write("NEGOTIATE_UNIX_FD\r\n".getBytes(StandardCharsets.US_ASCII));
    expect("AGREE_UNIX_FD");
    socket.write("BEGIN\r\n".getBytes(StandardCharsets.US_ASCII));
  }

  private void expect(String answer) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (line.size() < MAX_LINE) {
      byte[] data = socket.read().data();
      if (data.length == 0) {
        break;
      }
      line.writeBytes(data);
      String text = line.toString(StandardCharsets.US_ASCII);
      if (text.endsWith("\r\n")) {
        if (text.startsWith(answer)) {
          return;
        }
        break;
      }
    }
    throw new IOException(
        "the bus does not answer "
            + answer.strip()
            + ", but "
            + line.toString(StandardCharsets.US_ASCII).strip());
  }

  private void readAll() {
    IOException why = new IOException("the connection to the bus is closed");
    try {
      while (true) {
        FdSocket.Received received = socket.read();
        descriptors.addAll(received.descriptors());
        if (received.data().length == 0) {
          break;
        }
        append(received.data());
        take();
      }
    } catch (IOException e) {
      why = e;
    }
    over = true;
    socket.close();
    descriptors.forEach(FdSocket::closeDescriptor);
    for (CompletableFuture<DBusMessage> call : waiting.values()) {
      call.completeExceptionally(why);
    }
    ended.run();
  }

  private void append(byte[] data) {
    if (buffer.length < filled + data.length) {
      buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, filled + data.length));
    }
    System.arraycopy(data, 0, buffer, filled, data.length);
    filled += data.length;
  }

  private void take() throws IOException {
    int length;
    while ((length = DBusMessage.length(buffer, filled)) >= 0 && length <= filled) {
      DBusMessage.Decoded decoded = DBusMessage.decode(Arrays.copyOf(buffer, length));
      System.arraycopy(buffer, length, buffer, 0, filled - length);
      filled -= length;
      List<Integer> its = new ArrayList<>();
      while (its.size() < decoded.descriptors() && !descriptors.isEmpty()) {
        its.add(descriptors.poll());
      }
      deliver(decoded.message().with(its));
    }
  }

  private void deliver(DBusMessage message) {
    switch (message.type()) {
      case RETURN, ERROR -> {
        CompletableFuture<DBusMessage> call = waiting.remove(message.replySerial());
        if (call == null || !call.complete(message)) {
          message.descriptors().forEach(FdSocket::closeDescriptor);
        }
      }
      case CALL, SIGNAL -> {
        // Nobody here takes a descriptor that was not asked for.
        message.descriptors().forEach(FdSocket::closeDescriptor);
        unasked.accept(message);
      }
    }
  }

  /** Sends what needs no answer. */
  public void send(DBusMessage message) throws IOException {
    socket.write(message.encode(serials.incrementAndGet()));
  }

  /**
   * Calls, and waits for the answer.
   *
   * @throws IOException with the error's name and words where the answer is one
   */
  public DBusMessage call(DBusMessage message) throws IOException {
    int serial = serials.incrementAndGet();
    CompletableFuture<DBusMessage> answer = new CompletableFuture<>();
    waiting.put(serial, answer);
    try {
      if (over) {
        throw new IOException("the connection to the bus is closed");
      }
      socket.write(message.encode(serial));
      DBusMessage got = answer.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      if (got.type() == DBusMessage.Type.ERROR) {
        throw new IOException(
            got.error() + (got.signature().startsWith("s") ? ": " + got.read().string() : ""));
      }
      return got;
    } catch (ExecutionException e) {
      Throwable why = e.getCause();
      throw new IOException(String.valueOf((why == null ? e : why).getMessage()), e);
    } catch (TimeoutException e) {
      forget(answer);
      throw new IOException(message.member() + " was not answered", e);
    } catch (InterruptedException e) {
      forget(answer);
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      waiting.remove(serial);
    }
  }

  /** Nobody waits any more: what comes with the answer is closed, here or where it is delivered. */
  private static void forget(CompletableFuture<DBusMessage> answer) {
    if (!answer.cancel(false) && !answer.isCompletedExceptionally()) {
      answer.join().descriptors().forEach(FdSocket::closeDescriptor);
    }
  }

  /** What is sent to all is heard from now on where it matches. */
  public void match(String rule) throws IOException {
    call(
        DBusMessage.call(
            BUS,
            "/org/freedesktop/DBus",
            BUS,
            "AddMatch",
            "s",
            new DBusWriter().string(rule).bytes()));
  }

  /** Closes a descriptor that came with an answer. */
  public static void closeDescriptor(int descriptor) {
    FdSocket.closeDescriptor(descriptor);
  }

  @Override
  public void close() {
    socket.shutdown();
  }
}
