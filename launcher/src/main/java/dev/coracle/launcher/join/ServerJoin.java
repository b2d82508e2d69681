package dev.coracle.launcher.join;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.client.Client;
import dev.coracle.client.HttpsClient;
import dev.coracle.client.config.HttpsClientOptions;
import dev.coracle.launcher.DataDirectory;
import dev.coracle.launcher.UserErrorException;
import dev.coracle.launcher.agent.AuthorityPin;
import dev.coracle.launcher.agent.JoinTokens;
import dev.coracle.launcher.pki.AuthorityFiles;
import dev.coracle.launcher.pki.CertificateKey;
import dev.coracle.launcher.pki.Pem;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Fetches the cluster's authority into a data directory that has none yet. The token ends before
 * anything is written, so that of two machines with one token one joins. Blocks.
 */
public final class ServerJoin {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String NEW_COMMAND =
      "'coracle token create --server' on a control plane prints a new command";

  private final JoinOptions options;

  public ServerJoin(JoinOptions options) {
    this.options = options;
  }

  /**
   * Nothing where the directory has the authority already, as it has after the first start.
   *
   * @throws UserErrorException when the directory has another one, or is not let in
   */
  public void into(Path dataDir) throws IOException {
    try (DataDirectory data = DataDirectory.open(dataDir)) {
      if (AuthorityFiles.areIn(data.pki())) {
        assertSame(data.pki());
        return;
      }
      CertificateKey key = key();
      String pin = options.caHash();
      if (options.token().isEmpty() || pin.isEmpty()) {
        throw new UserErrorException(
            "a control plane that joins needs --token, --ca-hash and --certificate-key; "
                + NEW_COMMAND);
      }
      String authority = AuthorityPin.fetch(options.server(), pin);
      Vertx vertx = Vertx.vertx();
      try (HttpsClient client =
          new HttpsClient(
              vertx,
              HttpsClientOptions.of(options.server(), authority, "coracle-server")
                  .withToken(options.token()))) {
        fetch(client, key).write(data.pki());
      } finally {
        vertx.close();
      }
    }
  }

  private void assertSame(Path pki) throws IOException {
    String pin = options.caHash();
    if (!pin.isEmpty()
        && !AuthorityPin.of(Pem.readCertificate(pki.resolve("ca.crt"))).equalsIgnoreCase(pin)) {
      throw new UserErrorException(
          pki
              + " has the authority of another cluster than the one with this --ca-hash; take"
              + " another --data-dir");
    }
  }

  private CertificateKey key() {
    try {
      return CertificateKey.parse(options.certificateKey());
    } catch (IllegalArgumentException e) {
      throw new UserErrorException(
          "--certificate-key is the 64 hexadecimal digits that came with the --token; "
              + NEW_COMMAND);
    }
  }

  /** What this token leads to; the token is used up. */
  AuthorityFiles fetch(Client client, CertificateKey key) throws IOException {
    String id = JoinTokens.id(options.token());
    String name = SealedAuthority.name(id);
    KubeObject secret;
    try {
      secret = client.get(Resources.SECRETS, SealedAuthority.NAMESPACE, name).await().atMost(LIMIT);
    } catch (StatusException e) {
      throw refused(e);
    }
    AuthorityFiles files;
    try {
      files = key.open(SealedAuthority.sealed(secret), name);
    } catch (IllegalArgumentException e) {
      throw new UserErrorException(
          "this --certificate-key is not the one that came with the --token; the token is still"
              + " good");
    }
    if (!AuthorityPin.of(files.certificate()).equalsIgnoreCase(options.caHash())
        || !files.belongTogether()) {
      throw new UserErrorException(
          options.server() + " gave an authority that is not the one with this --ca-hash");
    }
    try {
      client
          .delete(
              Resources.SECRETS,
              SealedAuthority.NAMESPACE,
              JoinTokens.secretName(id),
              DeleteOptions.DEFAULT.ifUid(
                  secret.at("metadata", "ownerReferences").path(0).path("uid").asText()))
          .await()
          .atMost(LIMIT);
    } catch (StatusException e) {
      throw refused(e);
    }
    return files;
  }

  private static RuntimeException refused(StatusException e) {
    if (StatusException.is(e, StatusReason.UNAUTHORIZED)) {
      return new UserErrorException(
          "the cluster does not know this --token: it has ended, or a machine has joined with it,"
              + " which it is good for once; "
              + NEW_COMMAND);
    }
    if (StatusException.is(e, StatusReason.FORBIDDEN)) {
      return new UserErrorException(
          "this --token is for nodes ('coracle agent') and does not make a control plane; "
              + NEW_COMMAND);
    }
    return StatusException.isNotFound(e) || StatusException.is(e, StatusReason.CONFLICT)
        ? new UserErrorException("a machine has joined with this --token; " + NEW_COMMAND)
        : e;
  }
}
