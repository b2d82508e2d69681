package dev.coracle.launcher.cli;

import dev.coracle.launcher.config.StoreOptions;
import java.util.List;
import picocli.CommandLine.Option;

/** The flags of {@code up} that say where the state is kept. */
final class StoreFlags {

  @Option(
      names = "--etcd-servers",
      paramLabel = "URL",
      split = ",",
      description =
          "Keep the state in this etcd; several endpoints of one cluster stand with commas between"
              + " them. Default: the embedded store in the data directory")
  private List<String> etcdServers = List.of();

  @Option(
      names = "--etcd-prefix",
      paramLabel = "PREFIX",
      defaultValue = "/registry",
      description = "What all keys begin with. Default: ${DEFAULT-VALUE}")
  private String etcdPrefix = "/registry";

  @Option(
      names = "--etcd-cafile",
      paramLabel = "FILE",
      defaultValue = "",
      description = "CA certificate of etcd.")
  private String etcdCaFile = "";

  @Option(
      names = "--etcd-certfile",
      paramLabel = "FILE",
      defaultValue = "",
      description = "Client certificate towards etcd.")
  private String etcdCertFile = "";

  @Option(
      names = "--etcd-keyfile",
      paramLabel = "FILE",
      defaultValue = "",
      description = "Key of the client certificate towards etcd.")
  private String etcdKeyFile = "";

  @Option(
      names = "--etcd-user",
      paramLabel = "NAME",
      defaultValue = "",
      description = "User of etcd's own authentication; needs --etcd-password-file.")
  private String etcdUser = "";

  @Option(
      names = "--etcd-password-file",
      paramLabel = "FILE",
      defaultValue = "",
      description = "File that holds the password of --etcd-user.")
  private String etcdPasswordFile = "";

  @Option(
      names = "--serve-etcd",
      paramLabel = "[HOST:]PORT",
      arity = "0..1",
      defaultValue = "",
      fallbackValue = "127.0.0.1:2379",
      description =
          "Show the embedded store as an etcd, for etcdctl: TLS only, and only for clients with a"
              + " certificate of the authority in pki/etcd. Without a value: ${FALLBACK-VALUE}."
              + " Default: not shown")
  private String serveEtcd = "";

  @Option(
      names = "--quota-backend-bytes",
      paramLabel = "BYTES",
      defaultValue = "8589934592",
      description =
          "The most that the embedded store takes on disk; beyond it, only deletions are taken."
              + " Default: ${DEFAULT-VALUE}")
  private long quotaBytes = 8L << 30;

  StoreOptions options() {
    return new StoreOptions(
        etcdServers,
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
