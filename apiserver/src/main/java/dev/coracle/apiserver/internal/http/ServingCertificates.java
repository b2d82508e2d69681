package dev.coracle.apiserver.internal.http;

import dev.coracle.api.file.FileWatch;
import dev.coracle.api.tls.PemIdentity;
import dev.coracle.api.tls.SniKeyManager;
import dev.coracle.api.tls.SniKeyManager.Named;
import dev.coracle.apiserver.config.TlsOptions.NamedCertificate;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.X509ExtendedKeyManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificates that the server shows: its own, and further ones for names that clients ask for
 * (RFC 6066, SNI). They are read again when their files change; while one cannot be used, the
 * former ones stay. Safe on any thread.
 */
final class ServingCertificates implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ServingCertificates.class);

  private record Read(PemIdentity own, List<Named> named) {}

  private final NamedCertificate own;
  private final List<NamedCertificate> named;
  private final FileWatch watch;
  private volatile Read now;
  private volatile Runnable changed = () -> {};

  /**
   * @param named beside the server's own
   * @throws IllegalStateException naming the files that cannot be used
   */
  ServingCertificates(Path certificate, Path key, List<NamedCertificate> named) {
    this.own = new NamedCertificate(certificate, key, List.of());
    this.named = List.copyOf(named);
    // Followed before they are read, or a change between the two would be missed; whoever looks
    // meanwhile waits until there is something to compare with.
    synchronized (this) {
      this.watch = follow();
      try {
        this.now = read();
      } catch (IllegalStateException e) {
        watch.close();
        throw e;
      }
    }
  }

  private FileWatch follow() {
    try {
      return FileWatch.files(
          Stream.concat(Stream.of(own), named.stream())
              .flatMap(c -> Stream.of(c.certificate(), c.key()))
              .toList(),
          this::look);
    } catch (NoSuchFileException e) {
      throw new IllegalStateException("there is no file " + e.getMessage(), e);
    } catch (IOException e) {
      throw new IllegalStateException("cannot read " + e.getMessage(), e);
    }
  }

  private Read read() {
    List<Named> identities = new ArrayList<>();
    for (NamedCertificate certificate : named) {
      identities.add(new Named(certificate.names(), identity(certificate)));
    }
    return new Read(identity(own), List.copyOf(identities));
  }

  private static PemIdentity identity(NamedCertificate from) {
    PemIdentity identity = PemIdentity.read(from.certificate(), from.key());
    if (!identity.isWhole()) {
      throw new IllegalStateException(
          "the key in " + from.key() + " is not that of the certificate in " + from.certificate());
    }
    return identity;
  }

  private synchronized void look() {
    Read read;
    try {
      read = read();
    } catch (IllegalStateException e) {
      LOG.atWarn()
          .addKeyValue("why", e.getMessage())
          .log("The new certificates cannot be shown; the former ones are");
      return;
    }
    if (!read.equals(now)) {
      now = read;
      LOG.info("Other certificates are shown");
      changed.run();
    }
  }

  /** Called, on a thread of its own, when there are other certificates. */
  void whenChanged(Runnable told) {
    changed = told;
  }

  X509ExtendedKeyManager keys() {
    Read shown = now;
    return new SniKeyManager(shown.own, shown.named);
  }

  @Override
  public void close() {
    watch.close();
  }
}
