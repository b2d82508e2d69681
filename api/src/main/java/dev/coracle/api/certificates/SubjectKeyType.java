package dev.coracle.api.certificates;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Optional;

/**
 * The keys that a pod's certificate may be for, by their names in the API ({@code
 * PodCertificateProjection.keyType}, KEP-4317).
 */
public enum SubjectKeyType {
  RSA3072("RSA", 3072, "", "SHA256withRSA", "1.2.840.113549.1.1.11"),
  RSA4096("RSA", 4096, "", "SHA256withRSA", "1.2.840.113549.1.1.11"),
  ECDSAP256("EC", 256, "secp256r1", "SHA256withECDSA", "1.2.840.10045.4.3.2"),
  ECDSAP384("EC", 384, "secp384r1", "SHA384withECDSA", "1.2.840.10045.4.3.3"),
  ECDSAP521("EC", 521, "secp521r1", "SHA512withECDSA", "1.2.840.10045.4.3.4"),
  ED25519("Ed25519", 255, "", "Ed25519", "1.3.101.112");

  private final String algorithm;
  private final int bits;
  private final String curve;
  private final String signature;
  private final String signatureId;

  SubjectKeyType(String algorithm, int bits, String curve, String signature, String signatureId) {
    this.algorithm = algorithm;
    this.bits = bits;
    this.curve = curve;
    this.signature = signature;
    this.signatureId = signatureId;
  }

  /** The type of this name; empty for a name that is none. */
  public static Optional<SubjectKeyType> named(String name) {
    for (SubjectKeyType type : values()) {
      if (type.name().equals(name)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** The type of a key; empty for one of another algorithm, size or curve. */
  public static Optional<SubjectKeyType> of(PublicKey key) {
    return switch (key) {
      case RSAPublicKey rsa -> sized("RSA", (rsa.getModulus().bitLength() + 7) / 8 * 8);
      case ECPublicKey ec -> sized("EC", ec.getParams().getOrder().bitLength());
      case EdECPublicKey ed when ed.getParams().getName().equals("Ed25519") -> Optional.of(ED25519);
      default -> Optional.empty();
    };
  }

  private static Optional<SubjectKeyType> sized(String algorithm, int bits) {
    for (SubjectKeyType type : values()) {
      if (type.algorithm.equals(algorithm) && type.bits == bits) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** A new pair. Takes seconds of CPU for RSA: not for an event loop. */
  public KeyPair generate() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
      if (!curve.isEmpty()) {
        generator.initialize(new ECGenParameterSpec(curve));
      } else if (algorithm.equals("RSA")) {
        generator.initialize(bits);
      }
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot make a key of type " + name(), e);
    }
  }

  /**
   * A PKCS#10 request that says nothing but the key, signed with it: {@code
   * PodCertificateRequest.spec.stubPKCS10Request}.
   *
   * @return DER
   */
  public byte[] stubRequest(KeyPair pair) {
    byte[] info =
        Der.sequence(
            Der.integer(BigInteger.ZERO),
            Der.sequence(),
            pair.getPublic().getEncoded(),
            Der.element(0xa0));
    return signed(info, pair);
  }

  /** The signed form of RFC 2986, 4.2: what is signed, the algorithm, the signature. */
  byte[] signed(byte[] info, KeyPair pair) {
    try {
      Signature signer = Signature.getInstance(signature);
      signer.initSign(pair.getPrivate());
      signer.update(info);
      byte[] id = Der.objectId(signatureId);
      // RFC 4055, 5: the parameters of RSA are NULL, those of the others are absent.
      byte[] how = algorithm.equals("RSA") ? Der.sequence(id, Der.element(0x05)) : Der.sequence(id);
      return Der.sequence(info, how, Der.bits(signer.sign()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot sign a certificate request", e);
    }
  }
}
