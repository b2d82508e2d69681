package dev.coracle.launcher;

import dev.coracle.launcher.config.CoracleOptions;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashMap;
import java.util.Map;

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

  /** What listens on the nodes by the options, so that no load balancer leads it elsewhere. */
  static Map<Integer, String> taken(CoracleOptions options) {
    Map<Integer, String> taken = new HashMap<>();
    taken.put(options.port(), "the API server");
    if (options.node().present()) {
      taken.put(options.kubeletPort(), "the kubelet");
      taken.put(options.ingressHttpPort(), "the ingress gateway");
      taken.put(options.ingressHttpsPort(), "the ingress gateway");
    }
    taken.remove(0);
    return taken;
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
