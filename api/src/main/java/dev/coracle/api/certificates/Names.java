package dev.coracle.api.certificates;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Names in X.509's form. */
public final class Names {

  private Names() {}

  /** A distinguished name: the organizations in their order, then the common name. */
  public static byte[] subject(String commonName, List<String> organizations) {
    List<byte[]> parts = new ArrayList<>();
    organizations.forEach(o -> parts.add(part(CertificateRequest.ORGANIZATION, o)));
    parts.add(part(CertificateRequest.COMMON_NAME, commonName));
    return Der.sequence(parts.toArray(byte[][]::new));
  }

  private static byte[] part(String type, String value) {
    return Der.set(Der.sequence(Der.objectId(type), Der.text(value)));
  }

  /** The content of a subjectAltName extension: GeneralNames of RFC 5280, 4.2.1.6. */
  public static byte[] alternatives(
      List<String> dnsNames,
      List<String> ipAddresses,
      List<String> emailAddresses,
      List<String> uris) {
    List<byte[]> names = new ArrayList<>();
    dnsNames.forEach(n -> names.add(ascii(0x82, n)));
    ipAddresses.forEach(a -> names.add(Der.element(0x87, address(a))));
    emailAddresses.forEach(e -> names.add(ascii(0x81, e)));
    uris.forEach(u -> names.add(ascii(0x86, u)));
    return Der.sequence(names.toArray(byte[][]::new));
  }

  private static byte[] ascii(int tag, String text) {
    return Der.element(tag, text.getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] address(String text) {
    boolean literal =
        text.indexOf(':') >= 0 || text.chars().allMatch(c -> c == '.' || c >= '0' && c <= '9');
    if (!literal) {
      throw new IllegalArgumentException("not an IP address: " + text);
    }
    try {
      return InetAddress.getByName(text).getAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("not an IP address: " + text, e);
    }
  }
}
