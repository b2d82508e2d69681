package dev.coracle.apiserver;

import dev.coracle.api.Component;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.schema.Scheme;
import dev.coracle.apiserver.config.ApiServerOptions;
import dev.coracle.apiserver.internal.Assembly;
import dev.coracle.apiserver.internal.bootstrap.FlatDevices;
import dev.coracle.apiserver.internal.discovery.StartHooks;
import dev.coracle.apiserver.internal.discovery.StartHooks.Step;
import dev.coracle.watchhub.ResourceStore;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * The Kubernetes 1.36 API: over HTTPS for everybody, by direct call for components of this process.
 *
 * <p>{@link #start()} completes when the listener accepts requests and the objects every cluster
 * begins with are there. {@link #callsAs} may be used from then on. Safe on any thread.
 */
public final class ApiServer implements Component {

  private final Assembly assembly;
  private final Vertx vertx;
  private final ResourceStore store;
  private final StartHooks start = new StartHooks();
  private volatile boolean started;

  public ApiServer(
      Vertx vertx, ResourceStore store, ApiServerOptions options, MeterRegistry metrics) {
    this(vertx, store, options, metrics, ApiServerHooks.NONE);
  }

  public ApiServer(
      Vertx vertx,
      ResourceStore store,
      ApiServerOptions options,
      MeterRegistry metrics,
      ApiServerHooks hooks) {
    this.vertx = vertx;
    this.store = store;
    this.assembly = new Assembly(vertx, store, options, metrics, hooks, start);
  }

  @Override
  public String name() {
    return "kube-apiserver";
  }

  @Override
  public CompletionStage<Void> start() {
    return assembly
        .startCaches()
        .invoke(() -> start.reached(Step.CACHES))
        .chain(() -> store.list(assembly.services().stored(), "", ListOptions.ALL))
        .invoke(list -> assembly.pools().fill(list.items()))
        .chain(() -> assembly.allocation().start())
        .chain(assembly::prepare)
        .invoke(() -> start.reached(Step.OBJECTS))
        .chain(() -> new FlatDevices(store).nest())
        .chain(() ->
            Uni.createFrom().completionStage(() -> assembly.front().start().toCompletionStage()))
        .chain(assembly::appear)
        .chain(() -> assembly.bootstrap().serviceRange(assembly.pools().cidrs()))
        .invoke(() -> {
          start.reached(Step.ADDRESSES);
          started = true;
        })
        .onFailure()
        .call(() -> Uni.createFrom().completionStage(this::stop))
        .subscribeAsCompletionStage();
  }

  @Override
  public CompletionStage<Void> stop() {
    boolean serves = started;
    started = false;
    start.stopping();
    return assembly
        .disappear()
        .chain(() -> serves ? drained() : Uni.createFrom().voidItem())
        .chain(this::end)
        .subscribeAsCompletionStage();
  }

  private Uni<Void> drained() {
    return Uni.createFrom().completionStage(() -> assembly.drain().toCompletionStage());
  }

  private Uni<Void> end() {
    assembly.stopCaches();
    return Uni.createFrom()
        .completionStage(() ->
            assembly
                .front()
                .stop()
                .eventually(assembly::closeTracing)
                .eventually(() ->
                    vertx.executeBlocking(() -> {
                      assembly.closeAudit();
                      return null;
                    }))
                .toCompletionStage());
  }

  @Override
  public Optional<String> unhealthy() {
    return started ? Optional.empty() : Optional.of("the API server is not listening");
  }

  /** The port of the listener, once started. */
  public int port() {
    return assembly.front().port();
  }

  /**
   * Where the kubelet of a node that opened a tunnel is reached from this process; empty for a node
   * that is reached at its own address.
   */
  public Optional<SocketAddress> tunnelTo(String node) {
    return assembly.tunnels().via(node);
  }

  /** All resources that are served, custom ones among them. */
  public Scheme scheme() {
    return assembly.scheme();
  }

  /** The API as this user, without HTTP: with the seats and queues of priority and fairness. */
  public ApiCalls callsAs(UserInfo user) {
    return assembly.calls(user);
  }

  /**
   * The same for what computes the answers of other requests (routes and providers of the hooks).
   * Those have their seats: did the calls within wait for others, then all could wait for each
   * other.
   */
  public ApiCalls callsWithinRequestsAs(UserInfo user) {
    return assembly.innerCalls(user);
  }
}
