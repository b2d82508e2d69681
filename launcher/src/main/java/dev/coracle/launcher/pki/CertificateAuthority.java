package dev.coracle.launcher.pki;

import dev.coracle.api.certificates.CertificateRequest;
import dev.coracle.api.certificates.Names;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Signs certificates with the cluster's CA key. Keys are EC P-256, signatures ECDSA with SHA-256.
 */
public final class CertificateAuthority {

  /** Who a certificate is for and what it may be used for. */
  public record Request(
      String commonName,
      List<String> organizations,
      List<String> dnsNames,
      List<String> ipAddresses,
      boolean server,
      boolean client,
      Duration validity) {

    public Request {
      organizations = List.copyOf(organizations);
      dnsNames = List.copyOf(dnsNames);
      ipAddresses = List.copyOf(ipAddresses);
    }

    /**
     * An identity: the user is the common name, the groups are the organizations (X.509 client
     * certificates).
     */
    public static Request client(String user, String... groups) {
      return new Request(
          user, List.of(groups), List.of(), List.of(), false, true, Duration.ofDays(365));
    }
  }

  private static final SecureRandom RANDOM = new SecureRandom();

  /** Clocks of other machines may be late. */
  private static final Duration SKEW = Duration.ofMinutes(5);

  private final X509Certificate certificate;
  private final PrivateKey key;
  private final Clock clock;

  public CertificateAuthority(X509Certificate certificate, PrivateKey key, Clock clock) {
    this.certificate = certificate;
    this.key = key;
    this.clock = clock;
  }

  /** A new self-signed authority that lives for ten years. */
  public static CertificateAuthority create(String commonName, Clock clock) {
    KeyPair pair = newKeyPair();
    byte[] name = Names.subject(commonName, List.of());
    Instant now = clock.instant();
    X509Certificate certificate =
        X509Writer.sign(
            name,
            pair.getPrivate(),
            now.minus(SKEW),
            now.plus(Duration.ofDays(3650)),
            name,
            pair.getPublic(),
            List.of(
                X509Writer.basicConstraints(true),
                X509Writer.keyUsage(
                    X509Writer.CERT_SIGN | X509Writer.CRL_SIGN | X509Writer.DIGITAL_SIGNATURE),
                X509Writer.subjectKeyId(pair.getPublic())));
    return new CertificateAuthority(certificate, pair.getPrivate(), clock);
  }

  public static KeyPair newKeyPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no P-256 keys", e);
    }
  }

  /**
   * For identities that clients of others read, which do not all know elliptic curves in PKCS#8.
   */
  public static KeyPair newRsaKeyPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048, RANDOM);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no RSA keys", e);
    }
  }

  public X509Certificate certificate() {
    return certificate;
  }

  public PrivateKey privateKey() {
    return key;
  }

  /** A certificate for this public key, signed by this authority. */
  public X509Certificate issue(PublicKey subject, Request request) {
    List<String> purposes = new ArrayList<>();
    if (request.server()) {
      purposes.add(X509Writer.SERVER_AUTH);
    }
    if (request.client()) {
      purposes.add(X509Writer.CLIENT_AUTH);
    }
    return issue(
        Names.subject(request.commonName(), request.organizations()),
        subject,
        X509Writer.DIGITAL_SIGNATURE | X509Writer.KEY_ENCIPHERMENT,
        purposes,
        request.dnsNames().isEmpty() && request.ipAddresses().isEmpty()
            ? new byte[0]
            : Names.alternatives(request.dnsNames(), request.ipAddresses(), List.of(), List.of()),
        request.validity());
  }

  /**
   * A certificate as a signing request asks for it.
   *
   * @param keyUsage bits of {@link X509Writer}
   * @param purposes object identifiers
   */
  X509Certificate issue(
      CertificateRequest request, int keyUsage, List<String> purposes, Duration validity) {
    boolean named =
        !request.dnsNames().isEmpty()
            || !request.ipAddresses().isEmpty()
            || !request.emailAddresses().isEmpty()
            || !request.uris().isEmpty();
    return issue(
        request.subject(),
        request.publicKey(),
        keyUsage,
        purposes,
        named
            ? Names.alternatives(
                request.dnsNames(), request.ipAddresses(), request.emailAddresses(), request.uris())
            : new byte[0],
        validity);
  }

  private X509Certificate issue(
      byte[] name,
      PublicKey subject,
      int keyUsage,
      List<String> purposes,
      byte[] alternatives,
      Duration validity) {
    Instant now = clock.instant();
    Instant end = now.plus(validity);
    Instant caEnd = certificate.getNotAfter().toInstant();
    List<byte[]> extensions = new ArrayList<>();
    extensions.add(X509Writer.basicConstraints(false));
    if (keyUsage != 0) {
      extensions.add(X509Writer.keyUsage(keyUsage));
    }
    if (!purposes.isEmpty()) {
      extensions.add(X509Writer.purposes(purposes));
    }
    extensions.add(X509Writer.authorityKeyId(certificate.getPublicKey()));
    if (alternatives.length > 0) {
      extensions.add(X509Writer.alternativeNames(alternatives));
    }
    return X509Writer.sign(
        certificate.getSubjectX500Principal().getEncoded(),
        key,
        now.minus(SKEW),
        end.isAfter(caEnd) ? caEnd : end,
        name,
        subject,
        extensions);
  }
}
