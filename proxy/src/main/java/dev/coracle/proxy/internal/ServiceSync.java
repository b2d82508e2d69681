package dev.coracle.proxy.internal;

import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.client.Client;
import dev.coracle.client.Informer;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.InformerOptions;
import dev.coracle.client.SerialContext;
import dev.coracle.proxy.internal.discovery.ServicePublisher;
import io.smallrye.mutiny.Uni;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Follows Services, EndpointSlices and this node's zone, and hands what changed to the backend and
 * to Service Discovery.
 */
public final class ServiceSync {

  private static final String BY_SERVICE = "service";
  private static final String ZONE = "topology.kubernetes.io/zone";

  private final InformerFactory informers;
  private final Informer services;
  private final Informer slices;
  private final Informer ownNode;
  private final String nodeName;
  private final ServiceTable table;
  private final Backend backend;
  private final ServicePublisher publisher;
  private final HealthChecks checks;
  private final ProxyHealth health;
  private final SyncRunner runner;
  private volatile boolean synced;

  public ServiceSync(
      SerialContext context,
      Client client,
      Backend backend,
      ServicePublisher publisher,
      HealthChecks checks,
      ProxyHealth health,
      String nodeName,
      String ownDns,
      ProxyMetrics metrics) {
    this.informers = new InformerFactory(context, client);
    this.table = new ServiceTable(nodeName, ownDns);
    this.backend = backend;
    this.publisher = publisher;
    this.checks = checks;
    this.health = health;
    this.runner = new SyncRunner(context, backend, this::compute, health, metrics);
    this.services = informers.informer(Resources.SERVICES).addHandler(onChange(ServiceSync::own));
    this.slices =
        informers
            .informer(Resources.ENDPOINT_SLICES)
            .addIndex(BY_SERVICE, ServiceSync::owner)
            .addHandler(onChange(ServiceSync::owner));
    this.ownNode =
        informers
            .informer(
                Resources.NODES,
                InformerOptions.ALL.withFields(FieldSelector.equalTo("metadata.name", nodeName)))
            .addHandler(ofNode());
    this.nodeName = nodeName;
  }

  public Uni<Void> start() {
    return backend
        .open()
        .chain(informers::start)
        .chain(runner::settled)
        .invoke(() -> synced = true);
  }

  public Uni<Void> stop() {
    synced = false;
    runner.stop();
    return informers.stop().chain(checks::close).chain(backend::close);
  }

  public boolean hasSynced() {
    return synced;
  }

  private List<ServicePort> compute(String name) {
    NamespacedName key = NamespacedName.parse(name);
    Optional<KubeObject> service = services.lister().get(key.namespace(), key.name());
    Collection<KubeObject> itsSlices = slices.lister().byIndex(BY_SERVICE, name);
    List<ServicePort> ports = service.map(s -> table.ports(s, itsSlices, zone())).orElse(List.of());
    checks.update(key, service.flatMap(s -> table.check(s, itsSlices)));
    // Service Discovery knows a port once: as the Service's first family has it.
    publisher.update(
        name, ports.stream().filter(port -> port.family() == ports.getFirst().family()).toList());
    return ports;
  }

  private String zone() {
    return ownNode.lister().get("", nodeName).map(ServiceSync::zone).orElse("");
  }

  private static String zone(KubeObject node) {
    return node.labels().getOrDefault(ZONE, "");
  }

  /** The node's zone has a say in every Service, and what else it says in its health. */
  private Informer.Handler ofNode() {
    return new Informer.Handler() {
      @Override
      public void added(KubeObject node) {
        health.node(node);
        if (!zone(node).isEmpty()) {
          everyService();
        }
      }

      @Override
      public void updated(KubeObject before, KubeObject now) {
        health.node(now);
        if (!zone(before).equals(zone(now))) {
          everyService();
        }
      }

      private void everyService() {
        services.lister().list().forEach(service -> runner.changed(service.key().toString()));
      }
    };
  }

  private Informer.Handler onChange(
      java.util.function.Function<KubeObject, Collection<String>> names) {
    return new Informer.Handler() {
      @Override
      public void added(KubeObject object) {
        names.apply(object).forEach(runner::changed);
      }

      @Override
      public void updated(KubeObject before, KubeObject now) {
        names.apply(before).forEach(runner::changed);
        names.apply(now).forEach(runner::changed);
      }

      @Override
      public void deleted(KubeObject last) {
        names.apply(last).forEach(runner::changed);
      }
    };
  }

  private static Collection<String> own(KubeObject service) {
    return List.of(service.key().toString());
  }

  private static Collection<String> owner(KubeObject slice) {
    String service = slice.labels().get(ServiceTable.SERVICE_NAME);
    return service == null ? List.of() : List.of(slice.namespace() + "/" + service);
  }
}
