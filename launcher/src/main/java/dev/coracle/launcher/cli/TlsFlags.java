package dev.coracle.launcher.cli;

import dev.coracle.api.tls.TlsChoice;
import dev.coracle.apiserver.config.TlsOptions;
import dev.coracle.apiserver.config.TlsOptions.NamedCertificate;
import dev.coracle.launcher.UserErrorException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** How the API server speaks TLS, under kube-apiserver's names. */
final class TlsFlags {

  private static final String MIN_VERSION = "--tls-min-version";
  private static final String CIPHER_SUITES = "--tls-cipher-suites";
  private static final String SNI_CERT_KEY = "--tls-sni-cert-key";

  @Option(
      names = MIN_VERSION,
      paramLabel = "VERSION",
      defaultValue = "VersionTLS12",
      description =
          "The lowest version of TLS that the API server speaks: VersionTLS12 or VersionTLS13."
              + " Default: ${DEFAULT-VALUE}")
  private String minVersion = "VersionTLS12";

  @Option(
      names = CIPHER_SUITES,
      paramLabel = "NAME",
      split = ",",
      description =
          "The ciphers of TLS 1.2 that the API server offers, by Go's names. Default: the JVM's"
              + " choice")
  private List<String> cipherSuites = List.of();

  @Option(
      names = SNI_CERT_KEY,
      paramLabel = "CERTIFICATE,KEY[:NAME,…]",
      split = ";",
      description =
          "A further certificate, PEM, with its key, which the API server shows to clients that ask"
              + " for one of these names, else for one that the certificate is for. Several stand"
              + " with semicolons between them. Read again when the files change.")
  private List<String> sniCertKeys = List.of();

  TlsOptions options() {
    try {
      return new TlsOptions(
          TlsChoice.of(MIN_VERSION, minVersion, CIPHER_SUITES, cipherSuites),
          sniCertKeys.stream().map(TlsFlags::named).toList());
    } catch (IllegalArgumentException e) {
      throw new UserErrorException(String.valueOf(e.getMessage()));
    }
  }

  private static NamedCertificate named(String text) {
    String[] parts = text.split(":", -1);
    String[] files = parts[0].split(",", -1);
    if (parts.length > 2 || files.length != 2 || files[0].isEmpty() || files[1].isEmpty()) {
      throw new UserErrorException(
          SNI_CERT_KEY + " is CERTIFICATE,KEY or CERTIFICATE,KEY:NAME,NAME, not '" + text + "'");
    }
    List<String> names = parts.length == 2 ? List.of(parts[1].split(",", -1)) : List.of();
    for (String name : names) {
      if (!name.matches("(\\*\\.)?[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?")
          || name.matches("[0-9.]+")) {
        throw new UserErrorException(
            SNI_CERT_KEY + ": '" + name + "' is no name of a host that a client may ask for");
      }
    }
    return new NamedCertificate(Path.of(files[0]), Path.of(files[1]), names);
  }
}
