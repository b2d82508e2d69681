package dev.coracle.api.tls;

import java.net.Socket;
import java.nio.file.Path;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Gives TLS one identity, on either end of a connection. It can be replaced while in use, as when a
 * certificate is renewed: handshakes that begin later show the new one.
 */
public final class PemKeyManager extends X509ExtendedKeyManager {

  private static final String ALIAS = "identity";

  private volatile PemIdentity identity;

  public PemKeyManager(PemIdentity identity) {
    this.identity = identity;
  }

  /**
   * @throws IllegalStateException as {@link PemIdentity#read}
   */
  public static PemKeyManager of(Path certificate, Path key) {
    return new PemKeyManager(PemIdentity.read(certificate, key));
  }

  public void replace(PemIdentity renewed) {
    identity = renewed;
  }

  private @Nullable String alias(String keyType) {
    return identity.fits(keyType) ? ALIAS : null;
  }

  private @Nullable String alias(String[] keyTypes) {
    for (String type : keyTypes) {
      if (alias(type) != null) {
        return ALIAS;
      }
    }
    return null;
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return alias(keyType) == null ? null : new String[] {ALIAS};
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return alias(keyTypes);
  }

  @Override
  public @Nullable String chooseEngineClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return alias(keyTypes);
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return alias(keyType) == null ? null : new String[] {ALIAS};
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return alias(keyType);
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return alias(keyType);
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    return identity.chain().toArray(X509Certificate[]::new);
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return identity.key();
  }
}
