package dev.coracle.apiserver.internal.encryption;

import java.math.BigInteger;
import java.util.Arrays;

/** The one-time authenticator Poly1305 (RFC 8439, 2.5). */
final class Poly1305 {

  private static final BigInteger PRIME =
      BigInteger.ONE.shiftLeft(130).subtract(BigInteger.valueOf(5));
  private static final BigInteger CLAMP = new BigInteger("0ffffffc0ffffffc0ffffffc0fffffff", 16);
  private static final int BLOCK = 16;

  private Poly1305() {}

  /**
   * @param key 32 bytes, used once
   */
  static byte[] tag(byte[] key, byte[] message, int from, int to) {
    BigInteger r = number(key, 0, BLOCK).and(CLAMP);
    BigInteger sum = BigInteger.ZERO;
    for (int at = from; at < to; at += BLOCK) {
      int end = Math.min(to, at + BLOCK);
      BigInteger block = number(message, at, end).setBit(8 * (end - at));
      sum = sum.add(block).multiply(r).mod(PRIME);
    }
    byte[] bytes = sum.add(number(key, BLOCK, 2 * BLOCK)).toByteArray();
    byte[] tag = new byte[BLOCK];
    for (int i = 0; i < BLOCK && i < bytes.length; i++) {
      tag[i] = bytes[bytes.length - 1 - i];
    }
    return tag;
  }

  /** Little-endian. */
  private static BigInteger number(byte[] bytes, int from, int to) {
    byte[] turned = Arrays.copyOfRange(bytes, from, to);
    for (int i = 0, j = turned.length - 1; i < j; i++, j--) {
      byte b = turned[i];
      turned[i] = turned[j];
      turned[j] = b;
    }
    return new BigInteger(1, turned);
  }
}
