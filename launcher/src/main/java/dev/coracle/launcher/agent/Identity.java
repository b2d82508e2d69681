package dev.coracle.launcher.agent;

import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.client.HttpsClient;
import dev.coracle.client.config.HttpsClientOptions;
import dev.coracle.launcher.UserErrorException;
import dev.coracle.launcher.agent.CertificateRequests.Purpose;
import dev.coracle.launcher.pki.Pem;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;

/**
 * Who the node is: the cluster's CA, the client certificate it joined by, and the client that uses
 * them. {@link #open} blocks until there is one.
 */
final class Identity {

  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final String USER_AGENT = "coracle-agent";

  private final AgentOptions options;
  private final Path ca;
  private final NodeCertificates certificates;
  private final HttpsClient client;

  private Identity(
      AgentOptions options, Path ca, NodeCertificates certificates, HttpsClient client) {
    this.options = options;
    this.ca = ca;
    this.certificates = certificates;
    this.client = client;
  }

  /**
   * @param pki where the files stand
   * @param address the node's own
   */
  static Identity open(
      Vertx vertx, AgentOptions options, Path pki, String node, String address, Clock clock)
      throws IOException {
    Files.createDirectories(pki);
    Path ca = authority(options, pki);
    NodeCertificates certificates =
        new NodeCertificates(vertx, pki, "kubelet-client", Purpose.CLIENT, clock);
    HttpsClientOptions https =
        HttpsClientOptions.of(options.server(), Files.readString(ca), USER_AGENT);
    if (!certificates.isUsable()) {
      join(vertx, options, https, certificates, node, address);
    }
    HttpsClient client =
        new HttpsClient(
            vertx,
            https.withCertificate(
                Files.readString(certificates.certificate()),
                Files.readString(certificates.key())));
    return new Identity(options, ca, certificates, client);
  }

  private static Path authority(AgentOptions options, Path pki) throws IOException {
    Path ca = pki.resolve("ca.crt");
    if (!options.caFile().isEmpty()) {
      Path given = Path.of(options.caFile());
      if (!Files.isReadable(given)) {
        throw new UserErrorException("there is no file " + given + " (--ca-file)");
      }
      Pem.write(ca, Files.readString(given));
    } else if (!Files.exists(ca)) {
      if (options.caHash().isEmpty()) {
        throw new UserErrorException(
            "how to know the cluster? Give its CA's hash with --ca-hash ('coracle token create' on"
                + " the server prints it), or the CA itself with --ca-file");
      }
      Pem.write(ca, AuthorityPin.fetch(options.server(), options.caHash()));
    }
    return ca;
  }

  private static void join(
      Vertx vertx,
      AgentOptions options,
      HttpsClientOptions https,
      NodeCertificates certificates,
      String node,
      String address) {
    if (options.token().isEmpty()) {
      throw new UserErrorException(
          "a machine that joins needs a --token; 'coracle token create' on the server prints one");
    }
    try (HttpsClient bootstrap = new HttpsClient(vertx, https.withToken(options.token()))) {
      certificates.obtain(new CertificateRequests(bootstrap, node, address)).await().atMost(LIMIT);
    } catch (StatusException e) {
      throw StatusException.is(e, StatusReason.UNAUTHORIZED)
          ? new UserErrorException(
              "the cluster does not know this --token, or it has ended; 'coracle token create' on"
                  + " the server prints a new one")
          : e;
    }
  }

  Path ca() {
    return ca;
  }

  NodeCertificates certificates() {
    return certificates;
  }

  HttpsClient client() {
    return client;
  }

  /** Requests as this node. */
  CertificateRequests requests(String node, String address) {
    return new CertificateRequests(client, node, address);
  }

  /** Takes up the certificate that was renewed. Blocks. */
  void renewed() throws IOException {
    client.rotate(
        Files.readString(certificates.certificate()), Files.readString(certificates.key()));
  }

  @Override
  public String toString() {
    return "Identity[" + options.server() + "]";
  }
}
