package dev.coracle.kubelet.internal.podcertificate;

/**
 * A key and the certificates for it.
 *
 * @param key PEM of PKCS#8
 * @param chain PEM; the pod's certificate, then intermediate ones
 */
public record CredentialBundle(byte[] key, byte[] chain) {
  /** One file with both, the key first. */
  public byte[] whole() {
    byte[] out = new byte[key.length + chain.length];
    System.arraycopy(key, 0, out, 0, key.length);
    System.arraycopy(chain, 0, out, key.length, chain.length);
    return out;
  }
}
