package dev.coracle.watchhub.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where etcd is and how to get in.
 *
 * @param endpoints {@code http://host:port} or {@code https://host:port}, all of one cluster
 * @param caFile PEM; the system's authorities when null
 * @param certFile PEM client certificate, null for none
 * @param keyFile PEM, belongs to the certificate
 * @param user empty: no authentication
 * @param requestTimeout for one attempt at one endpoint
 * @param compactEvery how often old history is compacted, zero for never; several control planes
 *     agree by upstream's {@code compact_rev_key}
 */
public record EtcdOptions(
    List<String> endpoints,
    @Nullable Path caFile,
    @Nullable Path certFile,
    @Nullable Path keyFile,
    String user,
    String password,
    Duration requestTimeout,
    Duration compactEvery) {

  public EtcdOptions {
    endpoints = List.copyOf(endpoints);
    if (endpoints.isEmpty()) {
      throw new IllegalArgumentException("at least one etcd endpoint is needed");
    }
    boolean tls = endpoints.getFirst().startsWith("https://");
    for (String endpoint : endpoints) {
      if (endpoint.startsWith("https://") != tls) {
        throw new IllegalArgumentException("etcd endpoints must be all http or all https");
      }
      if (!tls && !endpoint.startsWith("http://")) {
        throw new IllegalArgumentException("not an etcd endpoint: " + endpoint);
      }
    }
  }

  public static EtcdOptions of(List<String> endpoints) {
    return new EtcdOptions(
        endpoints, null, null, null, "", "", Duration.ofSeconds(5), Duration.ofMinutes(5));
  }

  public EtcdOptions withTls(@Nullable Path ca, @Nullable Path cert, @Nullable Path key) {
    return new EtcdOptions(endpoints, ca, cert, key, user, password, requestTimeout, compactEvery);
  }

  public EtcdOptions withUser(String name, String secret) {
    return new EtcdOptions(
        endpoints, caFile, certFile, keyFile, name, secret, requestTimeout, compactEvery);
  }

  public EtcdOptions withCompactEvery(Duration every) {
    return new EtcdOptions(
        endpoints, caFile, certFile, keyFile, user, password, requestTimeout, every);
  }

  public boolean tls() {
    return endpoints.getFirst().startsWith("https://");
  }

  /** Without the password. */
  @Override
  public String toString() {
    return "etcd at " + String.join(",", endpoints) + (user.isEmpty() ? "" : " as " + user);
  }
}
