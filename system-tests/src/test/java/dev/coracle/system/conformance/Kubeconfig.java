package dev.coracle.system.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** The first cluster and user of a kubeconfig that carries its certificates in itself. */
record Kubeconfig(URI server, SSLContext tls) {

  private static final char[] NO_PASSWORD = new char[0];

  static Kubeconfig read(Path file) throws IOException, GeneralSecurityException {
    JsonNode config = Manifest.parse(Files.readString(file));
    JsonNode cluster = config.at("/clusters/0/cluster");
    JsonNode user = config.at("/users/0/user");
    KeyStore trust = empty();
    trust.setCertificateEntry("ca", certificate(cluster.path("certificate-authority-data")));
    TrustManagerFactory trusted =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trusted.init(trust);
    Certificate mine = certificate(user.path("client-certificate-data"));
    KeyStore own = empty();
    own.setKeyEntry(
        "user",
        key(user.path("client-key-data"), mine.getPublicKey().getAlgorithm()),
        NO_PASSWORD,
        new Certificate[] {mine});
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(own, NO_PASSWORD);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(keys.getKeyManagers(), trusted.getTrustManagers(), null);
    return new Kubeconfig(URI.create(cluster.path("server").asText()), tls);
  }

  private static KeyStore empty() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, NO_PASSWORD);
    return store;
  }

  private static Certificate certificate(JsonNode base64) throws GeneralSecurityException {
    return CertificateFactory.getInstance("X.509")
        .generateCertificate(new ByteArrayInputStream(Base64.getDecoder().decode(base64.asText())));
  }

  private static PrivateKey key(JsonNode base64, String algorithm) throws GeneralSecurityException {
    String pem = new String(Base64.getDecoder().decode(base64.asText()), StandardCharsets.US_ASCII);
    byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
  }
}
