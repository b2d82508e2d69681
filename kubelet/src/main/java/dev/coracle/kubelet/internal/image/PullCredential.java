package dev.coracle.kubelet.internal.image;

import dev.coracle.cri.v1.AuthConfig;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * What a registry is shown for a pod.
 *
 * @param source whose it is; empty: the node's, so that every pod of it may have what it opens
 */
public record PullCredential(AuthConfig auth, Optional<Source> source) {

  /** Whose a credential is; the credential itself is written down nowhere. */
  public sealed interface Source {}

  /**
   * A secret, and what it says of one registry.
   *
   * @param hash stands for the credential
   */
  public record Secret(String uid, String namespace, String name, String hash) implements Source {
    boolean isSecretOf(Secret other) {
      return uid.equals(other.uid) && namespace.equals(other.namespace) && name.equals(other.name);
    }
  }

  /** A service account, for whose token a program has given it. */
  public record ServiceAccount(String uid, String namespace, String name) implements Source {}

  static PullCredential ofSecret(AuthConfig auth, String uid, String namespace, String name) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(auth.toByteArray());
      return new PullCredential(
          auth, Optional.of(new Secret(uid, namespace, name, HexFormat.of().formatHex(digest))));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Without what is secret. */
  @Override
  public String toString() {
    return "PullCredential[" + auth.getServerAddress() + ", " + source + "]";
  }
}
