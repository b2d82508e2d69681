package dev.coracle.apiserver.internal.encryption;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What stands before an encrypted value: {@code k8s:enc:aesgcm:v1:key1:}. */
record Prefix(byte[] bytes) {

  private static final byte[] ANY = "k8s:enc:".getBytes(StandardCharsets.UTF_8);

  static Prefix of(String text) {
    return new Prefix(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Whether a value was written by any provider but identity. */
  static boolean encrypted(byte[] stored) {
    return begins(stored, ANY);
  }

  String text() {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  boolean begins(byte[] stored) {
    return begins(stored, bytes);
  }

  private static boolean begins(byte[] stored, byte[] prefix) {
    return stored.length >= prefix.length
        && Arrays.equals(stored, 0, prefix.length, prefix, 0, prefix.length);
  }

  byte[] before(byte[] content) {
    byte[] out = Arrays.copyOf(bytes, bytes.length + content.length);
    System.arraycopy(content, 0, out, bytes.length, content.length);
    return out;
  }

  byte[] strip(byte[] stored) {
    return Arrays.copyOfRange(stored, bytes.length, stored.length);
  }
}
