package dev.coracle.proxy.internal.userspace;

import dev.coracle.client.net.SocketPump;
import dev.coracle.proxy.internal.ServicePort.Endpoint;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;

/**
 * One listening socket whose connections are joined to endpoints. Bytes flow with back-pressure
 * both ways; when a connect fails the others are tried, each once. When one side ends, the other is
 * ended after what was read is written.
 */
final class TcpListener {

  private final Vertx vertx;
  private final NetServer server;
  private final NetClient client;
  private final RoundRobin endpoints;

  TcpListener(Vertx vertx, NetClient client, RoundRobin endpoints) {
    this.vertx = vertx;
    this.server = vertx.createNetServer(new NetServerOptions().setTcpNoDelay(true));
    this.client = client;
    this.endpoints = endpoints;
  }

  Future<Void> listen(String address, int port) {
    return server.connectHandler(this::accept).listen(port, address).mapEmpty();
  }

  Future<Void> close() {
    return server.close();
  }

  private void accept(NetSocket inbound) {
    inbound.pause();
    connect(inbound, endpoints.size());
  }

  private void connect(NetSocket inbound, int tries) {
    Endpoint endpoint = tries == 0 ? null : endpoints.next(inbound.remoteAddress().host());
    if (endpoint == null) {
      inbound.close();
      return;
    }
    client
        .connect(endpoint.port(), endpoint.address())
        .onSuccess(outbound -> SocketPump.join(vertx, inbound, outbound.pause()))
        .onFailure(_ -> connect(inbound, tries - 1));
  }
}
