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
 * attribute of Kubernetes' own may tell apart users of one name. The TLS handshake has checked the
 * chain already.
 */
public final class ClientCertificates {

  private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
  private static final String UID = "K8SUID";

  /** Kubernetes' own attribute of subjects (KEP-4787); one that the names of attributes lack. */
  private static final Map<String, String> UID_WORD = Map.of("1.3.6.1.4.1.57683.2", UID);

  private static final String USER = "coracle.user";

  private ClientCertificates() {}

  /** A user, as long as the certificate says so. */
  public record Certified(UserInfo user, Instant notAfter) {}

  /**
   * Empty when the connection has no client certificate that was good when it was first looked at,
   * which it is once per TLS session.
   */
  public static Optional<Certified> of(@Nullable SSLSession session) {
    if (session == null) {
      return Optional.empty();
    }
    Object known = session.getValue(USER);
    if (known instanceof Certified certified) {
      return Optional.of(certified);
    }
    try {
      Certificate[] chain = session.getPeerCertificates();
      if (chain.length == 0 || !(chain[0] instanceof X509Certificate certificate)) {
        return Optional.empty();
      }
      Optional<Certified> certified =
          user(certificate).map(u -> new Certified(u, certificate.getNotAfter().toInstant()));
      certified.ifPresent(c -> session.putValue(USER, c));
      return certified;
    } catch (SSLPeerUnverifiedException e) {
      return Optional.empty();
    }
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
