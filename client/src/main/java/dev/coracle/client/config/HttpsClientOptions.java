package dev.coracle.client.config;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How to reach an API server over the network, and as whom.
 *
 * @param server {@code https://host:port}, optionally with a path prefix; {@code http} for tests
 * @param caPem the certificates trusted, PEM; empty: those of the JDK
 * @param certificatePem with {@code keyPem}, the client certificate
 * @param tokenFile a bearer token, read again when the file changes (bound tokens are rotated)
 * @param token a bearer token that never changes; used where there is no file
 * @param userAgent also the default field manager
 */
public record HttpsClientOptions(
    URI server,
    Optional<String> caPem,
    Optional<String> certificatePem,
    Optional<String> keyPem,
    Optional<Path> tokenFile,
    Optional<String> token,
    String userAgent) {

  public static HttpsClientOptions of(URI server, String caPem, String userAgent) {
    return new HttpsClientOptions(
        server,
        caPem.isEmpty() ? Optional.empty() : Optional.of(caPem),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        userAgent);
  }

  public HttpsClientOptions withCertificate(String newCertificatePem, String newKeyPem) {
    return new HttpsClientOptions(
        server,
        caPem,
        Optional.of(newCertificatePem),
        Optional.of(newKeyPem),
        tokenFile,
        token,
        userAgent);
  }

  public HttpsClientOptions withToken(String newToken) {
    return new HttpsClientOptions(
        server, caPem, certificatePem, keyPem, tokenFile, Optional.of(newToken), userAgent);
  }

  public HttpsClientOptions withTokenFile(Path file) {
    return new HttpsClientOptions(
        server, caPem, certificatePem, keyPem, Optional.of(file), token, userAgent);
  }

  /** Never the secrets. */
  @Override
  public String toString() {
    return "HttpsClientOptions[" + server + "]";
  }
}
