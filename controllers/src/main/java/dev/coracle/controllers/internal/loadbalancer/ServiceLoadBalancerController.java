package dev.coracle.controllers.internal.loadbalancer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Gives Services of type LoadBalancer the addresses of the nodes, whose proxies lead from there to
 * the endpoints; with {@code externalTrafficPolicy: Local}, of the nodes that have some. Services
 * with a {@code loadBalancerClass} are somebody else's.
 */
public final class ServiceLoadBalancerController extends LoopController {

  private static final String BY_SERVICE = "service";
  private static final String SERVICE_NAME = "kubernetes.io/service-name";

  private final Lister services;
  private final Lister nodes;
  private final Lister slices;
  private final NodePortClaims claims;

  public ServiceLoadBalancerController(Environment env) {
    super("service-lb-controller", "service-controller", env);
    Informer ofServices =
        env.informer(Resources.SERVICES)
            .addIndex(NodePortClaims.BY_PORT, NodePortClaims::claims)
            .addHandler(siblings());
    this.services = ofServices.lister();
    this.claims = new NodePortClaims(services, env.options().takenPorts());
    loop.follow(ofServices);
    this.nodes = env.informer(Resources.NODES).addHandler(ofNodes()).lister();
    Informer ofSlices =
        env.informer(Resources.ENDPOINT_SLICES).addIndex(BY_SERVICE, s -> List.of(owner(s)));
    onAny(ofSlices, this::endpointsChanged);
    this.slices = ofSlices.lister();
  }

  /** What a Service gives back, another one may have. */
  private Informer.Handler siblings() {
    return new Informer.Handler() {
      @Override
      public void added(KubeObject service) {}

      @Override
      public void updated(KubeObject before, KubeObject now) {
        List<String> given = new ArrayList<>(NodePortClaims.claims(before));
        if (ingress(before).isEmpty() || !ingress(now).isEmpty()) {
          given.removeAll(NodePortClaims.claims(now));
        }
        giveBack(given, before);
      }

      @Override
      public void deleted(KubeObject last) {
        giveBack(NodePortClaims.claims(last), last);
      }
    };
  }

  private void giveBack(List<String> given, KubeObject by) {
    claims.takeBack(given, by);
    for (String claim : given) {
      services.byIndex(NodePortClaims.BY_PORT, claim).forEach(loop::enqueue);
    }
  }

  private Informer.Handler ofNodes() {
    return new Informer.Handler() {
      @Override
      public void added(KubeObject node) {
        wakeAll();
      }

      @Override
      public void updated(KubeObject before, KubeObject now) {
        if (!BalancingNodes.same(before, now)) {
          wakeAll();
        }
      }

      @Override
      public void deleted(KubeObject last) {
        wakeAll();
      }
    };
  }

  private void wakeAll() {
    services.list().stream().filter(NodePortClaims::isOurs).forEach(loop::enqueue);
  }

  private static String owner(KubeObject slice) {
    return slice.namespace() + "/" + slice.labels().getOrDefault(SERVICE_NAME, "");
  }

  private void endpointsChanged(KubeObject slice) {
    services
        .get(slice.namespace(), slice.labels().getOrDefault(SERVICE_NAME, ""))
        .filter(service -> NodePortClaims.isOurs(service) && isLocal(service))
        .ifPresent(loop::enqueue);
  }

  private static boolean isLocal(KubeObject service) {
    return service.text("spec", "externalTrafficPolicy").equals("Local");
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject service = services.get(name.namespace(), name.name()).orElse(null);
    if (service == null || service.isDeleting()) {
      return DONE;
    }
    if (!NodePortClaims.isOurs(service)) {
      return isLeftOver(service) ? write(service, List.of()) : DONE;
    }
    Optional<String> refusal = claims.refusal(service);
    if (refusal.isPresent()) {
      events.warning(
          service,
          "SyncLoadBalancerFailed",
          "Error syncing load balancer: failed to ensure load balancer: " + refusal.get());
      List<String> had = claims.takeBack(NodePortClaims.claims(service), service);
      giveBack(had, service);
      return write(service, List.of());
    }
    List<String> wanted = addresses(service);
    if (wanted.isEmpty()) {
      // What it has may work again soon; nothing would not.
      events.warning(
          service, "UnAvailableLoadBalancer", "There are no available nodes for LoadBalancer");
      return DONE;
    }
    return write(service, wanted);
  }

  /** An address that it had as a load balancer; that of a class is not a node's. */
  private boolean isLeftOver(KubeObject service) {
    return !service.text("spec", "type").equals("LoadBalancer")
        && !ingress(service).isEmpty()
        && ingress(service).stream().allMatch(ip -> BalancingNodes.isAddressOf(nodes.list(), ip));
  }

  private List<String> addresses(KubeObject service) {
    List<String> families = new ArrayList<>();
    service.at("spec", "ipFamilies").forEach(family -> families.add(family.asText()));
    Predicate<KubeObject> serves = _ -> true;
    if (isLocal(service)) {
      Set<String> ready = nodesWithEndpoints(service);
      serves = node -> ready.contains(node.name());
    }
    return BalancingNodes.addresses(nodes.list(), families, serves);
  }

  private Set<String> nodesWithEndpoints(KubeObject service) {
    Set<String> names = new HashSet<>();
    for (KubeObject slice : slices.byIndex(BY_SERVICE, service.key().toString())) {
      for (JsonNode endpoint : slice.at("endpoints")) {
        if (endpoint.path("conditions").path("ready").asBoolean(true)) {
          names.add(endpoint.path("nodeName").asText());
        }
      }
    }
    return names;
  }

  private static List<String> ingress(KubeObject service) {
    List<String> ips = new ArrayList<>();
    service
        .at("status", "loadBalancer", "ingress")
        .forEach(one -> ips.add(one.path("ip").asText()));
    return ips;
  }

  private Uni<Result> write(KubeObject service, List<String> wanted) {
    List<String> known = ingress(service);
    if (known.equals(wanted)) {
      return DONE;
    }
    KubeObject now =
        service.with(tree -> {
          ObjectNode balancer = tree.withObjectProperty("status").putObject("loadBalancer");
          if (!wanted.isEmpty()) {
            ArrayNode list = balancer.putArray("ingress");
            wanted.forEach(ip -> list.addObject().put("ip", ip).put("ipMode", "VIP"));
          }
        });
    return env.client()
        .updateStatus(Resources.SERVICES, now)
        .invoke(() -> tell(service, known, wanted))
        .replaceWith(Result.DONE)
        // Its newer state is on its way here.
        .onFailure(StatusException::isConflict)
        .recoverWithItem(Result.DONE)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
  }

  private void tell(KubeObject service, List<String> known, List<String> wanted) {
    if (wanted.isEmpty()) {
      return;
    }
    if (known.isEmpty()) {
      events.normal(service, "EnsuredLoadBalancer", "Ensured load balancer");
    } else {
      events.normal(service, "UpdatedLoadBalancer", "Updated load balancer with new hosts");
    }
  }
}
