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
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;

/**
 * Signs certificate requests of the API with the cluster's authority, on a worker thread: the first
 * one loads the library.
 */
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
    List<KeyPurposeId> purposes = new ArrayList<>();
    for (String usage : usages) {
      Integer bit = Usages.KEY.get(usage);
      KeyPurposeId purpose = Usages.PURPOSES.get(usage);
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
            "signing", KeyUsage.digitalSignature,
            "digital signature", KeyUsage.digitalSignature,
            "content commitment", KeyUsage.nonRepudiation,
            "key encipherment", KeyUsage.keyEncipherment,
            "key agreement", KeyUsage.keyAgreement,
            "data encipherment", KeyUsage.dataEncipherment,
            "cert sign", KeyUsage.keyCertSign,
            "crl sign", KeyUsage.cRLSign,
            "encipher only", KeyUsage.encipherOnly,
            "decipher only", KeyUsage.decipherOnly);

    static final Map<String, KeyPurposeId> PURPOSES =
        Map.ofEntries(
            Map.entry("any", KeyPurposeId.anyExtendedKeyUsage),
            Map.entry("server auth", KeyPurposeId.id_kp_serverAuth),
            Map.entry("client auth", KeyPurposeId.id_kp_clientAuth),
            Map.entry("code signing", KeyPurposeId.id_kp_codeSigning),
            Map.entry("email protection", KeyPurposeId.id_kp_emailProtection),
            Map.entry("s/mime", KeyPurposeId.id_kp_emailProtection),
            Map.entry("ipsec end system", KeyPurposeId.id_kp_ipsecEndSystem),
            Map.entry("ipsec tunnel", KeyPurposeId.id_kp_ipsecTunnel),
            Map.entry("ipsec user", KeyPurposeId.id_kp_ipsecUser),
            Map.entry("timestamping", KeyPurposeId.id_kp_timeStamping),
            Map.entry("ocsp signing", KeyPurposeId.id_kp_OCSPSigning));
  }
}
