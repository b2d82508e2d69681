package dev.coracle.ingress.internal;

import dev.coracle.api.KubeObject;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
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
    PemKeyCertOptions pem =
        new PemKeyCertOptions().addCertPath(certificate.toString()).addKeyPath(key.toString());
    for (KubeObject secret : secrets) {
      try {
        byte[] chain = Base64.getDecoder().decode(secret.text("data", "tls.crt"));
        byte[] privateKey = Base64.getDecoder().decode(secret.text("data", "tls.key"));
        if (CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(chain))
                .isEmpty()
            || privateKey.length == 0) {
          throw new GeneralSecurityException("no certificate or no key");
        }
        pem.addCertValue(Buffer.buffer(chain)).addKeyValue(Buffer.buffer(privateKey));
      } catch (GeneralSecurityException | IllegalArgumentException e) {
        LOG.atWarn()
            .addKeyValue("namespace", secret.namespace())
            .addKeyValue("name", secret.name())
            .log("This Secret holds no TLS certificate and key");
      }
    }
    return new ServerSSLOptions()
        .setKeyCertOptions(pem)
        .setSni(true)
        .setUseAlpn(true)
        .setApplicationLayerProtocols(List.of("h2", "http/1.1"));
  }
}
