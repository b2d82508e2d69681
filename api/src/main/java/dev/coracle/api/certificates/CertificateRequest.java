package dev.coracle.api.certificates;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * What a PKCS#10 request asks for.
 *
 * @param subject the subject's name as DER, to be copied as it is
 * @param commonName empty where there is none
 * @param organizations in their order
 * @param dnsNames of the subjectAltName extension, like the following three
 * @param publicKey its proof of possession was checked
 */
public record CertificateRequest(
    byte[] subject,
    String commonName,
    List<String> organizations,
    List<String> dnsNames,
    List<String> ipAddresses,
    List<String> emailAddresses,
    List<String> uris,
    PublicKey publicKey) {

  private static final String BEGIN = "-----BEGIN CERTIFICATE REQUEST-----";
  private static final String END = "-----END CERTIFICATE REQUEST-----";
  private static final int MAX_BYTES = 64 << 10;

  static final String COMMON_NAME = "2.5.4.3";
  static final String ORGANIZATION = "2.5.4.10";
  private static final String EXTENSION_REQUEST = "1.2.840.113549.1.9.14";
  private static final String ALTERNATIVE_NAMES = "2.5.29.17";

  /** Public key algorithms by object identifier. */
  private static final Map<String, String> KEYS =
      Map.of("1.2.840.113549.1.1.1", "RSA", "1.2.840.10045.2.1", "EC", "1.3.101.112", "Ed25519");

  private static final Map<String, String> SIGNATURES =
      Map.of(
          "1.2.840.113549.1.1.11", "SHA256withRSA",
          "1.2.840.113549.1.1.12", "SHA384withRSA",
          "1.2.840.113549.1.1.13", "SHA512withRSA",
          "1.2.840.10045.4.3.2", "SHA256withECDSA",
          "1.2.840.10045.4.3.3", "SHA384withECDSA",
          "1.2.840.10045.4.3.4", "SHA512withECDSA",
          "1.3.101.112", "Ed25519");

  public CertificateRequest {
    organizations = List.copyOf(organizations);
    dnsNames = List.copyOf(dnsNames);
    ipAddresses = List.copyOf(ipAddresses);
    emailAddresses = List.copyOf(emailAddresses);
    uris = List.copyOf(uris);
  }

  /**
   * A request for this EC key on P-256, signed with it.
   *
   * @return PEM
   */
  public static String make(
      KeyPair pair,
      String commonName,
      List<String> organizations,
      List<String> dnsNames,
      List<String> ipAddresses) {
    byte[] attributes = Der.element(0xa0);
    if (!dnsNames.isEmpty() || !ipAddresses.isEmpty()) {
      byte[] names = Names.alternatives(dnsNames, ipAddresses, List.of(), List.of());
      byte[] extension = Der.sequence(Der.objectId(ALTERNATIVE_NAMES), Der.octets(names));
      attributes =
          Der.element(
              0xa0,
              Der.sequence(Der.objectId(EXTENSION_REQUEST), Der.set(Der.sequence(extension))));
    }
    byte[] info =
        Der.sequence(
            Der.integer(BigInteger.ZERO),
            Names.subject(commonName, organizations),
            pair.getPublic().getEncoded(),
            attributes);
    byte[] request = SubjectKeyType.ECDSAP256.signed(info, pair);
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(request);
    return BEGIN + "\n" + body + "\n" + END + "\n";
  }

  /**
   * Reads {@code spec.request}: the first PEM block.
   *
   * @throws IllegalArgumentException with words for the user, when it is none, or its signature was
   *     not made with its key
   */
  public static CertificateRequest parsePem(byte[] pem) {
    String text = new String(pem, StandardCharsets.US_ASCII);
    int begin = text.indexOf(BEGIN);
    int end = begin < 0 ? -1 : text.indexOf(END, begin + BEGIN.length());
    if (pem.length > MAX_BYTES || end < 0 || !text.substring(0, begin).isBlank()) {
      throw new IllegalArgumentException("PEM block type must be CERTIFICATE REQUEST");
    }
    String body = text.substring(begin + BEGIN.length(), end).replaceAll("\\s", "");
    return parse(Base64.getDecoder().decode(body));
  }

  /**
   * Reads a request without PEM.
   *
   * @throws IllegalArgumentException as {@link #parsePem}
   */
  public static CertificateRequest parse(byte[] der) {
    if (der.length > MAX_BYTES) {
      throw new IllegalArgumentException("x509: certificate request of " + der.length + " bytes");
    }
    DerReader request = new DerReader(der).enter(DerReader.SEQUENCE);
    byte[] signed = request.whole();
    String algorithm = request.enter(DerReader.SEQUENCE).enter(DerReader.OBJECT_ID).objectId();
    byte[] signature = request.enter(DerReader.BIT_STRING).bits();

    DerReader info = new DerReader(signed).enter(DerReader.SEQUENCE);
    info.enter(DerReader.INTEGER);
    byte[] subject = info.whole();
    byte[] key = info.whole();
    Found names = new Found();
    if (info.hasMore()) {
      attributes(info.enter(0xa0), names);
    }
    names.subject(subject);
    PublicKey publicKey = publicKey(key);
    verify(publicKey, algorithm, signed, signature);
    return new CertificateRequest(
        subject,
        names.commonName,
        names.organizations,
        names.dns,
        names.ips,
        names.emails,
        names.uris,
        publicKey);
  }

  private static void attributes(DerReader attributes, Found names) {
    while (attributes.hasMore()) {
      DerReader attribute = attributes.enter(DerReader.SEQUENCE);
      if (!attribute.enter(DerReader.OBJECT_ID).objectId().equals(EXTENSION_REQUEST)) {
        continue;
      }
      DerReader extensions = attribute.enter(DerReader.SET).enter(DerReader.SEQUENCE);
      while (extensions.hasMore()) {
        DerReader extension = extensions.enter(DerReader.SEQUENCE);
        String id = extension.enter(DerReader.OBJECT_ID).objectId();
        if (extension.peek() != DerReader.OCTET_STRING) {
          extension.next(); // whether it is critical
        }
        if (id.equals(ALTERNATIVE_NAMES)) {
          byte[] value = extension.enter(DerReader.OCTET_STRING).rest();
          names.alternatives(new DerReader(value).enter(DerReader.SEQUENCE));
        }
      }
    }
  }

  /** Collects names while the request is read. */
  private static final class Found {
    private String commonName = "";
    private final List<String> organizations = new ArrayList<>();
    private final List<String> dns = new ArrayList<>();
    private final List<String> ips = new ArrayList<>();
    private final List<String> emails = new ArrayList<>();
    private final List<String> uris = new ArrayList<>();

    void subject(byte[] name) {
      DerReader parts = new DerReader(name).enter(DerReader.SEQUENCE);
      while (parts.hasMore()) {
        DerReader set = parts.enter(DerReader.SET);
        while (set.hasMore()) {
          DerReader pair = set.enter(DerReader.SEQUENCE);
          String type = pair.enter(DerReader.OBJECT_ID).objectId();
          String value = pair.next().text();
          if (type.equals(COMMON_NAME)) {
            commonName = value;
          } else if (type.equals(ORGANIZATION)) {
            organizations.add(value);
          }
        }
      }
    }

    /** GeneralNames of RFC 5280, 4.2.1.6. */
    void alternatives(DerReader list) {
      while (list.hasMore()) {
        int tag = list.peek();
        DerReader name = list.next();
        switch (tag) {
          case 0x81 -> emails.add(name.text());
          case 0x82 -> dns.add(name.text());
          case 0x86 -> uris.add(name.text());
          case 0x87 -> ips.add(name.address());
          default -> throw new IllegalArgumentException("x509: unhandled subjectAltName");
        }
      }
    }
  }

  /**
   * Reads a SubjectPublicKeyInfo.
   *
   * @throws IllegalArgumentException with words for the user
   */
  public static PublicKey publicKey(byte[] der) {
    String id =
        new DerReader(der)
            .enter(DerReader.SEQUENCE)
            .enter(DerReader.SEQUENCE)
            .enter(DerReader.OBJECT_ID)
            .objectId();
    String algorithm = KEYS.get(id);
    if (algorithm == null) {
      throw new IllegalArgumentException("x509: unsupported public key algorithm " + id);
    }
    try {
      return KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(der));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("x509: invalid public key", e);
    }
  }

  private static void verify(PublicKey key, String algorithm, byte[] signed, byte[] signature) {
    String name = SIGNATURES.get(algorithm);
    if (name == null) {
      throw new IllegalArgumentException("x509: unsupported signature algorithm " + algorithm);
    }
    try {
      Signature check = Signature.getInstance(name);
      check.initVerify(key);
      check.update(signed);
      if (!check.verify(signature)) {
        throw new IllegalArgumentException("x509: the signature is not the key's");
      }
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("x509: the signature is not the key's", e);
    }
  }
}
