package dev.coracle.apiserver.validation;

import dev.coracle.api.certificates.PemBlock;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;

/** Certificates as a signer gives them out: PEM, and nothing but certificates in it. */
final class IssuedCertificates {

  private IssuedCertificates() {}

  /**
   * @param der one certificate
   */
  static X509Certificate parse(byte[] der) throws CertificateException {
    ByteArrayInputStream in = new ByteArrayInputStream(der);
    X509Certificate out =
        (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    if (in.available() > 0) {
      throw new CertificateException("x509: trailing data");
    }
    return out;
  }

  /**
   * @param certificates base64 of PEM
   * @return what is wrong with it; empty where all is well, and for no certificates
   */
  static String problem(String certificates) {
    if (certificates.isEmpty()) {
      return "";
    }
    byte[] pem = Base64.getMimeDecoder().decode(certificates);
    List<PemBlock> blocks = PemBlock.readable(new String(pem, StandardCharsets.ISO_8859_1));
    for (PemBlock block : blocks) {
      if (!block.type().equals("CERTIFICATE")) {
        return "only CERTIFICATE PEM blocks are allowed, found \"" + block.type() + "\"";
      }
      if (block.hasHeaders()) {
        return "no PEM block headers are permitted";
      }
      if (block.content().length == 0) {
        return "found CERTIFICATE PEM block containing 0 certificates";
      }
      try {
        parse(block.content());
      } catch (CertificateException e) {
        return "x509: malformed certificate";
      }
    }
    return blocks.isEmpty() ? "must contain at least one CERTIFICATE PEM block" : "";
  }
}
