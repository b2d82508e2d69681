package dev.coracle.apiserver.internal.encryption;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import org.bouncycastle.crypto.engines.XSalsa20Engine;
import org.bouncycastle.crypto.macs.Poly1305;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;

/**
 * NaCl's secretbox, XSalsa20 with Poly1305: a random nonce of 24 bytes, the tag, the ciphertext.
 * Its library is loaded with the first value.
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
    byte[] out = new byte[NONCE + TAG + plain.length];
    byte[] nonce = new byte[NONCE];
    RANDOM.nextBytes(nonce);
    System.arraycopy(nonce, 0, out, 0, NONCE);
    XSalsa20Engine stream = stream(nonce, true);
    byte[] macKey = macKey(stream);
    stream.processBytes(plain, 0, plain.length, out, NONCE + TAG);
    System.arraycopy(tag(macKey, out), 0, out, NONCE, TAG);
    return out;
  }

  @Override
  public byte[] open(byte[] sealed, byte[] authenticated) throws GeneralSecurityException {
    if (sealed.length < NONCE + TAG) {
      throw new AEADBadTagException("the value is too short");
    }
    XSalsa20Engine stream = stream(Arrays.copyOf(sealed, NONCE), false);
    byte[] macKey = macKey(stream);
    byte[] given = Arrays.copyOfRange(sealed, NONCE, NONCE + TAG);
    if (!MessageDigest.isEqual(given, tag(macKey, sealed))) {
      throw new AEADBadTagException("the tag does not match");
    }
    byte[] plain = new byte[sealed.length - NONCE - TAG];
    stream.processBytes(sealed, NONCE + TAG, plain.length, plain, 0);
    return plain;
  }

  private XSalsa20Engine stream(byte[] nonce, boolean encrypt) {
    XSalsa20Engine stream = new XSalsa20Engine();
    stream.init(encrypt, new ParametersWithIV(new KeyParameter(key), nonce));
    return stream;
  }

  /** The stream's first 32 bytes are the key of the tag. */
  private static byte[] macKey(XSalsa20Engine stream) {
    byte[] out = new byte[32];
    stream.processBytes(new byte[32], 0, 32, out, 0);
    return out;
  }

  private static byte[] tag(byte[] macKey, byte[] box) {
    Poly1305 mac = new Poly1305();
    mac.init(new KeyParameter(macKey));
    mac.update(box, NONCE + TAG, box.length - NONCE - TAG);
    byte[] tag = new byte[TAG];
    mac.doFinal(tag, 0);
    return tag;
  }
}
