package dev.coracle.proxy.internal.userspace;

import dev.coracle.api.net.IpFamily;
import dev.coracle.proxy.internal.Backend;
import dev.coracle.proxy.internal.ServicePort;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Service addresses as sockets of this process. An address that is not the host's own cannot be
 * listened on; on Linux all of 127.0.0.0/8 is, so a cluster without root takes its Services'
 * addresses from there. What cannot be bound (ports below 1024 without the right to) is logged once
 * and left out; the rest works. Of IPv6 the host has one loopback address, so Services have none of
 * it here. All state belongs to one event loop.
 */
public final class UserspaceBackend implements Backend {

  private static final Logger LOG = LoggerFactory.getLogger(UserspaceBackend.class);

  private static final class Open {
    final RoundRobin internal;
    final RoundRobin external;
    final List<java.util.function.Supplier<Future<Void>>> closers = new ArrayList<>();
    ServicePort port;

    Open(ServicePort port, Clock clock) {
      this.port = port;
      this.internal = new RoundRobin(clock);
      this.external = new RoundRobin(clock);
    }
  }

  private final Vertx vertx;
  private final Context context;
  private final NetClient client;
  private final Map<String, Open> open = new HashMap<>();

  public UserspaceBackend(Vertx vertx, Context context) {
    this.vertx = vertx;
    this.context = context;
    this.client =
        vertx.createNetClient(new NetClientOptions().setConnectTimeout(2000).setTcpNoDelay(true));
  }

  @Override
  public String name() {
    return "userspace";
  }

  @Override
  public Uni<Void> open() {
    return Uni.createFrom().voidItem();
  }

  @Override
  public Uni<Void> apply(Collection<ServicePort> changed, Collection<String> removed) {
    return onLoop(() -> {
      List<Future<Void>> work = new ArrayList<>();
      removed.forEach(key -> work.add(close(open.remove(key))));
      changed.stream()
          .filter(port -> port.family() == IpFamily.IPv4)
          .forEach(port -> work.add(put(port)));
      return Future.join(work).mapEmpty();
    });
  }

  @Override
  public Uni<Void> close() {
    return onLoop(() -> {
      List<Future<Void>> work = new ArrayList<>();
      open.values().forEach(o -> work.add(close(o)));
      open.clear();
      work.add(client.close());
      return Future.join(work).mapEmpty();
    });
  }

  private Uni<Void> onLoop(java.util.function.Supplier<Future<Void>> work) {
    return Uni.createFrom()
        .emitter(emitter ->
            context.runOnContext(
                _ -> work.get().onSuccess(emitter::complete).onFailure(emitter::fail)));
  }

  private Future<Void> put(ServicePort port) {
    Open known = open.get(port.key());
    if (known != null && sameSockets(known.port, port)) {
      update(known, port);
      return Future.succeededFuture();
    }
    open.remove(port.key());
    return close(known).compose(_ -> listen(port));
  }

  private static boolean sameSockets(ServicePort a, ServicePort b) {
    return a.addresses().equals(b.addresses())
        && a.port() == b.port()
        && a.outside().nodePort() == b.outside().nodePort()
        && a.outside().allAddresses().equals(b.outside().allAddresses())
        && a.protocol().equals(b.protocol());
  }

  private static void update(Open open, ServicePort port) {
    open.port = port;
    open.internal.update(port.endpoints(), port.affinitySeconds());
    open.external.update(port.outside().endpoints(), port.affinitySeconds());
  }

  private Future<Void> listen(ServicePort port) {
    Open now = new Open(port, Clock.systemUTC());
    update(now, port);
    open.put(port.key(), now);
    List<Future<Void>> listening = new ArrayList<>();
    for (String address : port.addresses()) {
      listening.add(listen(now, now.internal, address, port.port()));
    }
    for (String address : port.outside().allAddresses()) {
      listening.add(listen(now, now.external, address, port.port()));
    }
    int nodePort = port.outside().nodePort();
    if (nodePort != 0) {
      listening.add(listen(now, now.external, "0.0.0.0", nodePort));
    }
    return Future.join(listening).mapEmpty();
  }

  private Future<Void> listen(Open now, RoundRobin endpoints, String address, int port) {
    Future<Void> listening;
    switch (now.port.protocol()) {
      case "tcp" -> {
        TcpListener listener = new TcpListener(vertx, client, endpoints);
        now.closers.add(listener::close);
        listening = listener.listen(address, port);
      }
      case "udp" -> {
        UdpListener listener = new UdpListener(vertx, endpoints);
        now.closers.add(listener::close);
        listening = listener.listen(address, port);
      }
      default -> {
        LOG.atWarn()
            .addKeyValue("service", now.port.key())
            .addKeyValue("protocol", now.port.protocol())
            .log("The userspace proxy serves TCP and UDP only");
        return Future.succeededFuture();
      }
    }
    return listening.recover(failure -> {
      LOG.atWarn()
          .addKeyValue("service", now.port.key())
          .addKeyValue("address", address + ":" + port)
          .addKeyValue("cause", failure.getMessage())
          .log("A Service address cannot be listened on; reach it by its endpoints");
      return Future.succeededFuture();
    });
  }

  private static Future<Void> close(@org.jspecify.annotations.Nullable Open open) {
    if (open == null) {
      return Future.succeededFuture();
    }
    List<Future<Void>> closing = new ArrayList<>();
    open.closers.forEach(c -> closing.add(c.get()));
    return Future.join(closing).<Void>mapEmpty().otherwiseEmpty();
  }
}
