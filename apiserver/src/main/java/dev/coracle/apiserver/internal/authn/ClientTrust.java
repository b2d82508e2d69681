package dev.coracle.apiserver.internal.authn;

import dev.coracle.api.file.FileWatch;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The authorities that sign client certificates. They are asked after the handshake (ADR 0302):
 * whoever comes with a certificate of another authority is to be told so by HTTP, and may still
 * have a token. Their files are read again when they change; what is wrong then is logged, and the
 * former authorities stay. Safe on any thread.
 */
public final class ClientTrust implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ClientTrust.class);

  /** What the files say at a time. */
  private record Authorities(X509TrustManager authorities, byte[] bundle) {}

  /** Names the authorities, and lets pass whoever has the key to the certificate they show. */
  private final class Lenient extends X509ExtendedTrustManager {

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, @Nullable Socket socket) {}

    @Override
    public void checkClientTrusted(
        X509Certificate[] chain, String type, @Nullable SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      now.authorities.checkServerTrusted(chain, type);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable Socket socket)
        throws CertificateException {
      now.authorities.checkServerTrusted(chain, type);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable SSLEngine engine)
        throws CertificateException {
      now.authorities.checkServerTrusted(chain, type);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return now.authorities.getAcceptedIssuers();
    }
  }

  private final List<Path> files;
  private final List<FileWatch> watches = new ArrayList<>();
  private volatile Authorities now;
  private volatile Runnable changed = () -> {};

  /**
   * @param files bundles of certificates in PEM
   * @throws UncheckedIOException when one cannot be read
   * @throws IllegalArgumentException when one has no certificates
   */
  public ClientTrust(List<Path> files) {
    this.files = List.copyOf(files);
    // Whoever looks meanwhile waits until there is something to compare with.
    synchronized (this) {
      try {
        for (Path file : files) {
          watches.add(FileWatch.file(file, this::look));
        }
        now = read(files);
      } catch (IOException e) {
        close();
        throw new UncheckedIOException(e);
      } catch (RuntimeException e) {
        close();
        throw e;
      }
    }
  }

  private static Authorities read(List<Path> files) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      for (Path file : files) {
        byte[] bundle = Files.readAllBytes(file);
        all.writeBytes(bundle);
        int before = store.size();
        for (Certificate authority : certificates(bundle, file)) {
          store.setCertificateEntry("authority-" + store.size(), authority);
        }
        if (store.size() == before) {
          throw new IllegalArgumentException("no certificates of authorities in " + file);
        }
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      for (TrustManager made : factory.getTrustManagers()) {
        if (made instanceof X509TrustManager authorities) {
          return new Authorities(authorities, all.toByteArray());
        }
      }
      throw new IllegalStateException("no X.509 here");
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("no certificates of authorities in " + files, e);
    }
  }

  private static Collection<? extends Certificate> certificates(byte[] bundle, Path file) {
    try {
      return CertificateFactory.getInstance("X.509")
          .generateCertificates(new ByteArrayInputStream(bundle));
    } catch (CertificateException e) {
      throw new IllegalArgumentException("no certificates of authorities in " + file, e);
    }
  }

  private synchronized void look() {
    Authorities read;
    try {
      read = read(files);
    } catch (IOException | IllegalArgumentException e) {
      LOG.atError()
          .addKeyValue("files", files)
          .addKeyValue("why", e.getMessage())
          .log("The new client CA cannot be used; the former one stays");
      return;
    }
    if (!Arrays.equals(read.bundle, now.bundle)) {
      now = read;
      LOG.atInfo().addKeyValue("files", files).log("The client CA is reloaded");
      changed.run();
    }
  }

  /** Called, on a thread of its own, when there are other authorities. */
  public void whenChanged(Runnable told) {
    changed = told;
  }

  /** For the handshake. What it lets pass is to be shown to {@link #vouches}. */
  public TrustManager lenient() {
    return new Lenient();
  }

  /** Another one whenever other certificates may be vouched for. */
  Object generation() {
    return now;
  }

  /** Whether an authority stands behind this certificate, now and for a client. */
  boolean vouches(X509Certificate[] chain) {
    try {
      now.authorities.checkClientTrusted(chain, chain[0].getPublicKey().getAlgorithm());
      return true;
    } catch (CertificateException e) {
      return false;
    }
  }

  @Override
  public void close() {
    watches.forEach(FileWatch::close);
  }
}
