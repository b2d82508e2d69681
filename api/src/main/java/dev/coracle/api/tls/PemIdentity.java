package dev.coracle.api.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * Who one end of a TLS connection is: a certificate chain, the own one first, and its private key.
 */
public record PemIdentity(List<X509Certificate> chain, PrivateKey key) {

  public PemIdentity {
    chain = List.copyOf(chain);
    if (chain.isEmpty()) {
      throw new IllegalArgumentException("there is no certificate");
    }
  }

  /**
   * @throws IllegalStateException when a file cannot be read or does not hold what it should; the
   *     message names the file
   */
  public static PemIdentity read(Path certificate, Path key) {
    try {
      return parse(Files.readAllBytes(certificate), Files.readAllBytes(key));
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(
          "no TLS identity in " + certificate + " and " + key + ": " + e.getMessage(), e);
    }
  }

  /**
   * @param key in PKCS#8 (RFC 5958), PKCS#1 (RFC 8017) or SEC 1 (RFC 5915), not encrypted
   */
  public static PemIdentity parse(byte[] certificates, byte[] key) throws GeneralSecurityException {
    List<X509Certificate> chain =
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(certificates))
            .stream()
            .map(X509Certificate.class::cast)
            .toList();
    if (chain.isEmpty()) {
      throw new GeneralSecurityException("there is no certificate");
    }
    PrivateKey parsed = PemKey.parse(key);
    if (!parsed.getAlgorithm().equals(chain.getFirst().getPublicKey().getAlgorithm())) {
      throw new GeneralSecurityException(
          "a key of "
              + parsed.getAlgorithm()
              + " does not belong to a certificate of "
              + chain.getFirst().getPublicKey().getAlgorithm());
    }
    return new PemIdentity(chain, parsed);
  }

  /**
   * Whether it can be shown where a key of this type is wanted. The engine names a key by its
   * algorithm, for RSA and EC sometimes with what signed it.
   */
  boolean fits(String keyType) {
    String algorithm = key.getAlgorithm();
    return keyType.startsWith(algorithm) || keyType.startsWith("Ed") && algorithm.equals("EdDSA");
  }

  /** Whether the key is that of the certificate; while files are replaced it may not be. */
  public boolean isWhole() {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> key.getAlgorithm();
        };
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update((byte) 1);
      byte[] signed = signature.sign();
      signature.initVerify(chain.getFirst().getPublicKey());
      signature.update((byte) 1);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
