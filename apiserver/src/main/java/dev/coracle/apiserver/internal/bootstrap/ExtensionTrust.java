package dev.coracle.apiserver.internal.bootstrap;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.config.ApiServerOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;

/**
 * The ConfigMap {@code extension-apiserver-authentication}: by which certificate an aggregated
 * server knows that a request, with the user's name in its headers, comes from this server. Client
 * and proxy certificates may have one authority here, so only the one name is allowed.
 */
public final class ExtensionTrust {

  private ExtensionTrust() {}

  public static KubeObject of(ApiServerOptions options) {
    try {
      String ca = Files.readString(options.listen().clientCa());
      Path further = options.security().authentication().clientCa();
      String clients = further == null ? ca : ca.stripTrailing() + "\n" + Files.readString(further);
      byte[] proxy = Files.readAllBytes(options.kubelets().clientCertificate());
      String name = commonName(proxy);
      return KubeObject.create(
          new GroupVersionKind("", "v1", "ConfigMap"),
          "kube-system",
          "extension-apiserver-authentication",
          o ->
              o.putObject("data")
                  .put("client-ca-file", clients)
                  .put("requestheader-client-ca-file", ca)
                  .put("requestheader-allowed-names", list(name))
                  .put("requestheader-username-headers", list("X-Remote-User"))
                  .put("requestheader-uid-headers", list("X-Remote-Uid"))
                  .put("requestheader-group-headers", list("X-Remote-Group"))
                  .put("requestheader-extra-headers-prefix", list("X-Remote-Extra-")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String list(String one) {
    return Json.array().add(one).toString();
  }

  private static String commonName(byte[] pem) {
    try {
      // A PEM file may say something before the certificate.
      String text = new String(pem, StandardCharsets.ISO_8859_1);
      int from = Math.max(0, text.indexOf("-----BEGIN CERTIFICATE"));
      X509Certificate certificate =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(
                      new ByteArrayInputStream(
                          text.substring(from).getBytes(StandardCharsets.ISO_8859_1)));
      for (var rdn : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
        if (rdn.getType().equalsIgnoreCase("CN")) {
          return rdn.getValue().toString();
        }
      }
      throw new IllegalStateException("the client certificate for kubelets has no common name");
    } catch (CertificateException | InvalidNameException e) {
      throw new IllegalStateException("cannot read the client certificate for kubelets", e);
    }
  }
}
