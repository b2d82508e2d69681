package dev.coracle.apiserver.internal.encryption;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The XSalsa20 key stream (Bernstein, "Extending the Salsa20 nonce"): HSalsa20 makes a key of the
 * nonce's first 16 bytes, Salsa20 with 20 rounds takes the last 8. Confined to one thread.
 */
final class XSalsa20 {

  private static final int[] SIGMA = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  private static final int BLOCK = 64;

  private final int[] state;
  private final byte[] block = new byte[BLOCK];
  private int used = BLOCK;

  /**
   * @param key 32 bytes
   * @param nonce 24 bytes
   */
  XSalsa20(byte[] key, byte[] nonce) {
    int[] first = state(words(key, 0, 8), words(nonce, 0, 4));
    rounds(first);
    int[] derived = {
      first[0], first[5], first[10], first[15], first[6], first[7], first[8], first[9]
    };
    int[] rest = words(nonce, 16, 2);
    state = state(derived, new int[] {rest[0], rest[1], 0, 0});
  }

  private static int[] words(byte[] bytes, int from, int count) {
    int[] out = new int[count];
    ByteBuffer.wrap(bytes, from, 4 * count).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(out);
    return out;
  }

  private static int[] state(int[] key, int[] input) {
    int[] s = new int[16];
    for (int i = 0; i < 4; i++) {
      s[5 * i] = SIGMA[i];
      s[1 + i] = key[i];
      s[6 + i] = input[i];
      s[11 + i] = key[4 + i];
    }
    return s;
  }

  private static void rounds(int[] x) {
    for (int i = 0; i < 10; i++) {
      quarter(x, 0, 4, 8, 12);
      quarter(x, 5, 9, 13, 1);
      quarter(x, 10, 14, 2, 6);
      quarter(x, 15, 3, 7, 11);
      quarter(x, 0, 1, 2, 3);
      quarter(x, 5, 6, 7, 4);
      quarter(x, 10, 11, 8, 9);
      quarter(x, 15, 12, 13, 14);
    }
  }

  private static void quarter(int[] x, int a, int b, int c, int d) {
    x[b] ^= Integer.rotateLeft(x[a] + x[d], 7);
    x[c] ^= Integer.rotateLeft(x[b] + x[a], 9);
    x[d] ^= Integer.rotateLeft(x[c] + x[b], 13);
    x[a] ^= Integer.rotateLeft(x[d] + x[c], 18);
  }

  /** Encrypts or decrypts {@code length} bytes, going on where it was. */
  void apply(byte[] from, int at, byte[] to, int toAt, int length) {
    for (int i = 0; i < length; i++) {
      if (used == BLOCK) {
        next();
      }
      to[toAt + i] = (byte) (from[at + i] ^ block[used++]);
    }
  }

  private void next() {
    int[] x = state.clone();
    rounds(x);
    ByteBuffer out = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 16; i++) {
      out.putInt(x[i] + state[i]);
    }
    if (++state[8] == 0) {
      state[9]++;
    }
    used = 0;
  }
}
