package dev.coracle.launcher.pki;

import dev.coracle.api.certificates.CertificateRequest;
import dev.coracle.controllers.spi.CertificateSigner;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Signs certificate requests of the API with the cluster's authority, on a worker thread. */
public final class ClusterSigner implements CertificateSigner {

  private final Vertx vertx;
  private final ClusterPki pki;

  public ClusterSigner(Vertx vertx, ClusterPki pki) {
    this.vertx = vertx;
    this.pki = pki;
  }

  @Override
  public Uni<String> sign(CertificateRequest request, Set<String> usages, Duration validity) {
    return Uni.createFrom()
        .completionStage(() ->
            vertx
                .executeBlocking(() -> Pem.certificate(issue(request, usages, validity)), false)
                .toCompletionStage());
  }

  private X509Certificate issue(CertificateRequest request, Set<String> usages, Duration validity)
      throws IOException {
    int keyUsage = 0;
    List<String> purposes = new ArrayList<>();
    for (String usage : usages) {
      Integer bit = Usages.KEY.get(usage);
      String purpose = Usages.PURPOSES.get(usage);
      if (bit != null) {
        keyUsage |= bit;
      } else if (purpose != null) {
        purposes.add(purpose);
      } else {
        throw new IllegalArgumentException("unrecognized usage: " + usage);
      }
    }
    return pki.authority().issue(request, keyUsage, purposes, validity);
  }

  /** The API's words for usages. */
  private static final class Usages {
    static final Map<String, Integer> KEY =
        Map.of(
            "signing", X509Writer.DIGITAL_SIGNATURE,
            "digital signature", X509Writer.DIGITAL_SIGNATURE,
            "content commitment", X509Writer.NON_REPUDIATION,
            "key encipherment", X509Writer.KEY_ENCIPHERMENT,
            "key agreement", X509Writer.KEY_AGREEMENT,
            "data encipherment", X509Writer.DATA_ENCIPHERMENT,
            "cert sign", X509Writer.CERT_SIGN,
            "crl sign", X509Writer.CRL_SIGN,
            "encipher only", X509Writer.ENCIPHER_ONLY,
            "decipher only", X509Writer.DECIPHER_ONLY);

    static final Map<String, String> PURPOSES =
        Map.ofEntries(
            Map.entry("any", "2.5.29.37.0"),
            Map.entry("server auth", X509Writer.SERVER_AUTH),
            Map.entry("client auth", X509Writer.CLIENT_AUTH),
            Map.entry("code signing", "1.3.6.1.5.5.7.3.3"),
            Map.entry("email protection", "1.3.6.1.5.5.7.3.4"),
            Map.entry("s/mime", "1.3.6.1.5.5.7.3.4"),
            Map.entry("ipsec end system", "1.3.6.1.5.5.7.3.5"),
            Map.entry("ipsec tunnel", "1.3.6.1.5.5.7.3.6"),
            Map.entry("ipsec user", "1.3.6.1.5.5.7.3.7"),
            Map.entry("timestamping", "1.3.6.1.5.5.7.3.8"),
            Map.entry("ocsp signing", "1.3.6.1.5.5.7.3.9"));
  }
}
