package dev.coracle.apiserver.config;

import dev.coracle.api.tls.TlsChoice;
import java.nio.file.Path;
import java.util.List;

/**
 * How the server speaks TLS.
 *
 * @param choice of versions and ciphers
 * @param named what it shows beside its own certificate
 */
public record TlsOptions(TlsChoice choice, List<NamedCertificate> named) {

  public static final TlsOptions DEFAULT = new TlsOptions(TlsChoice.DEFAULT, List.of());

  public TlsOptions {
    named = List.copyOf(named);
  }

  /**
   * A certificate for names that clients ask for.
   *
   * @param certificate PEM chain
   * @param key PEM
   * @param names with {@code *} as the first label for any; none: those that the certificate is for
   */
  public record NamedCertificate(Path certificate, Path key, List<String> names) {
    public NamedCertificate {
      names = List.copyOf(names);
    }
  }
}
