package dev.coracle.launcher;

import dev.coracle.api.Component;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.schema.Scheme;
import dev.coracle.apiserver.ApiServer;
import dev.coracle.apiserver.ApiServerHooks;
import dev.coracle.apiserver.EncryptionAtRest;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.config.ApiServerOptions;
import dev.coracle.apiserver.config.ApiServerOptions.Identity;
import dev.coracle.apiserver.config.ApiServerOptions.Kubelets;
import dev.coracle.apiserver.config.ApiServerOptions.Listen;
import dev.coracle.apiserver.config.ApiServerOptions.Services;
import dev.coracle.apiserver.config.ApiServerOptions.StaticToken;
import dev.coracle.client.Client;
import dev.coracle.launcher.config.CoracleOptions;
import dev.coracle.launcher.config.StoreOptions;
import dev.coracle.launcher.pki.AuthorityFiles;
import dev.coracle.watchhub.Storage;
import dev.coracle.watchhub.WatchHub;
import dev.coracle.watchhub.config.HubOptions;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Store, watch hub and API server: what everything else talks to. */
final class ControlPlane {

  private final StateStore store;
  private final WatchHub hub;
  private final ApiServer apiServer;
  private final Optional<OwnCluster> cluster;

  ControlPlane(
      Vertx vertx,
      CoracleOptions options,
      DataDirectory data,
      NetworkPlan network,
      Credentials credentials,
      ApiServerHooks hooks,
      MeterRegistry registry)
      throws IOException {
    this.store = StateStore.of(vertx, options.store(), data, registry);
    Storage storage = encrypted(vertx, options, store.storage(), registry);
    this.hub =
        new WatchHub(
            vertx, storage, HubOptions.DEFAULTS.withPrefix(options.store().etcdPrefix()), registry);
    ApiServerOptions serving = apiServerOptions(options, network, credentials);
    this.apiServer =
        asTold(() ->
            new ApiServer(
                vertx,
                hub,
                serving,
                registry,
                hooks.withChecks(EncryptionAtRest.healthChecks(storage))));
    StoreOptions kept = options.store();
    this.cluster =
        kept.etcdServers().isEmpty()
            ? Optional.empty()
            : Optional.of(
                new OwnCluster(
                    vertx,
                    this::clusterUid,
                    data.pki().resolve(AuthorityFiles.CLUSTER_UID),
                    "--etcd-servers "
                        + String.join(",", kept.etcdServers())
                        + " --etcd-prefix "
                        + kept.etcdPrefix()));
  }

  /** Of the namespace by which clusters are told apart. */
  private Uni<Optional<String>> clusterUid() {
    return hub.get(Resources.NAMESPACES.groupResource(), new NamespacedName("", "kube-system"))
        .map(namespace -> Optional.of(namespace.uid()))
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Optional.empty());
  }

  private static Storage encrypted(
      Vertx vertx, CoracleOptions options, Storage storage, MeterRegistry registry) {
    return asTold(() ->
        EncryptionAtRest.around(
            storage,
            options.store().etcdPrefix(),
            options.security().encryption(),
            vertx,
            registry));
  }

  /** What files say that options name is the user's: so is what is wrong in them. */
  private static <T> T asTold(Supplier<T> made) {
    try {
      return made.get();
    } catch (IllegalStateException e) {
      throw new UserErrorException(String.valueOf(e.getMessage()));
    }
  }

  private static ApiServerOptions apiServerOptions(
      CoracleOptions options, NetworkPlan network, Credentials credentials) {
    return new ApiServerOptions(
        new Listen(
            bindAddress(options, network),
            options.port(),
            network.nodeIp(),
            credentials.apiServer().certificate(),
            credentials.apiServer().key(),
            credentials.pki().caCertificate()),
        new Identity(
            credentials.pki().serviceAccountKey(),
            "https://kubernetes.default.svc." + options.clusterDomain(),
            List.of("https://kubernetes.default.svc." + options.clusterDomain()),
            List.of(
                new StaticToken(
                    credentials.dashboardToken(),
                    "dashboard-admin",
                    List.of(UserInfo.MASTERS, UserInfo.AUTHENTICATED)))),
        new Kubelets(
            credentials.kubeletClient().certificate(),
            credentials.kubeletClient().key(),
            credentials.pki().caCertificate()),
        new Services(
            List.of(network.serviceCidr().split(",")),
            options.serving().firstNodePort(),
            options.serving().lastNodePort()),
        options.serving().limits(),
        options.serving().shutdown(),
        options.security(),
        options.flags());
  }

  /** All of IPv4 is all of both families, as upstream, where the cluster has IPv6. */
  private static String bindAddress(CoracleOptions options, NetworkPlan network) {
    boolean six =
        Stream.concat(network.podRanges().stream(), network.serviceRanges().stream())
            .anyMatch(NamedRange::isIpv6);
    return six && options.bindAddress().equals("0.0.0.0") ? "::" : options.bindAddress();
  }

  /** In the order in which they start. */
  List<Component> parts() {
    List<Component> parts = new ArrayList<>();
    parts.add(hub);
    cluster.map(OwnCluster::check).ifPresent(parts::add);
    parts.add(apiServer);
    cluster.map(OwnCluster::keep).ifPresent(parts::add);
    store.frontend().ifPresent(parts::add);
    return List.copyOf(parts);
  }

  /** How etcdctl gets in, as environment variables; empty where the store is not shown. */
  List<String> etcdctl() {
    return store.etcdctl();
  }

  int port() {
    return apiServer.port();
  }

  /** Where the kubelet of a node with a tunnel is reached, by the node's name. */
  Optional<SocketAddress> tunnelTo(String node) {
    return apiServer.tunnelTo(node);
  }

  Scheme scheme() {
    return apiServer.scheme();
  }

  /** The API as this component's user. */
  Client client(String user) {
    return new InProcessClient(apiServer.callsAs(UserInfo.component(user)));
  }

  /** The same for a component whose calls are made to answer requests of the API. */
  Client clientWithinRequests(String user) {
    return new InProcessClient(apiServer.callsWithinRequestsAs(UserInfo.component(user)));
  }

  /** The API as the administrator. */
  Client adminClient() {
    return new InProcessClient(
        apiServer.callsAs(
            UserInfo.of("kubernetes-admin", UserInfo.MASTERS, UserInfo.AUTHENTICATED)));
  }
}
