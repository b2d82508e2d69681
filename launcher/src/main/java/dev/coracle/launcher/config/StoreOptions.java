package dev.coracle.launcher.config;

import java.util.List;

/**
 * Where the cluster's state is kept. Empty texts mean: not used.
 *
 * @param etcdServers empty: the embedded store
 * @param etcdPrefix what all keys begin with, in etcd and in the embedded store
 * @param etcdCaFile with {@code etcdCertFile} and {@code etcdKeyFile}: TLS towards etcd
 * @param etcdUser with {@code etcdPasswordFile}: etcd's authentication by name
 * @param etcdPasswordFile its content is the password; a line break at its end does not count
 * @param serveEtcd {@code HOST:PORT} on which the embedded store shows itself as an etcd
 * @param quotaBytes the most that the embedded store takes on disk
 */
public record StoreOptions(
    List<String> etcdServers,
    String etcdPrefix,
    String etcdCaFile,
    String etcdCertFile,
    String etcdKeyFile,
    String etcdUser,
    String etcdPasswordFile,
    String serveEtcd,
    long quotaBytes) {

  /** The embedded store with its defaults: at most 8 GiB, shown to nobody. */
  public static final StoreOptions EMBEDDED =
      new StoreOptions(List.of(), "/registry", "", "", "", "", "", "", 8L << 30);

  public StoreOptions {
    etcdServers = List.copyOf(etcdServers);
  }

  /** Whether another process can have the same state. */
  public boolean mayHaveSeveralControlPlanes() {
    return !etcdServers.isEmpty() || !serveEtcd.isEmpty();
  }

  public StoreOptions withEtcdServers(List<String> servers) {
    return new StoreOptions(
        servers,
        etcdPrefix,
        etcdCaFile,
        etcdCertFile,
        etcdKeyFile,
        etcdUser,
        etcdPasswordFile,
        serveEtcd,
        quotaBytes);
  }
}
