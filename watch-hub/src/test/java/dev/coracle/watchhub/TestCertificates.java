package dev.coracle.watchhub;

import dev.coracle.api.certificates.TestAuthority;
import java.nio.file.Path;
import java.util.List;

/** An authority with one certificate for 127.0.0.1 that serves and one that asks. */
record TestCertificates(Path ca, Path cert, Path key, Path clientCert, Path clientKey) {

  static TestCertificates make(Path directory) {
    TestAuthority authority =
        new TestAuthority(directory, "ca")
            .issue("server", "server", List.of(), List.of("localhost", "127.0.0.1"))
            .issue("client", "client", List.of(), List.of());
    return new TestCertificates(
        authority.path("ca.crt"),
        authority.path("server.crt"),
        authority.path("server.key"),
        authority.path("client.crt"),
        authority.path("client.key"));
  }
}
