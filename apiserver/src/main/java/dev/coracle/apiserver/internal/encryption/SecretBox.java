package dev.coracle.apiserver.internal.encryption;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;

/**
 * NaCl's secretbox, XSalsa20 with Poly1305: a random nonce of 24 bytes, the tag, the ciphertext.
 * The JDK has neither of the two.
 */
final class SecretBox implements LocalKey.Cipher {

  private static final int NONCE = 24;
  private static final int TAG = 16;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final byte[] key;

  SecretBox(byte[] key) {
    this.key = key.clone();
  }

  @Override
  public byte[] seal(byte[] plain, byte[] authenticated) {
    byte[] nonce = new byte[NONCE];
    RANDOM.nextBytes(nonce);
    byte[] out = Arrays.copyOf(nonce, NONCE + TAG + plain.length);
    XSalsa20 stream = new XSalsa20(key, nonce);
    byte[] macKey = macKey(stream);
    stream.apply(plain, 0, out, NONCE + TAG, plain.length);
    System.arraycopy(Poly1305.tag(macKey, out, NONCE + TAG, out.length), 0, out, NONCE, TAG);
    return out;
  }

  @Override
  public byte[] open(byte[] sealed, byte[] authenticated) throws GeneralSecurityException {
    if (sealed.length < NONCE + TAG) {
      throw new AEADBadTagException("the value is too short");
    }
    XSalsa20 stream = new XSalsa20(key, Arrays.copyOf(sealed, NONCE));
    byte[] wanted = Poly1305.tag(macKey(stream), sealed, NONCE + TAG, sealed.length);
    if (!MessageDigest.isEqual(Arrays.copyOfRange(sealed, NONCE, NONCE + TAG), wanted)) {
      throw new AEADBadTagException("the tag does not match");
    }
    byte[] plain = new byte[sealed.length - NONCE - TAG];
    stream.apply(sealed, NONCE + TAG, plain, 0, plain.length);
    return plain;
  }

  /** The stream's first 32 bytes are the key of the tag. */
  private static byte[] macKey(XSalsa20 stream) {
    byte[] out = new byte[32];
    stream.apply(out, 0, out, 0, out.length);
    return out;
  }
}
