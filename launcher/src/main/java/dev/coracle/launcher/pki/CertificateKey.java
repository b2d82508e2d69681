package dev.coracle.launcher.pki;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.Pattern;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals the authority's files for the way to another control plane, as kubeadm's {@code
 * --certificate-key} does: AES-256 in GCM (NIST SP 800-38D) with a key that is used for this once.
 * Sealed is the nonce of 12 bytes, then the files as one JSON object, encrypted, with the tag of 16
 * behind. The name it is kept under is authenticated too.
 */
public final class CertificateKey {

  private static final Pattern FORM = Pattern.compile("[0-9a-fA-F]{64}");
  private static final String ALGORITHM = "AES/GCM/NoPadding";
  private static final int KEY_BYTES = 32;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final byte[] key;

  private CertificateKey(byte[] key) {
    this.key = key;
  }

  public static CertificateKey random(SecureRandom random) {
    byte[] key = new byte[KEY_BYTES];
    random.nextBytes(key);
    return new CertificateKey(key);
  }

  /**
   * @throws IllegalArgumentException when it is not 64 hexadecimal digits
   */
  public static CertificateKey parse(String text) {
    if (!FORM.matcher(text).matches()) {
      throw new IllegalArgumentException("not 64 hexadecimal digits");
    }
    return new CertificateKey(HexFormat.of().parseHex(text));
  }

  /** 64 hexadecimal digits: the secret itself, for the one who asked for it. */
  public String text() {
    return HexFormat.of().formatHex(key);
  }

  /**
   * @param name what it is kept under
   */
  public byte[] seal(AuthorityFiles files, String name, SecureRandom random) {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    try {
      byte[] hidden =
          cipher(Cipher.ENCRYPT_MODE, nonce, name).doFinal(JSON.writeValueAsBytes(files.byName()));
      return ByteBuffer.allocate(nonce.length + hidden.length).put(nonce).put(hidden).array();
    } catch (GeneralSecurityException | JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * What was sealed under this name.
   *
   * @throws IllegalArgumentException when it was sealed with another key or under another name, or
   *     is not whole
   */
  public AuthorityFiles open(byte[] sealed, String name) {
    try {
      byte[] nonce = Arrays.copyOf(sealed, NONCE_BYTES);
      byte[] files =
          cipher(Cipher.DECRYPT_MODE, nonce, name)
              .doFinal(sealed, NONCE_BYTES, Math.max(0, sealed.length - NONCE_BYTES));
      return new AuthorityFiles(
          JSON.readValue(
              new String(files, StandardCharsets.UTF_8),
              new TypeReference<Map<String, String>>() {}));
    } catch (AEADBadTagException | JsonProcessingException e) {
      throw new IllegalArgumentException("it was sealed with another key", e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private Cipher cipher(int mode, byte[] nonce, String name) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance(ALGORITHM);
    cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(name.getBytes(StandardCharsets.UTF_8));
    return cipher;
  }

  /** Never the key. */
  @Override
  public String toString() {
    return "CertificateKey";
  }
}
