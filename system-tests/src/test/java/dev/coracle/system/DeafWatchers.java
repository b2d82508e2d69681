package dev.coracle.system;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** Connections to an API server that send one request and then never read. */
final class DeafWatchers implements AutoCloseable {

  private final URI api;
  private final String token;
  private final SSLContext tls;
  private final List<Socket> sockets = new ArrayList<>();

  DeafWatchers(CoracleProcess coracle) throws IOException, GeneralSecurityException {
    Path pki = coracle.dataDir().resolve("pki");
    api = URI.create(coracle.apiUrl());
    token = Files.readString(pki.resolve("dashboard.token")).strip();
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    try (InputStream in = Files.newInputStream(pki.resolve("ca.crt"))) {
      Certificate ca = CertificateFactory.getInstance("X.509").generateCertificate(in);
      trusted.setCertificateEntry("ca", ca);
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    tls = SSLContext.getInstance("TLS");
    tls.init(null, trust.getTrustManagers(), null);
  }

  void connect(int count, String path) throws IOException {
    byte[] request =
        ("GET "
                + path
                + " HTTP/1.1\r\nHost: "
                + api.getAuthority()
                + "\r\nAuthorization: Bearer "
                + token
                + "\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < count; i++) {
      Socket plain = new Socket();
      sockets.add(plain);
      plain.setSoLinger(true, 0); // closing says nothing and waits for nothing
      plain.setReceiveBufferSize(4096); // little fits between
      plain.connect(new InetSocketAddress(api.getHost(), api.getPort()), 30_000);
      SSLSocket socket =
          (SSLSocket)
              tls.getSocketFactory().createSocket(plain, api.getHost(), api.getPort(), true);
      socket.getOutputStream().write(request);
      socket.getOutputStream().flush();
    }
  }

  @Override
  public void close() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
    sockets.clear();
  }
}
