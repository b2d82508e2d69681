package dev.coracle.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

class PortsTest {

  @Test
  void aFreePortIsFreeForTcpAndUdp() throws Exception {
    int port = Ports.free("127.0.0.1");
    InetSocketAddress address = new InetSocketAddress("127.0.0.1", port);
    try (ServerSocket tcp = new ServerSocket();
        DatagramSocket udp = new DatagramSocket(address)) {
      tcp.bind(address);
      assertThat(udp.getLocalPort()).isEqualTo(tcp.getLocalPort()).isPositive();
    }
  }
}
