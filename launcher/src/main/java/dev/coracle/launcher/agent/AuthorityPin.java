package dev.coracle.launcher.agent;

import dev.coracle.launcher.UserErrorException;
import dev.coracle.launcher.pki.Pem;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Finds the cluster's CA by the hash of its public key, as kubeadm's {@code
 * --discovery-token-ca-cert-hash} does: the server shows its CA in the handshake, and only the one
 * with this hash, and a server it has signed, is believed. Nothing is sent before that.
 */
public final class AuthorityPin {

  private static final String SHA256 = "sha256:";
  private static final int PATIENCE_MILLIS = 10_000;

  private AuthorityPin() {}

  /** {@code sha256:} and the hexadecimal SHA-256 of the certificate's SubjectPublicKeyInfo. */
  public static String of(X509Certificate authority) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(authority.getPublicKey().getEncoded());
      return SHA256 + HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The CA of the server, PEM. Blocks.
   *
   * @throws UserErrorException when the server cannot be reached or is not of this CA
   */
  public static String fetch(URI server, String pin) {
    String wanted = pin.toLowerCase(Locale.ROOT);
    if (!wanted.matches(SHA256 + "[0-9a-f]{64}")) {
      throw new UserErrorException("--ca-hash is sha256: and 64 hexadecimal digits");
    }
    int port = server.getPort() > 0 ? server.getPort() : 443;
    Pinned trust = new Pinned(wanted);
    try (Socket plain = new Socket()) {
      plain.connect(new InetSocketAddress(server.getHost(), port), PATIENCE_MILLIS);
      plain.setSoTimeout(PATIENCE_MILLIS);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {trust}, null);
      try (SSLSocket tls =
          (SSLSocket)
              context.getSocketFactory().createSocket(plain, server.getHost(), port, true)) {
        tls.startHandshake();
      }
    } catch (IOException | GeneralSecurityException e) {
      throw new UserErrorException("cannot trust " + server + ": " + e.getMessage());
    }
    X509Certificate found = trust.found;
    if (found == null) {
      throw new UserErrorException(server + " has shown no certificate");
    }
    return Pem.certificate(found);
  }

  private static final class Pinned implements X509TrustManager {
    private final String pin;
    private volatile @Nullable X509Certificate found;

    Pinned(String pin) {
      this.pin = pin;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      for (X509Certificate c : chain) {
        if (c.getBasicConstraints() >= 0 && of(c).equals(pin)) {
          validate(chain[0], c);
          found = c;
          return;
        }
      }
      throw new CertificateException(
          "its CA is not the one with this --ca-hash; take a new command from 'coracle token"
              + " create', or give the CA with --ca-file");
    }

    private static void validate(X509Certificate server, X509Certificate authority)
        throws CertificateException {
      try {
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(authority, null)));
        parameters.setRevocationEnabled(false);
        CertPathValidator.getInstance("PKIX")
            .validate(
                CertificateFactory.getInstance("X.509").generateCertPath(List.of(server)),
                parameters);
      } catch (GeneralSecurityException e) {
        throw new CertificateException("its certificate is not signed by its CA", e);
      }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      throw new CertificateException("no client is expected here");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
