package dev.coracle.launcher.cli;

import dev.coracle.launcher.UserErrorException;
import dev.coracle.launcher.config.StoreOptions;
import dev.coracle.launcher.join.JoinOptions;
import dev.coracle.launcher.join.ServerJoin;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The flags of {@code server} and {@code up} that make this control plane one of several. */
final class JoinFlags {

  @Option(
      names = "--join",
      paramLabel = "URL",
      defaultValue = "",
      description =
          "Be one more control plane of the cluster with this API server, https://HOST:PORT, and of"
              + " the same --etcd-servers. 'coracle token create --server' there prints this and"
              + " the next three options; all are needed once")
  private String join = "";

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      defaultValue = "${env:CORACLE_TOKEN:-}",
      description = "The token to --join with, good for one machine. Default: $CORACLE_TOKEN")
  private String token = "";

  @Option(
      names = "--ca-hash",
      paramLabel = "HASH",
      defaultValue = "",
      description = "sha256:… of the public key of the CA of the cluster to --join.")
  private String caHash = "";

  @Option(
      names = "--certificate-key",
      paramLabel = "KEY",
      defaultValue = "${env:CORACLE_CERTIFICATE_KEY:-}",
      description =
          "What the cluster's authority is sealed with on its way here. Default:"
              + " $CORACLE_CERTIFICATE_KEY")
  private String certificateKey = "";

  /** Takes the cluster's authority where that is asked for. Blocks. */
  void run(Path dataDir, StoreOptions store) throws IOException {
    if (join.isEmpty()) {
      return;
    }
    if (store.etcdServers().isEmpty()) {
      throw new UserErrorException(
          "--join needs the store that the cluster's control planes share: give its"
              + " --etcd-servers here too");
    }
    new ServerJoin(new JoinOptions(https("--join", join), token, caHash, certificateKey))
        .into(dataDir);
  }

  /** The address of an API server. */
  static URI https(String flag, String text) {
    try {
      URI uri = URI.create(text);
      if ("https".equals(uri.getScheme()) && uri.getHost() != null) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // Told below.
    }
    throw new UserErrorException(flag + " is https://HOST:PORT, not '" + text + "'");
  }
}
