package dev.coracle.proxy.internal.userspace;

import dev.coracle.proxy.internal.ServicePort.Endpoint;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.datagram.DatagramPacket;
import io.vertx.core.datagram.DatagramSocket;
import io.vertx.core.datagram.DatagramSocketOptions;
import io.vertx.core.net.SocketAddress;
import java.util.HashMap;
import java.util.Map;

/**
 * One UDP socket whose senders each get a socket of their own towards an endpoint, until they were
 * silent for {@link #IDLE_MILLIS}. At most {@link #SENDERS} at once; datagrams of further ones are
 * dropped, as UDP may. Belongs to one event loop.
 */
final class UdpListener {

  private static final long IDLE_MILLIS = 30_000;
  private static final int SENDERS = 4096;

  private final class Session {
    final DatagramSocket socket = vertx.createDatagramSocket(new DatagramSocketOptions());
    final Endpoint endpoint;
    long timer;

    Session(Endpoint endpoint) {
      this.endpoint = endpoint;
    }
  }

  private final Vertx vertx;
  private final DatagramSocket server;
  private final RoundRobin endpoints;
  private final Map<SocketAddress, Session> sessions = new HashMap<>();

  UdpListener(Vertx vertx, RoundRobin endpoints) {
    this.vertx = vertx;
    this.server = vertx.createDatagramSocket(new DatagramSocketOptions());
    this.endpoints = endpoints;
  }

  Future<Void> listen(String address, int port) {
    server.handler(this::receive);
    return server.listen(port, address).mapEmpty();
  }

  Future<Void> close() {
    sessions.values().forEach(this::end);
    sessions.clear();
    return server.close();
  }

  private void receive(DatagramPacket packet) {
    SocketAddress sender = packet.sender();
    Session session = sessions.get(sender);
    if (session == null) {
      Endpoint endpoint = sessions.size() < SENDERS ? endpoints.next(sender.host()) : null;
      if (endpoint == null) {
        return;
      }
      session = new Session(endpoint);
      sessions.put(sender, session);
      session.socket.handler(answer -> {
        server.send(answer.data(), sender.port(), sender.host());
        touch(sender);
      });
      Session opened = session;
      session
          .socket
          .listen(0, "0.0.0.0")
          .onSuccess(_ -> opened.socket.send(packet.data(), endpoint.port(), endpoint.address()));
    } else {
      session.socket.send(packet.data(), session.endpoint.port(), session.endpoint.address());
    }
    touch(sender);
  }

  private void touch(SocketAddress sender) {
    Session session = sessions.get(sender);
    if (session != null) {
      vertx.cancelTimer(session.timer);
      session.timer =
          vertx.setTimer(
              IDLE_MILLIS,
              _ -> {
                Session idle = sessions.remove(sender);
                if (idle != null) {
                  end(idle);
                }
              });
    }
  }

  private void end(Session session) {
    vertx.cancelTimer(session.timer);
    session.socket.close();
  }
}
