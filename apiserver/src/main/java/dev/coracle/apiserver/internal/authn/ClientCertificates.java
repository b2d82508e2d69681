package dev.coracle.apiserver.internal.authn;

import dev.coracle.apiserver.UserInfo;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Users by their client certificate: the common name is the user, organisations are groups; an
 * attribute of Kubernetes' own may tell apart users of one name. An authority has to stand behind
 * them, which is asked once per TLS session, and again when there are others.
 */
public final class ClientCertificates {

  private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
  private static final String UID = "K8SUID";

  /** Kubernetes' own attribute of subjects (KEP-4787); one that the names of attributes lack. */
  private static final Map<String, String> UID_WORD = Map.of("1.3.6.1.4.1.57683.2", UID);

  private static final String USER = "coracle.user";

  private final ClientTrust trust;

  public ClientCertificates(ClientTrust trust) {
    this.trust = trust;
  }

  /** What a connection shows. */
  sealed interface Shown {

    /** No certificate, or one that names nobody. */
    record Nothing() implements Shown {}

    /** A certificate that no authority stands behind, or not for this, or not now. */
    record Untrusted() implements Shown {}

    /** A user, as long as the certificate says so. */
    record Certified(UserInfo user, Instant notAfter) implements Shown {}
  }

  /** What came of looking at what a TLS session showed, while there were these authorities. */
  private record Looked(Object authorities, Shown shown) {}

  /** It is looked at once per TLS session, and again when there are other authorities. */
  Shown of(@Nullable SSLSession session) {
    if (session == null) {
      return new Shown.Nothing();
    }
    Object authorities = trust.generation();
    if (session.getValue(USER) instanceof Looked known && known.authorities == authorities) {
      return known.shown;
    }
    Shown shown = look(session);
    session.putValue(USER, new Looked(authorities, shown));
    return shown;
  }

  private Shown look(SSLSession session) {
    Certificate[] shown;
    try {
      shown = session.getPeerCertificates();
    } catch (SSLPeerUnverifiedException e) {
      return new Shown.Nothing();
    }
    X509Certificate[] chain = new X509Certificate[shown.length];
    for (int i = 0; i < shown.length; i++) {
      if (!(shown[i] instanceof X509Certificate certificate)) {
        return new Shown.Untrusted();
      }
      chain[i] = certificate;
    }
    if (chain.length == 0) {
      return new Shown.Nothing();
    }
    if (!trust.vouches(chain)) {
      return new Shown.Untrusted();
    }
    return user(chain[0])
        .<Shown>map(u -> new Shown.Certified(u, chain[0].getNotAfter().toInstant()))
        .orElseGet(Shown.Nothing::new);
  }

  /** SHA-256 of the encoded certificate, in hexadecimal digits. */
  private static String fingerprint(X509Certificate certificate)
      throws CertificateEncodingException {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static Optional<UserInfo> user(X509Certificate certificate) {
    try {
      List<String> usages = certificate.getExtendedKeyUsage();
      if (usages != null && !usages.contains(CLIENT_AUTH)) {
        return Optional.empty();
      }
      certificate.checkValidity();
      String name = "";
      List<String> groups = new ArrayList<>();
      List<String> uids = new ArrayList<>();
      String subject = certificate.getSubjectX500Principal().getName("RFC2253", UID_WORD);
      for (Rdn rdn : new LdapName(subject).getRdns()) {
        var attributes = rdn.toAttributes().getAll();
        while (attributes.hasMore()) {
          var attribute = attributes.next();
          String value = String.valueOf(attribute.get());
          switch (attribute.getID().toUpperCase(java.util.Locale.ROOT)) {
            case "CN" -> name = value;
            case "O" -> groups.add(value);
            case UID -> uids.add(value);
            default -> {}
          }
        }
      }
      if (name.isEmpty() || uids.size() > 1 || uids.contains("")) {
        return Optional.empty();
      }
      groups.add(UserInfo.AUTHENTICATED);
      return Optional.of(
          new UserInfo(
              name,
              uids.isEmpty() ? "" : uids.getFirst(),
              groups,
              Map.of(UserInfo.CREDENTIAL_ID, List.of("X509SHA256=" + fingerprint(certificate)))));
    } catch (java.security.cert.CertificateException | InvalidNameException e) {
      return Optional.empty();
    } catch (javax.naming.NamingException e) {
      return Optional.empty();
    }
  }
}
