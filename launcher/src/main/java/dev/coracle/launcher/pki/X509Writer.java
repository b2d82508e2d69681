package dev.coracle.launcher.pki;

import dev.coracle.api.certificates.Der;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * Writes X.509 certificates, version 3 (RFC 5280), signed by ECDSA with SHA-256. By hand, because a
 * library for it on the class path makes the TLS of every start load and verify the whole of it
 * (ADR 98).
 */
final class X509Writer {

  /** Bits of the keyUsage extension, the first one the highest of 16. */
  static final int DIGITAL_SIGNATURE = 1 << 15;

  static final int NON_REPUDIATION = 1 << 14;
  static final int KEY_ENCIPHERMENT = 1 << 13;
  static final int DATA_ENCIPHERMENT = 1 << 12;
  static final int KEY_AGREEMENT = 1 << 11;
  static final int CERT_SIGN = 1 << 10;
  static final int CRL_SIGN = 1 << 9;
  static final int ENCIPHER_ONLY = 1 << 8;
  static final int DECIPHER_ONLY = 1 << 7;

  static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
  static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

  private static final byte[] ALGORITHM = Der.sequence(Der.objectId("1.2.840.10045.4.3.2"));
  private static final SecureRandom RANDOM = new SecureRandom();

  private X509Writer() {}

  static X509Certificate sign(
      byte[] issuer,
      PrivateKey key,
      Instant from,
      Instant to,
      byte[] subject,
      PublicKey subjectKey,
      List<byte[]> extensions) {
    byte[] content =
        Der.sequence(
            Der.element(0xa0, Der.integer(BigInteger.TWO)),
            Der.integer(new BigInteger(127, RANDOM).add(BigInteger.ONE)),
            ALGORITHM,
            issuer,
            Der.sequence(Der.time(from), Der.time(to)),
            subject,
            subjectKey.getEncoded(),
            Der.element(0xa3, Der.sequence(extensions.toArray(byte[][]::new))));
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(key);
      signature.update(content);
      byte[] whole = Der.sequence(content, ALGORITHM, Der.bits(signature.sign()));
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(whole));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot sign a certificate", e);
    }
  }

  static byte[] basicConstraints(boolean authority) {
    return critical("2.5.29.19", authority ? Der.sequence(Der.truth()) : Der.sequence());
  }

  static byte[] keyUsage(int bits) {
    return critical("2.5.29.15", Der.namedBits(bits));
  }

  /**
   * @param purposes object identifiers
   */
  static byte[] purposes(List<String> purposes) {
    return extension(
        "2.5.29.37", Der.sequence(purposes.stream().map(Der::objectId).toArray(byte[][]::new)));
  }

  static byte[] alternativeNames(byte[] generalNames) {
    return extension("2.5.29.17", generalNames);
  }

  static byte[] subjectKeyId(PublicKey key) {
    return extension("2.5.29.14", Der.octets(keyId(key)));
  }

  static byte[] authorityKeyId(PublicKey key) {
    return extension("2.5.29.35", Der.sequence(Der.element(0x80, keyId(key))));
  }

  /** SHA-1 of the key's bits (RFC 5280, 4.2.1.2); a P-256 key's are the last 65 bytes. */
  private static byte[] keyId(PublicKey key) {
    byte[] encoded = key.getEncoded();
    int bits = key.getAlgorithm().equals("EC") ? 65 : encoded.length;
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      sha1.update(encoded, encoded.length - bits, bits);
      return sha1.digest();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] extension(String id, byte[] value) {
    return Der.sequence(Der.objectId(id), Der.octets(value));
  }

  private static byte[] critical(String id, byte[] value) {
    return Der.sequence(Der.objectId(id), Der.truth(), Der.octets(value));
  }
}
