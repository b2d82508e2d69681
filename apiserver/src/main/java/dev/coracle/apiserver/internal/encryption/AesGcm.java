package dev.coracle.apiserver.internal.encryption;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** AES in Galois/counter mode: a random nonce of 12 bytes, then the ciphertext with its tag. */
final class AesGcm implements LocalKey.Cipher {

  private static final int NONCE = 12;
  private static final int TAG_BITS = 128;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final SecretKey key;

  AesGcm(byte[] key) {
    this.key = new SecretKeySpec(key, "AES");
  }

  @Override
  public byte[] seal(byte[] plain, byte[] authenticated) throws GeneralSecurityException {
    byte[] nonce = new byte[NONCE];
    RANDOM.nextBytes(nonce);
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(authenticated);
    byte[] out = Arrays.copyOf(nonce, NONCE + cipher.getOutputSize(plain.length));
    cipher.doFinal(plain, 0, plain.length, out, NONCE);
    return out;
  }

  @Override
  public byte[] open(byte[] sealed, byte[] authenticated) throws GeneralSecurityException {
    if (sealed.length < NONCE) {
      throw new AEADBadTagException("the value is too short");
    }
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, sealed, 0, NONCE));
    cipher.updateAAD(authenticated);
    return cipher.doFinal(sealed, NONCE, sealed.length - NONCE);
  }
}
