package dev.coracle.ingress.internal;

import dev.coracle.ingress.internal.RouteTable.Backend;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SocketAddress;
import io.vertx.servicediscovery.Record;
import io.vertx.servicediscovery.ServiceDiscovery;
import io.vertx.servicediscovery.Status;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of Services as Vert.x Service Discovery tells them: the records there are at the
 * start, then every announcement on the event bus. Endpoints are given in turn. Belongs to the
 * gateway's event loop.
 */
final class BackendDirectory {

  private static final String TYPE = "kubernetes-service";

  private static final class Port {
    int number;
    List<SocketAddress> endpoints = List.of();
    int next;
  }

  private final Vertx vertx;
  private final Context context;
  private final ServiceDiscovery discovery;
  private final Map<String, Map<String, Port>> services = new HashMap<>();
  private @Nullable MessageConsumer<JsonObject> announcements;

  BackendDirectory(Vertx vertx, Context context, ServiceDiscovery discovery) {
    this.vertx = vertx;
    this.context = context;
    this.discovery = discovery;
  }

  Future<Void> start() {
    announcements =
        vertx
            .eventBus()
            .consumer(
                discovery.options().getAnnounceAddress(),
                message -> {
                  Record record = new Record(message.body());
                  context.runOnContext(_ -> apply(record));
                });
    return discovery
        .getRecords(r -> TYPE.equals(r.getType()), true)
        .onSuccess(records -> context.runOnContext(_ -> records.forEach(this::applyUnlessKnown)))
        .mapEmpty();
  }

  Future<Void> stop() {
    return announcements == null ? Future.succeededFuture() : announcements.unregister();
  }

  /** The next endpoint of this backend; null when there is none. */
  @Nullable SocketAddress next(Backend backend) {
    Port port = port(backend);
    if (port == null || port.endpoints.isEmpty()) {
      return null;
    }
    return port.endpoints.get(Math.floorMod(port.next++, port.endpoints.size()));
  }

  int size(Backend backend) {
    Port port = port(backend);
    return port == null ? 0 : port.endpoints.size();
  }

  private @Nullable Port port(Backend backend) {
    Map<String, Port> ports = services.get(backend.namespace() + "/" + backend.service());
    if (ports == null) {
      return null;
    }
    if (!backend.portName().isEmpty()) {
      return ports.get(backend.portName());
    }
    for (Port port : ports.values()) {
      if (port.number == backend.portNumber()) {
        return port;
      }
    }
    return null;
  }

  /** An announcement that came before the list is newer than it. */
  private void applyUnlessKnown(Record record) {
    String[] name = split(record);
    Map<String, Port> ports = services.get(name[0]);
    if (ports == null || !ports.containsKey(name[1])) {
      apply(record);
    }
  }

  private void apply(Record record) {
    if (!TYPE.equals(record.getType())) {
      return;
    }
    String[] name = split(record);
    if (record.getStatus() == Status.DOWN) {
      services.computeIfPresent(
          name[0],
          (_, ports) -> {
            ports.remove(name[1]);
            return ports.isEmpty() ? null : ports;
          });
      return;
    }
    Port port =
        services
            .computeIfAbsent(name[0], _ -> new HashMap<>())
            .computeIfAbsent(name[1], _ -> new Port());
    port.number = record.getLocation().getInteger("port", 0);
    List<SocketAddress> endpoints = new ArrayList<>();
    for (Object endpoint : record.getLocation().getJsonArray("endpoints")) {
      String text = String.valueOf(endpoint);
      int colon = text.lastIndexOf(':');
      endpoints.add(
          SocketAddress.inetSocketAddress(
              Integer.parseInt(text.substring(colon + 1)), text.substring(0, colon)));
    }
    port.endpoints = List.copyOf(endpoints);
  }

  /** {@code namespace/name} and the port's name. */
  private static String[] split(Record record) {
    int colon = record.getName().lastIndexOf(':');
    return new String[] {
      record.getName().substring(0, colon), record.getName().substring(colon + 1)
    };
  }
}
