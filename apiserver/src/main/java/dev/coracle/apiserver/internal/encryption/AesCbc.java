package dev.coracle.apiserver.internal.encryption;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** AES in cipher block chaining with PKCS#7 padding: a random block, then the ciphertext. */
final class AesCbc implements LocalKey.Cipher {

  private static final int BLOCK = 16;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final SecretKey key;

  AesCbc(byte[] key) {
    this.key = new SecretKeySpec(key, "AES");
  }

  @Override
  public byte[] seal(byte[] plain, byte[] authenticated) throws GeneralSecurityException {
    byte[] first = new byte[BLOCK];
    RANDOM.nextBytes(first);
    Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding");
    cipher.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(first));
    byte[] out = Arrays.copyOf(first, BLOCK + cipher.getOutputSize(plain.length));
    cipher.doFinal(plain, 0, plain.length, out, BLOCK);
    return out;
  }

  @Override
  public byte[] open(byte[] sealed, byte[] authenticated) throws GeneralSecurityException {
    if (sealed.length < 2 * BLOCK) {
      throw new BadPaddingException("the value is too short");
    }
    Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding");
    cipher.init(Cipher.DECRYPT_MODE, key, new IvParameterSpec(sealed, 0, BLOCK));
    return cipher.doFinal(sealed, BLOCK, sealed.length - BLOCK);
  }
}
