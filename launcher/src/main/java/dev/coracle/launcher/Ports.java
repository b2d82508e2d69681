package dev.coracle.launcher;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Ports that are better had than another, but not worth failing for. */
final class Ports {

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
}
