package dev.coracle.api.certificates;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.PublicKey;
import java.time.Instant;
import java.util.List;

/** Signs certificates for keys, as a signer of PodCertificateRequests does. */
public final class TestIssuer {
  private final KeyPair pair = SubjectKeyType.ECDSAP256.generate();

  /** The certificate, and the issuer's own after it. */
  public String chain(PublicKey key, String commonName, Instant from, Instant to) {
    return certificate(key, commonName, from, to)
        + certificate(pair.getPublic(), "issuer", from, to);
  }

  private String certificate(PublicKey key, String commonName, Instant from, Instant to) {
    byte[] algorithm = Der.sequence(Der.objectId("1.2.840.10045.4.3.2"));
    byte[] content =
        Der.sequence(
            Der.element(0xa0, Der.integer(BigInteger.TWO)),
            Der.integer(BigInteger.valueOf(from.toEpochMilli())),
            algorithm,
            Names.subject("issuer", List.of()),
            Der.sequence(Der.time(from), Der.time(to)),
            Names.subject(commonName, List.of()),
            key.getEncoded());
    return new PemBlock("CERTIFICATE", SubjectKeyType.ECDSAP256.signed(content, pair)).toString();
  }
}
