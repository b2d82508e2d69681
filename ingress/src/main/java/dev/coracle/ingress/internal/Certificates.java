package dev.coracle.ingress.internal;

import dev.coracle.api.KubeObject;
import dev.coracle.api.tls.PemIdentity;
import dev.coracle.api.tls.SniKeyManager;
import dev.coracle.api.tls.SniKeyManager.Named;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificates the TLS listener shows, picked by the name the client asks for (RFC 6066, SNI).
 */
final class Certificates {

  private static final Logger LOG = LoggerFactory.getLogger(Certificates.class);

  private Certificates() {}

  /**
   * @param secrets of type {@code kubernetes.io/tls}; one that holds no certificate is left out
   */
  static ServerSSLOptions options(Path certificate, Path key, Collection<KubeObject> secrets) {
    List<Named> identities = new ArrayList<>();
    for (KubeObject secret : secrets) {
      try {
        identities.add(
            new Named(
                List.of(),
                PemIdentity.parse(
                    Base64.getDecoder().decode(secret.text("data", "tls.crt")),
                    Base64.getDecoder().decode(secret.text("data", "tls.key")))));
      } catch (GeneralSecurityException | IllegalArgumentException e) {
        LOG.atWarn()
            .addKeyValue("namespace", secret.namespace())
            .addKeyValue("name", secret.name())
            .addKeyValue("why", e.getMessage())
            .log("This Secret holds no TLS certificate and key");
      }
    }
    return new ServerSSLOptions()
        .setKeyCertOptions(
            KeyCertOptions.wrap(new SniKeyManager(PemIdentity.read(certificate, key), identities)))
        .setUseAlpn(true)
        .setApplicationLayerProtocols(List.of("h2", "http/1.1"));
  }
}
