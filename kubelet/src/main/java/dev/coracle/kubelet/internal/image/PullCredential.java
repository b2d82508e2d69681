package dev.coracle.kubelet.internal.image;

import dev.coracle.cri.v1.AuthConfig;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** What a registry is shown for a pod, and the secret it comes from. */
public record PullCredential(AuthConfig auth, Source source) {

  /**
   * A secret, and what it says of one registry.
   *
   * @param hash stands for the credential itself, which is written down nowhere
   */
  public record Source(String uid, String namespace, String name, String hash) {
    boolean isSecretOf(Source other) {
      return uid.equals(other.uid) && namespace.equals(other.namespace) && name.equals(other.name);
    }
  }

  static PullCredential of(AuthConfig auth, String uid, String namespace, String name) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(auth.toByteArray());
      return new PullCredential(
          auth, new Source(uid, namespace, name, HexFormat.of().formatHex(digest)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
