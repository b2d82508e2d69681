package dev.coracle.watchhub.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where the embedded storage shows itself as an etcd ({@code --serve-etcd}). Whoever gets in can
 * read and change everything, Secrets too: without certificates only the loopback address is taken.
 *
 * @param port 0: any free one
 * @param certFile PEM server certificate, null for plain HTTP/2
 * @param keyFile PEM, belongs to the certificate
 * @param clientCaFile PEM: clients must show a certificate signed by it
 */
public record EtcdFrontendOptions(
    String host,
    int port,
    @Nullable Path certFile,
    @Nullable Path keyFile,
    @Nullable Path clientCaFile) {

  public EtcdFrontendOptions {
    boolean secured = certFile != null && keyFile != null && clientCaFile != null;
    boolean loopback = host.equals("127.0.0.1") || host.equals("::1") || host.equals("localhost");
    if (!secured && !loopback) {
      throw new IllegalArgumentException(
          "the etcd port gives access to everything: beyond the loopback address it needs a"
              + " certificate, a key and a client authority");
    }
  }

  public static EtcdFrontendOptions loopback(int port) {
    return new EtcdFrontendOptions("127.0.0.1", port, null, null, null);
  }
}
