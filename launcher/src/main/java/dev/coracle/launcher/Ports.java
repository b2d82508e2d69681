package dev.coracle.launcher;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Ports that are not asked for by number. */
final class Ports {

  private static final int ATTEMPTS = 20;

  private Ports() {}

  /** The port if it is free now, else 0, which means any. */
  static int preferred(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(port));
      return port;
    } catch (IOException taken) {
      return 0;
    }
  }

  /**
   * A port of this address that TCP and UDP have free now, for what has to be told of it before it
   * listens.
   */
  static int free(String address) {
    IOException last = null;
    for (int i = 0; i < ATTEMPTS; i++) {
      try (ServerSocket tcp = new ServerSocket()) {
        tcp.bind(new InetSocketAddress(address, 0));
        int port = tcp.getLocalPort();
        try (DatagramSocket udp = new DatagramSocket(new InetSocketAddress(address, port))) {
          return udp.getLocalPort();
        }
      } catch (IOException e) {
        last = e;
      }
    }
    throw new UserErrorException("no free port at " + address + ": " + last);
  }
}
