package dev.coracle.apiserver.internal.bootstrap;

import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.apiserver.ApiCalls;
import dev.coracle.apiserver.internal.identity.ServerAddresses;
import dev.coracle.apiserver.internal.identity.ServerAddresses.Address;
import dev.coracle.apiserver.internal.registry.LiveCache;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The {@code kubernetes} Service with the addresses of all API servers that live, so that Pods
 * reach one of them: put right when a server comes or goes, and when somebody changes or deletes
 * one of its objects. Every server does so; they want the same.
 */
public final class KubernetesServiceReconciler {

  private static final Logger LOG = LoggerFactory.getLogger(KubernetesServiceReconciler.class);
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final Vertx vertx;
  private final ApiCalls calls;
  private final Ensurer ensurer;
  private final ServerAddresses servers;
  private final LiveCache services;
  private final LiveCache endpoints;
  private final LiveCache slices;
  private String serviceAddress = "";
  private boolean running;
  private boolean busy;
  private boolean again;

  /**
   * @param calls as the server itself
   */
  public KubernetesServiceReconciler(Vertx vertx, ResourceStore store, ApiCalls calls) {
    this.vertx = vertx;
    this.calls = calls;
    this.ensurer = new Ensurer(calls, Bootstrap.OPTIONS);
    this.servers = new ServerAddresses(vertx, store, this::request);
    ListOptions named =
        ListOptions.ALL.withFields(FieldSelector.equalTo("metadata.name", KubernetesService.NAME));
    ListOptions labelled =
        ListOptions.ALL.withLabels(
            LabelSelector.parse("kubernetes.io/service-name=" + KubernetesService.NAME));
    this.services = cache(store, Resources.SERVICES, named);
    this.endpoints = cache(store, Resources.ENDPOINTS, named);
    this.slices = cache(store, Resources.ENDPOINT_SLICES, labelled);
  }

  private LiveCache cache(ResourceStore store, GroupVersionResource of, ListOptions which) {
    GroupResource resource = of.groupResource();
    return LiveCache.ofSome(vertx, store, resource, KubernetesService.NAMESPACE, which)
        .listen((_, _) -> request());
  }

  /** Who serves from another machine, as the store tells. */
  public Uni<List<String>> others(String ownIp) {
    return servers.others(ownIp);
  }

  /** Completes when the Service leads to this server and the others. */
  public Uni<Void> start(String clusterIp, Address self) {
    synchronized (this) {
      serviceAddress = clusterIp;
    }
    return servers
        .start(self)
        .chain(slices::start)
        .chain(this::reconcile)
        .chain(services::start)
        .chain(endpoints::start)
        .invoke(() -> {
          synchronized (this) {
            running = true;
          }
          request();
        });
  }

  /** The other servers take this one's address out. */
  public Uni<Void> stop() {
    synchronized (this) {
      running = false;
    }
    List.of(services, endpoints, slices).forEach(LiveCache::stop);
    return servers.stop();
  }

  private synchronized void request() {
    if (!running) {
      return;
    }
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    reconcile().subscribe().with(_ -> done(), this::failed);
  }

  private void done() {
    synchronized (this) {
      busy = false;
      if (!again) {
        return;
      }
      again = false;
    }
    request();
  }

  private void failed(Throwable why) {
    LOG.atWarn()
        .addKeyValue("why", why.getMessage())
        .log("The kubernetes Service cannot be put right");
    vertx.setTimer(
        RETRY.toMillis(),
        _ -> {
          synchronized (this) {
            again = true;
          }
          done();
        });
  }

  private synchronized Uni<Void> reconcile() {
    KubeObject service = KubernetesService.service(serviceAddress);
    var alive = servers.alive();
    return ensurer
        .ensure(Resources.SERVICES, service)
        // Another server of the cluster that starts at the same time has the address.
        .onFailure(f -> f instanceof StatusException)
        .recoverWithUni(() -> calls.get(Resources.SERVICES, service.namespace(), service.name()))
        .chain(
            () -> ensurer.put(Resources.ENDPOINTS, KubernetesService.endpoints(alive), "subsets"))
        .chain(() -> slices(KubernetesService.slices(alive)));
  }

  private Uni<Void> slices(List<KubeObject> wanted) {
    List<KubeObject> wrong = new ArrayList<>();
    for (KubeObject slice : slices.all()) {
      boolean ours =
          slice.name().equals(KubernetesService.NAME) || KubernetesService.isFurther(slice);
      if (ours && wanted.stream().noneMatch(w -> isSuccessor(w, slice))) {
        wrong.add(slice);
      }
    }
    return Multi.createFrom()
        .iterable(wrong)
        .onItem()
        .transformToUniAndConcatenate(this::delete)
        .collect()
        .last()
        .onItem()
        .transformToMulti(_ -> Multi.createFrom().iterable(wanted))
        .onItem()
        .transformToUniAndConcatenate(
            slice -> ensurer.put(Resources.ENDPOINT_SLICES, slice, "endpoints", "ports"))
        .collect()
        .last()
        .replaceWithVoid();
  }

  /** A slice's family cannot be changed. */
  private static boolean isSuccessor(KubeObject wanted, KubeObject there) {
    return wanted.name().equals(there.name())
        && wanted.text("addressType").equals(there.text("addressType"));
  }

  private Uni<KubeObject> delete(KubeObject slice) {
    return calls
        .delete(Resources.ENDPOINT_SLICES, slice.namespace(), slice.name(), DeleteOptions.DEFAULT)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(slice);
  }
}
