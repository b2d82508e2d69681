package dev.coracle.launcher.pki;

import dev.coracle.api.certificates.CertificateRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Signs certificates with the cluster's CA key. Keys are EC P-256, signatures ECDSA with SHA-256.
 * Its library is only touched when something is signed, so a start with all files in place does not
 * load it.
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
    X500Name name = name(commonName, List.of());
    Instant now = clock.instant();
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            name,
            serial(),
            Date.from(now.minus(Duration.ofMinutes(5))),
            Date.from(now.plus(Duration.ofDays(3650))),
            name,
            pair.getPublic());
    try {
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
      builder.addExtension(
          Extension.keyUsage,
          true,
          new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign | KeyUsage.digitalSignature));
      builder.addExtension(
          Extension.subjectKeyIdentifier,
          false,
          new JcaX509ExtensionUtils().createSubjectKeyIdentifier(pair.getPublic()));
      return new CertificateAuthority(sign(builder, pair.getPrivate()), pair.getPrivate(), clock);
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("cannot make the certificate authority", e);
    }
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
    return issue(
        name(request.commonName(), request.organizations()),
        subject,
        KeyUsage.digitalSignature | KeyUsage.keyEncipherment,
        usages(request),
        alternatives(request.dnsNames(), request.ipAddresses()),
        request.validity());
  }

  /**
   * A certificate as a signing request asks for it.
   *
   * @param keyUsage bits of {@link KeyUsage}
   */
  public X509Certificate issue(
      CertificateRequest request, int keyUsage, List<KeyPurposeId> purposes, Duration validity) {
    List<GeneralName> names = alternatives(request.dnsNames(), request.ipAddresses());
    request.emailAddresses().forEach(e -> names.add(new GeneralName(GeneralName.rfc822Name, e)));
    request
        .uris()
        .forEach(u -> names.add(new GeneralName(GeneralName.uniformResourceIdentifier, u)));
    return issue(
        X500Name.getInstance(request.subject()),
        request.publicKey(),
        keyUsage,
        purposes,
        names,
        validity);
  }

  private X509Certificate issue(
      X500Name name,
      PublicKey subject,
      int keyUsage,
      List<KeyPurposeId> purposes,
      List<GeneralName> names,
      Duration validity) {
    Instant now = clock.instant();
    Instant end = now.plus(validity);
    Instant caEnd = certificate.getNotAfter().toInstant();
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded()),
            serial(),
            Date.from(now.minus(Duration.ofMinutes(5))),
            Date.from(end.isAfter(caEnd) ? caEnd : end),
            name,
            subject);
    try {
      JcaX509ExtensionUtils ids = new JcaX509ExtensionUtils();
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      if (keyUsage != 0) {
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(keyUsage));
      }
      if (!purposes.isEmpty()) {
        builder.addExtension(
            Extension.extendedKeyUsage,
            false,
            new ExtendedKeyUsage(purposes.toArray(KeyPurposeId[]::new)));
      }
      builder.addExtension(
          Extension.authorityKeyIdentifier, false, ids.createAuthorityKeyIdentifier(certificate));
      if (!names.isEmpty()) {
        builder.addExtension(
            Extension.subjectAlternativeName,
            false,
            new GeneralNames(names.toArray(GeneralName[]::new)));
      }
      return sign(builder, key);
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("cannot sign a certificate for " + name, e);
    }
  }

  private static List<KeyPurposeId> usages(Request request) {
    List<KeyPurposeId> purposes = new ArrayList<>();
    if (request.server()) {
      purposes.add(KeyPurposeId.id_kp_serverAuth);
    }
    if (request.client()) {
      purposes.add(KeyPurposeId.id_kp_clientAuth);
    }
    return purposes;
  }

  private static List<GeneralName> alternatives(List<String> dnsNames, List<String> addresses) {
    List<GeneralName> names = new ArrayList<>();
    dnsNames.forEach(n -> names.add(new GeneralName(GeneralName.dNSName, n)));
    addresses.forEach(a -> names.add(new GeneralName(GeneralName.iPAddress, a)));
    return names;
  }

  private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey key)
      throws GeneralSecurityException, IOException {
    try {
      byte[] der =
          builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)).getEncoded();
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new java.io.ByteArrayInputStream(der));
    } catch (OperatorCreationException e) {
      throw new GeneralSecurityException(e);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static X500Name name(String commonName, List<String> organizations) {
    X500NameBuilder builder = new X500NameBuilder(BCStyle.INSTANCE);
    organizations.forEach(o -> builder.addRDN(BCStyle.O, o));
    builder.addRDN(BCStyle.CN, commonName);
    return builder.build();
  }

  private static BigInteger serial() {
    return new BigInteger(127, RANDOM).add(BigInteger.ONE);
  }
}
