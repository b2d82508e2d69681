package dev.coracle.coredns.internal;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.datagram.DatagramPacket;
import io.vertx.core.datagram.DatagramSocket;
import io.vertx.core.datagram.DatagramSocketOptions;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.Message;

/**
 * DNS over UDP: answers longer than the asker takes (512 bytes, or what EDNS says) are cut and
 * marked so, and the asker comes again over TCP. Garbage is dropped without an answer.
 */
final class UdpTransport {

  private static final Logger LOG = LoggerFactory.getLogger(UdpTransport.class);
  private static final int PLAIN_LIMIT = 512;
  private static final int LARGEST = 4096;

  private final DatagramSocket socket;
  private final PluginChain chain;

  UdpTransport(Vertx vertx, PluginChain chain) {
    this.socket =
        vertx.createDatagramSocket(
            new DatagramSocketOptions().setReceiveBufferSize(1 << 20).setSendBufferSize(1 << 20));
    this.chain = chain;
  }

  /**
   * @return the port it listens on
   */
  Future<Integer> listen(String address, int port) {
    socket.handler(this::receive);
    socket.exceptionHandler(e -> LOG.atDebug().addKeyValue("cause", e).log("UDP socket"));
    return socket.listen(port, address).map(s -> s.localAddress().port());
  }

  Future<Void> close() {
    return socket.close();
  }

  private void receive(DatagramPacket packet) {
    Message query;
    try {
      query = new Message(packet.data().getBytes());
    } catch (IOException | RuntimeException e) {
      return;
    }
    if (query.getHeader().getFlag(org.xbill.DNS.Flags.QR)) {
      return;
    }
    int limit =
        query.getOPT() == null
            ? PLAIN_LIMIT
            : Math.clamp(query.getOPT().getPayloadSize(), PLAIN_LIMIT, LARGEST);
    chain
        .serve(query)
        .subscribe()
        .with(
            answer ->
                socket.send(
                    Buffer.buffer(Answers.wire(query, answer, limit)),
                    packet.sender().port(),
                    packet.sender().host()),
            failure -> LOG.atDebug().addKeyValue("cause", failure).log("Query failed"));
  }
}
