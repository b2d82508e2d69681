package dev.coracle.coredns.internal;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.parsetools.RecordParser;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.Message;

/**
 * DNS over TCP (RFC 7766): every message behind its length in two bytes. A connection is closed
 * after ten idle seconds and on garbage; while its write queue is full nothing more is read from
 * it.
 */
final class TcpTransport {

  private static final Logger LOG = LoggerFactory.getLogger(TcpTransport.class);
  private static final int LARGEST = 65535;

  private final NetServer server;
  private final PluginChain chain;

  TcpTransport(Vertx vertx, PluginChain chain) {
    this.server =
        vertx.createNetServer(
            new NetServerOptions().setIdleTimeout(10).setIdleTimeoutUnit(TimeUnit.SECONDS));
    this.chain = chain;
  }

  Future<Integer> listen(String address, int port) {
    return server.connectHandler(this::accept).listen(port, address).map(NetServer::actualPort);
  }

  Future<Void> close() {
    return server.close();
  }

  private void accept(NetSocket socket) {
    RecordParser parser = RecordParser.newFixed(2);
    boolean[] length = {true};
    parser.handler(buffer -> {
      if (length[0]) {
        int size = buffer.getUnsignedShort(0);
        if (size == 0) {
          socket.close();
          return;
        }
        parser.fixedSizeMode(size);
      } else {
        parser.fixedSizeMode(2);
        answer(socket, buffer);
      }
      length[0] = !length[0];
    });
    socket.handler(parser);
    socket.exceptionHandler(e -> LOG.atDebug().addKeyValue("cause", e).log("TCP connection"));
  }

  private void answer(NetSocket socket, Buffer bytes) {
    Message query;
    try {
      query = new Message(bytes.getBytes());
    } catch (IOException | RuntimeException e) {
      socket.close();
      return;
    }
    chain
        .serve(query)
        .subscribe()
        .with(
            answer -> {
              byte[] wire = Answers.wire(query, answer, LARGEST);
              socket.write(
                  Buffer.buffer(2 + wire.length)
                      .appendUnsignedShort(wire.length)
                      .appendBytes(wire));
              if (socket.writeQueueFull()) {
                socket.pause();
                socket.drainHandler(_ -> socket.resume());
              }
            },
            failure -> socket.close());
  }
}
