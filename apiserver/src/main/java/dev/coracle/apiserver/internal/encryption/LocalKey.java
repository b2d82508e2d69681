package dev.coracle.apiserver.internal.encryption;

import java.security.GeneralSecurityException;

/** A value encrypted by one named key of the configuration, with that key's prefix before it. */
final class LocalKey implements ValueTransformer {

  /** Encrypts and decrypts; the nonce stands in the result. */
  interface Cipher {
    byte[] seal(byte[] plain, byte[] authenticated) throws GeneralSecurityException;

    byte[] open(byte[] sealed, byte[] authenticated) throws GeneralSecurityException;
  }

  private final String provider;
  private final Prefix prefix;
  private final Cipher cipher;

  /**
   * @param provider {@code aesgcm}
   */
  LocalKey(String provider, String keyName, Cipher cipher) {
    this.provider = "k8s:enc:" + provider + ":v1:";
    this.prefix = Prefix.of(this.provider + keyName + ":");
    this.cipher = cipher;
  }

  @Override
  public String prefix() {
    return provider;
  }

  @Override
  public boolean owns(byte[] stored) {
    return prefix.begins(stored);
  }

  @Override
  public byte[] seal(String key, byte[] plain) {
    try {
      return prefix.before(cipher.seal(plain, EncryptedStorage.bytes(key)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot encrypt the value of " + key, e);
    }
  }

  @Override
  public byte[] open(String key, byte[] stored) {
    try {
      return cipher.open(prefix.strip(stored), EncryptedStorage.bytes(key));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(
          "cannot decrypt the value of "
              + key
              + ": the key of this name in the encryption configuration is another one, or the"
              + " value is damaged",
          e);
    }
  }
}
