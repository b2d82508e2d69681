package dev.coracle.apiserver.internal.structured;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;

/** PEM certificates that stand in a configuration file. */
final class Certificates {

  private Certificates() {}

  /** Empty where the field is absent. */
  static String pem(Field field, String name) {
    String text = field.text(name);
    if (text.isEmpty()) {
      return text;
    }
    try {
      byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
      if (CertificateFactory.getInstance("X.509")
          .generateCertificates(new ByteArrayInputStream(bytes))
          .isEmpty()) {
        throw new CertificateException("no certificate");
      }
      return text;
    } catch (CertificateException e) {
      throw field
          .child(name)
          .error("Invalid value: \"<omitted>\": must be PEM certificates: " + e.getMessage());
    }
  }
}
