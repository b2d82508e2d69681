package dev.coracle.kubelet.server.internal.http;

import dev.coracle.kubelet.server.UserInfo;
import io.vertx.core.http.HttpConnection;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.naming.NamingException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLPeerUnverifiedException;

/**
 * The user of a verified client certificate: common name and organisations. The TLS layer has
 * verified the chain against the client CA before a request is seen.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates">X509</a>
 */
final class ClientCertificates {
  private ClientCertificates() {}

  static Optional<UserInfo> user(HttpConnection connection) {
    try {
      List<Certificate> chain = connection.peerCertificates();
      return chain != null && !chain.isEmpty() && chain.getFirst() instanceof X509Certificate leaf
          ? user(leaf)
          : Optional.empty();
    } catch (SSLPeerUnverifiedException e) {
      return Optional.empty();
    }
  }

  static Optional<UserInfo> user(X509Certificate certificate) {
    String name = "";
    List<String> groups = new ArrayList<>();
    try {
      List<Rdn> parts = new LdapName(certificate.getSubjectX500Principal().getName()).getRdns();
      for (Rdn rdn : parts) {
        // A multi-valued RDN carries several attributes; all of them count.
        var attributes = rdn.toAttributes().getAll();
        while (attributes.hasMore()) {
          var attribute = attributes.next();
          for (int i = 0; i < attribute.size(); i++) {
            String value = String.valueOf(attribute.get(i));
            if (attribute.getID().equalsIgnoreCase("CN")) {
              name = value;
            } else if (attribute.getID().equalsIgnoreCase("O")) {
              groups.add(value);
            }
          }
        }
      }
    } catch (NamingException e) {
      return Optional.empty();
    }
    if (name.isEmpty()) {
      return Optional.empty();
    }
    groups.add("system:authenticated");
    return Optional.of(new UserInfo(name, "", groups, Map.of()));
  }
}
