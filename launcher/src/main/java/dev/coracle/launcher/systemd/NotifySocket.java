package dev.coracle.launcher.systemd;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The datagram socket on which a service manager listens: what {@code NOTIFY_SOCKET} names, a path
 * or, with {@code @} in front, an abstract name. The JDK has no such sockets; Netty's native
 * transport does, and a datagram is sent without waiting.
 */
record NotifySocket(String name) {

  private static final Logger LOG = LoggerFactory.getLogger(NotifySocket.class);
  static final String VARIABLE = "NOTIFY_SOCKET";

  /** Empty where nobody listens, or on what cannot be reached from here. */
  static Optional<NotifySocket> of(Map<String, String> environment) {
    String name = environment.getOrDefault(VARIABLE, "");
    if (name.isEmpty()) {
      return Optional.empty();
    }
    if (!name.startsWith("/") && !name.startsWith("@")) {
      LOG.atWarn()
          .addKeyValue(VARIABLE, name)
          .log("The service manager is not told of anything: its socket is no path");
      return Optional.empty();
    }
    if (!Epoll.isAvailable()) {
      LOG.atWarn()
          .addKeyValue("why", String.valueOf(Epoll.unavailabilityCause()))
          .log("The service manager is not told of anything: there is no native transport");
      return Optional.empty();
    }
    return Optional.of(new NotifySocket(name));
  }

  /**
   * Sends one message.
   *
   * @param state assignments, one a line, such as {@code READY=1}
   * @throws IOException where nobody listens any more, or its queue is full
   */
  void send(String state) throws IOException {
    byte[] bytes = state.getBytes(StandardCharsets.UTF_8);
    ByteBuffer message = ByteBuffer.allocateDirect(bytes.length).put(bytes);
    Socket socket = Socket.newSocketDomainDgram();
    try {
      int sent = socket.sendToDomainSocket(message, 0, bytes.length, address());
      if (sent != bytes.length) {
        throw new IOException(sent < 0 ? "the socket's queue is full" : "sent in part");
      }
    } finally {
      socket.close();
    }
  }

  /** As the kernel has it: an abstract name begins with a zero. */
  private byte[] address() {
    byte[] address = name.getBytes(StandardCharsets.UTF_8);
    if (address[0] == '@') {
      address[0] = 0;
    }
    return address;
  }
}
