package dev.coracle.launcher.pki;

import dev.coracle.api.net.Cidr;
import dev.coracle.launcher.pki.CertificateAuthority.Request;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The files under {@code pki/}. {@link #credential} gives the pair of a name, making or renewing it
 * when it is missing, ends within thirty days, or does not cover the addresses asked for. Called at
 * start-up, on one thread.
 */
public final class ClusterPki {

  private static final Duration RENEW_BEFORE = Duration.ofDays(30);

  /** The kind of an alternative name (RFC 5280, 4.2.1.6). */
  private static final int IP_ADDRESS = 7;

  private final Path directory;
  private final Clock clock;
  private @Nullable CertificateAuthority authority;

  public ClusterPki(Path directory, Clock clock) {
    this.directory = directory;
    this.clock = clock;
  }

  /** A certificate with its key, as files. */
  public record Credential(Path certificate, Path key) {}

  public Path caCertificate() {
    return directory.resolve("ca.crt");
  }

  public Path caKey() {
    return directory.resolve("ca.key");
  }

  /**
   * The key pair that signs service account tokens; the public half stands beside it as {@code
   * .pub}.
   */
  public Path serviceAccountKey() {
    return directory.resolve("sa.key");
  }

  /** Makes the authority and the service account key where they are missing. */
  public void open() throws IOException {
    openAuthority("coracle-ca");
    if (!Files.exists(serviceAccountKey())) {
      KeyPair pair = CertificateAuthority.newKeyPair();
      Pem.write(directory.resolve("sa.pub"), Pem.publicKey(pair.getPublic()));
      Pem.write(serviceAccountKey(), Pem.privateKey(pair.getPrivate()));
    }
  }

  /** Makes only the authority, under this name, where it is missing. */
  public void openAuthority(String commonName) throws IOException {
    Files.createDirectories(directory);
    if (!Files.exists(caCertificate()) || !Files.exists(caKey())) {
      CertificateAuthority made = CertificateAuthority.create(commonName, clock);
      Pem.write(caKey(), Pem.privateKey(made.privateKey()));
      Pem.write(caCertificate(), Pem.certificate(made.certificate()));
      authority = made;
    }
  }

  /** The authority that signs, for the parts that issue certificates while the cluster runs. */
  public CertificateAuthority authority() throws IOException {
    CertificateAuthority known = authority;
    if (known == null) {
      known =
          new CertificateAuthority(
              Pem.readCertificate(caCertificate()), Pem.readPrivateKey(caKey()), clock);
      authority = known;
    }
    return known;
  }

  /** The pair of files {@code name.crt} and {@code name.key} that satisfies the request. */
  public Credential credential(String name, Request request) throws IOException {
    return credential(name, request, CertificateAuthority::newKeyPair);
  }

  /** As {@link #credential(String, Request)}, with an RSA key, which every client can read. */
  public Credential rsaCredential(String name, Request request) throws IOException {
    return credential(name, request, CertificateAuthority::newRsaKeyPair);
  }

  private Credential credential(String name, Request request, Supplier<KeyPair> keys)
      throws IOException {
    Credential files =
        new Credential(directory.resolve(name + ".crt"), directory.resolve(name + ".key"));
    if (!isUsable(files, request)) {
      KeyPair pair = keys.get();
      X509Certificate certificate = authority().issue(pair.getPublic(), request);
      Pem.write(files.key(), Pem.privateKey(pair.getPrivate()));
      Pem.write(
          files.certificate(),
          Pem.certificate(certificate)
              // Who connects for the first time knows the CA by its hash, so servers show it too.
              + (request.server() ? Pem.certificate(authority().certificate()) : ""));
    }
    return files;
  }

  private boolean isUsable(Credential files, Request request) throws IOException {
    if (!Files.exists(files.certificate()) || !Files.exists(files.key())) {
      return false;
    }
    X509Certificate certificate = Pem.readCertificate(files.certificate());
    boolean whole = !request.server() || Pem.count(files.certificate()) > 1;
    boolean lasts =
        certificate.getNotAfter().toInstant().isAfter(clock.instant().plus(RENEW_BEFORE));
    Set<String> wanted = new HashSet<>(request.dnsNames());
    request.ipAddresses().forEach(a -> wanted.add(Cidr.canonical(a)));
    return lasts && whole && alternatives(certificate).containsAll(wanted);
  }

  /** The JDK writes all parts of an IPv6 address. */
  private static String text(List<?> name) {
    String text = String.valueOf(name.get(1));
    return Integer.valueOf(IP_ADDRESS).equals(name.getFirst()) ? Cidr.canonical(text) : text;
  }

  private static Set<String> alternatives(X509Certificate certificate) throws IOException {
    try {
      Collection<List<?>> names = certificate.getSubjectAlternativeNames();
      Set<String> out = new HashSet<>();
      if (names != null) {
        names.forEach(n -> out.add(text(n)));
      }
      return out;
    } catch (CertificateParsingException e) {
      throw new IOException("a certificate has unreadable alternative names", e);
    }
  }
}
