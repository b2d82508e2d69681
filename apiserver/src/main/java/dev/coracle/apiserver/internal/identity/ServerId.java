package dev.coracle.apiserver.internal.identity;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Who this server is among the servers of its cluster.
 *
 * @param name the same after a restart on the same machine; as upstream makes it, so that a server
 *     of either kind takes over the Lease of the other
 */
public record ServerId(String name, String hostname) {

  private static final String DIGITS = "abcdefghijklmnopqrstuvwxyz234567";

  /** Of this machine. */
  public static ServerId here() {
    return of(ofMachine());
  }

  /** How metrics tell servers apart. */
  public String hash() {
    return sha256(name);
  }

  /** {@code sha256:} and the digest in hexadecimal; of nothing, nothing. */
  public static String sha256(String text) {
    return text.isEmpty() ? "" : sha256(text.getBytes(StandardCharsets.UTF_8));
  }

  public static String sha256(byte[] data) {
    return "sha256:" + HexFormat.of().formatHex(digest(data));
  }

  private static byte[] digest(byte[] data) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(data);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static ServerId of(String hostname) {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    for (String part : new String[] {hostname, "kube-apiserver"}) {
      byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
      data.write(bytes.length >> 8);
      data.write(bytes.length);
      data.writeBytes(bytes);
    }
    byte[] digest = digest(data.toByteArray());
    return new ServerId("apiserver-" + base32(Arrays.copyOf(digest, 16)), hostname);
  }

  /** RFC 4648, in lower case and without padding. */
  private static String base32(byte[] bytes) {
    int digits = (bytes.length * 8 + 4) / 5;
    BigInteger rest = new BigInteger(1, bytes).shiftLeft(digits * 5 - bytes.length * 8);
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < digits; i++) {
      out.append(DIGITS.charAt(rest.intValue() & 31));
      rest = rest.shiftRight(5);
    }
    return out.reverse().toString();
  }

  private static String ofMachine() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      try {
        return InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException unknown) {
        return "localhost";
      }
    }
  }
}
