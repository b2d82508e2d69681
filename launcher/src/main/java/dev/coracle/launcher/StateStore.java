package dev.coracle.launcher;

import dev.coracle.api.Component;
import dev.coracle.launcher.config.StoreOptions;
import dev.coracle.launcher.pki.CertificateAuthority.Request;
import dev.coracle.launcher.pki.ClusterPki;
import dev.coracle.launcher.pki.ClusterPki.Credential;
import dev.coracle.watchhub.EmbeddedStorage;
import dev.coracle.watchhub.EtcdFrontend;
import dev.coracle.watchhub.EtcdStorage;
import dev.coracle.watchhub.Storage;
import dev.coracle.watchhub.config.EmbeddedOptions;
import dev.coracle.watchhub.config.EtcdFrontendOptions;
import dev.coracle.watchhub.config.EtcdOptions;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The storage that the options ask for, and the embedded one's etcd port. That port gives access to
 * everything past RBAC, so it takes certificates of an authority of its own ({@code pki/etcd}, as
 * kubeadm has it) and not the cluster's, which kubelets and users have too.
 *
 * @param etcdPki where its authority and certificates are
 */
record StateStore(Storage storage, Optional<EtcdFrontend> etcd, Path etcdPki) {

  private static final Duration YEAR = Duration.ofDays(365);
  private static final long SMALLEST_QUOTA = 16L << 20;

  static StateStore of(
      Vertx vertx, StoreOptions options, DataDirectory data, MeterRegistry registry)
      throws IOException {
    Path pki = data.pki().resolve("etcd");
    if (!options.etcdServers().isEmpty()) {
      if (!options.serveEtcd().isEmpty()) {
        throw new UserErrorException(
            "--serve-etcd shows the embedded store; with --etcd-servers, connect to that etcd");
      }
      return new StateStore(
          new EtcdStorage(vertx, etcdOptions(options), registry), Optional.empty(), pki);
    }
    if (options.quotaBytes() < SMALLEST_QUOTA) {
      throw new UserErrorException("--quota-backend-bytes must be at least " + SMALLEST_QUOTA);
    }
    EmbeddedOptions embedded =
        EmbeddedOptions.defaults(data.store()).withQuota(options.quotaBytes());
    EmbeddedStorage storage = new EmbeddedStorage(embedded, registry);
    Optional<EtcdFrontend> etcd =
        options.serveEtcd().isEmpty()
            ? Optional.empty()
            : Optional.of(
                new EtcdFrontend(vertx, storage, frontendOptions(options.serveEtcd(), pki)));
    return new StateStore(storage, etcd, pki);
  }

  private static EtcdOptions etcdOptions(StoreOptions options) {
    try {
      EtcdOptions etcd =
          EtcdOptions.of(options.etcdServers())
              .withTls(
                  file("--etcd-cafile", options.etcdCaFile()),
                  file("--etcd-certfile", options.etcdCertFile()),
                  file("--etcd-keyfile", options.etcdKeyFile()));
      return options.etcdUser().isEmpty()
          ? etcd
          : etcd.withUser(options.etcdUser(), password(options));
    } catch (IllegalArgumentException e) {
      throw new UserErrorException(String.valueOf(e.getMessage()));
    }
  }

  private static String password(StoreOptions options) {
    Path file = file("--etcd-password-file", options.etcdPasswordFile());
    if (file == null) {
      throw new UserErrorException("--etcd-user needs --etcd-password-file");
    }
    try {
      return Files.readString(file, StandardCharsets.UTF_8).stripTrailing();
    } catch (IOException e) {
      throw new UserErrorException("--etcd-password-file: cannot read " + file);
    }
  }

  private static @Nullable Path file(String flag, String name) {
    if (name.isEmpty()) {
      return null;
    }
    Path file = Path.of(name);
    if (!Files.isReadable(file)) {
      throw new UserErrorException(flag + ": " + file + " does not exist or cannot be read");
    }
    return file;
  }

  private static EtcdFrontendOptions frontendOptions(String address, Path directory)
      throws IOException {
    int colon = address.lastIndexOf(':');
    String host = colon < 0 ? "127.0.0.1" : address.substring(0, colon).replaceAll("[\\[\\]]", "");
    int port;
    try {
      port = Integer.parseInt(address.substring(colon + 1));
    } catch (NumberFormatException e) {
      throw new UserErrorException("--serve-etcd: '" + address + "' is not HOST:PORT");
    }
    ClusterPki pki = new ClusterPki(directory, Clock.systemUTC());
    pki.openAuthority("etcd-ca");
    Credential server =
        pki.credential(
            "server",
            new Request(
                "etcd-server",
                List.of(),
                List.of("localhost"),
                List.of("127.0.0.1", host).stream().distinct().filter(StateStore::isIp).toList(),
                true,
                false,
                YEAR));
    pki.credential("client", Request.client("root"));
    return new EtcdFrontendOptions(
        host, port, server.certificate(), server.key(), pki.caCertificate());
  }

  private static boolean isIp(String host) {
    return host.contains(":") || host.matches("[0-9.]+");
  }

  Optional<Component> frontend() {
    return etcd.map(Component.class::cast);
  }

  List<String> etcdctl() {
    return etcd.map(e ->
            List.of(
                "ETCDCTL_API=3",
                "ETCDCTL_ENDPOINTS=" + e.url(),
                "ETCDCTL_CACERT=" + etcdPki.resolve("ca.crt"),
                "ETCDCTL_CERT=" + etcdPki.resolve("client.crt"),
                "ETCDCTL_KEY=" + etcdPki.resolve("client.key")))
        .orElse(List.of());
  }
}
