package dev.coracle.proxy.internal.discovery;

import dev.coracle.proxy.internal.ServicePort;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.servicediscovery.Record;
import io.vertx.servicediscovery.ServiceDiscovery;
import io.vertx.servicediscovery.Status;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps Vert.x Service Discovery equal to the cluster's Services: one record of type {@code
 * kubernetes-service} a port, named {@code namespace/name:port}, whose location holds the Service's
 * address ({@code host}, {@code port}) and the endpoints that take traffic ({@code endpoints},
 * texts {@code address:port}); its status is OUT_OF_SERVICE while there are none. Vert.x code in
 * this process (the ingress gateway, an application embedded beside it) finds Services so, and
 * hears changes as announcements on the event bus. Belongs to the proxy's context.
 */
public final class ServicePublisher {

  public static final String TYPE = "kubernetes-service";

  private static final Logger LOG = LoggerFactory.getLogger(ServicePublisher.class);

  private final ServiceDiscovery discovery;
  private final Map<String, Map<String, Record>> published = new HashMap<>();
  private final Set<String> publishing = new HashSet<>();
  private final Map<String, ServicePort> latest = new HashMap<>();

  public ServicePublisher(ServiceDiscovery discovery) {
    this.discovery = discovery;
  }

  /** What the Service has now; none when it is gone. */
  public void update(String service, List<ServicePort> ports) {
    Map<String, Record> records = published.computeIfAbsent(service, _ -> new HashMap<>());
    Set<String> gone = new HashSet<>(records.keySet());
    for (ServicePort port : ports) {
      gone.remove(port.key());
      latest.put(port.key(), port);
      put(service, records, port);
    }
    for (String key : gone) {
      latest.remove(key);
      Record record = records.remove(key);
      if (record != null && record.getRegistration() != null) {
        discovery.unpublish(record.getRegistration()).onFailure(e -> failed(key, e));
      }
    }
    if (records.isEmpty()) {
      published.remove(service);
    }
  }

  private void put(String service, Map<String, Record> records, ServicePort port) {
    String key = port.key();
    Record known = records.get(key);
    if (known == null) {
      if (!publishing.add(key)) {
        return; // It is being published; the latest state follows then.
      }
      discovery
          .publish(record(port))
          .onComplete(done -> {
            publishing.remove(key);
            if (done.failed()) {
              failed(key, done.cause());
              return;
            }
            ServicePort now = latest.get(key);
            if (now == null) {
              discovery.unpublish(done.result().getRegistration()).onFailure(e -> failed(key, e));
            } else {
              published.computeIfAbsent(service, _ -> new HashMap<>()).put(key, done.result());
              if (!now.equals(port)) {
                put(service, published.getOrDefault(service, records), now);
              }
            }
          });
      return;
    }
    Record changed = record(port).setRegistration(known.getRegistration());
    if (!changed.getLocation().equals(known.getLocation())) {
      records.put(key, changed);
      discovery.update(changed).onFailure(e -> failed(key, e));
    }
  }

  private static Record record(ServicePort port) {
    JsonArray endpoints = new JsonArray();
    port.endpoints().forEach(e -> endpoints.add(e.toString()));
    JsonObject location =
        new JsonObject()
            .put("host", port.addresses().getFirst())
            .put("port", port.port())
            .put("protocol", port.protocol())
            .put("endpoints", endpoints);
    return new Record()
        .setName(port.key())
        .setType(TYPE)
        .setLocation(location)
        .setStatus(port.endpoints().isEmpty() ? Status.OUT_OF_SERVICE : Status.UP);
  }

  private static void failed(String key, Throwable cause) {
    LOG.atWarn()
        .addKeyValue("service", key)
        .addKeyValue("cause", String.valueOf(cause.getMessage()))
        .log("Service Discovery was not updated");
  }
}
