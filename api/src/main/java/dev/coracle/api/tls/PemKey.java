package dev.coracle.api.tls;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Private keys out of PEM. The JDK reads PKCS#8; the two older forms that {@code openssl} still
 * writes are put into its envelope: {@code SEQUENCE { 0, AlgorithmIdentifier, OCTET STRING }}.
 */
final class PemKey {

  private static final Pattern BEGIN =
      Pattern.compile("-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----");

  private static final int SEQUENCE = 0x30;
  private static final int OCTET_STRING = 0x04;
  private static final int PARAMETERS = 0xa0;
  private static final byte[] VERSION_0 = {2, 1, 0};
  private static final byte[] NULL = {5, 0};
  private static final byte[] RSA = {
    6, 9, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 13, 1, 1, 1
  };
  private static final byte[] EC = {6, 7, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 2, 1};
  private static final String EC_IN_PKCS8 = new String(EC, StandardCharsets.ISO_8859_1);
  private static final String RSA_IN_PKCS8 = new String(RSA, StandardCharsets.ISO_8859_1);

  private PemKey() {}

  static PrivateKey parse(byte[] pem) throws GeneralSecurityException {
    Block block = block(new String(pem, StandardCharsets.ISO_8859_1));
    byte[] der;
    try {
      der = Base64.getMimeDecoder().decode(block.body);
    } catch (IllegalArgumentException e) {
      throw new InvalidKeyException("the private key is not in base64", e);
    }
    return switch (block.kind) {
      case "RSA PRIVATE KEY" -> key("RSA", envelope(der, RSA, NULL));
      case "EC PRIVATE KEY" -> key("EC", envelope(der, EC, curve(der)));
      default -> key(algorithm(der), der);
    };
  }

  private record Block(String kind, String body) {}

  /**
   * The first block that has an end. The text may be anybody's (a Secret's), so it is read in one
   * pass a kind however many beginnings it has.
   */
  private static Block block(String text) throws InvalidKeyException {
    Set<String> endless = new HashSet<>();
    Matcher begin = BEGIN.matcher(text);
    while (begin.find()) {
      String kind = begin.group(1);
      int end =
          endless.contains(kind) ? -1 : text.indexOf("-----END " + kind + "-----", begin.end());
      if (end >= 0) {
        return new Block(kind, text.substring(begin.end(), end));
      }
      endless.add(kind);
    }
    throw new InvalidKeyException("there is no private key that is not encrypted");
  }

  private static PrivateKey key(String algorithm, byte[] pkcs8) throws GeneralSecurityException {
    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
  }

  /** The algorithm's identifier stands within the first bytes of the envelope. */
  private static String algorithm(byte[] pkcs8) {
    String head = new String(pkcs8, 0, Math.min(pkcs8.length, 32), StandardCharsets.ISO_8859_1);
    return head.contains(RSA_IN_PKCS8) ? "RSA" : head.contains(EC_IN_PKCS8) ? "EC" : "EdDSA";
  }

  /** The named curve out of {@code ECPrivateKey { version, privateKey, [0] parameters, … }}. */
  private static byte[] curve(byte[] sec1) throws InvalidKeyException {
    try {
      int at = headerEnd(sec1, 0);
      while (at < sec1.length) {
        int content = headerEnd(sec1, at);
        int end = Math.addExact(content, length(sec1, at));
        if (end < content || end > sec1.length) {
          throw new IndexOutOfBoundsException(end);
        }
        if ((sec1[at] & 0xff) == PARAMETERS) {
          return Arrays.copyOfRange(sec1, content, end);
        }
        at = end;
      }
    } catch (IndexOutOfBoundsException | ArithmeticException e) {
      throw new InvalidKeyException("the EC private key is cut off", e);
    }
    throw new InvalidKeyException("the EC private key does not name its curve");
  }

  private static int headerEnd(byte[] der, int at) {
    int first = der[at + 1] & 0xff;
    return at + 2 + (first < 0x80 ? 0 : first & 0x7f);
  }

  private static int length(byte[] der, int at) {
    int first = der[at + 1] & 0xff;
    if (first < 0x80) {
      return first;
    }
    int length = 0;
    for (int i = 0; i < (first & 0x7f); i++) {
      length = (length << 8) | (der[at + 2 + i] & 0xff);
    }
    return length;
  }

  private static byte[] envelope(byte[] key, byte[] algorithm, byte[] parameters) {
    return element(
        SEQUENCE, VERSION_0, element(SEQUENCE, algorithm, parameters), element(OCTET_STRING, key));
  }

  private static byte[] element(int tag, byte[]... contents) {
    int length = Arrays.stream(contents).mapToInt(c -> c.length).sum();
    ByteArrayOutputStream out = new ByteArrayOutputStream(length + 4);
    out.write(tag);
    if (length >= 0x100) {
      out.write(0x82);
      out.write(length >> 8);
    } else if (length >= 0x80) {
      out.write(0x81);
    }
    out.write(length);
    for (byte[] content : contents) {
      out.writeBytes(content);
    }
    return out.toByteArray();
  }
}
