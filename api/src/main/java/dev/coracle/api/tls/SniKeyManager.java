package dev.coracle.api.tls;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Shows the certificate for the name that the client asks for (RFC 6066, SNI): the one that names
 * it, else the one with a wildcard for its first label, else the default. A certificate whose key
 * is of a kind that the client cannot take falls back to the default too.
 */
public final class SniKeyManager extends X509ExtendedKeyManager {

  private static final int DNS_NAME = 2;
  private static final String DEFAULT = "";

  /**
   * An identity for names that are asked for.
   *
   * @param names those that it is shown for, whatever it says itself; none: those that it names
   */
  public record Named(List<String> names, PemIdentity identity) {
    public Named {
      names = List.copyOf(names);
    }
  }

  private final Map<String, PemIdentity> byName = new HashMap<>();

  /**
   * @param identities of two for one name, the one that is told to be for it, else the first
   */
  public SniKeyManager(PemIdentity fallback, List<Named> identities) {
    byName.put(DEFAULT, fallback);
    for (Named named : identities) {
      named.names.forEach(n -> byName.putIfAbsent(n.toLowerCase(Locale.ROOT), named.identity));
    }
    for (Named named : identities) {
      if (named.names.isEmpty()) {
        names(named.identity.chain().getFirst())
            .forEach(name -> byName.putIfAbsent(name, named.identity));
      }
    }
  }

  private static List<String> names(X509Certificate certificate) {
    try {
      Collection<List<?>> names = certificate.getSubjectAlternativeNames();
      return names == null
          ? List.of()
          : names.stream()
              .filter(name -> Integer.valueOf(DNS_NAME).equals(name.getFirst()))
              .map(name -> String.valueOf(name.get(1)).toLowerCase(Locale.ROOT))
              .toList();
    } catch (CertificateParsingException e) {
      return List.of();
    }
  }

  /** The alias under which the identity for a host stands. */
  public String find(String host) {
    String name = host.toLowerCase(Locale.ROOT);
    if (byName.containsKey(name)) {
      return name;
    }
    int dot = name.indexOf('.');
    String wildcard = dot < 0 ? DEFAULT : "*" + name.substring(dot);
    return byName.containsKey(wildcard) ? wildcard : DEFAULT;
  }

  private PemIdentity identity(String alias) {
    PemIdentity found = byName.get(alias);
    if (found == null) {
      throw new IllegalArgumentException("no identity has the alias " + alias);
    }
    return found;
  }

  private @Nullable String usable(String keyType, String alias) {
    if (identity(alias).fits(keyType)) {
      return alias;
    }
    return identity(DEFAULT).fits(keyType) ? DEFAULT : null;
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
    String alias = DEFAULT;
    if (engine.getHandshakeSession() instanceof ExtendedSSLSession session) {
      for (SNIServerName name : session.getRequestedServerNames()) {
        if (name instanceof SNIHostName host) {
          alias = find(host.getAsciiName());
        }
      }
    }
    return usable(keyType, alias);
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    return identity(alias).chain().toArray(X509Certificate[]::new);
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return identity(alias).key();
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    String alias = usable(keyType, DEFAULT);
    return alias == null ? null : new String[] {alias};
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return usable(keyType, DEFAULT);
  }

  /** A server is no client with a certificate. */
  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return null;
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return null;
  }
}
