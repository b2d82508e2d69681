package dev.coracle.criruntime.internal.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Content digests: {@code sha256:<64 hex digits>}. No other algorithm is accepted. */
public final class Digest {
  private Digest() {}

  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  public static String of(byte[] content) {
    return format(sha256().digest(content));
  }

  public static String format(byte[] hash) {
    return "sha256:" + HexFormat.of().formatHex(hash);
  }

  /** The digest of everything the stream has. */
  public static String of(InputStream in) throws IOException {
    DigestInputStream digested = new DigestInputStream(in, sha256());
    digested.transferTo(OutputStream.nullOutputStream());
    return format(digested.getMessageDigest().digest());
  }

  /**
   * @throws IllegalArgumentException unless it is a well-formed sha256 digest
   */
  public static String check(String digest) {
    if (!digest.matches("sha256:[0-9a-f]{64}")) {
      throw new IllegalArgumentException("unsupported digest: " + digest);
    }
    return digest;
  }

  public static String hex(String digest) {
    return check(digest).substring("sha256:".length());
  }
}
