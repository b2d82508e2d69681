package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.certificates.PemBlock;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.List;

/** Whether a {@code caBundle} has a certificate to trust, in the words of client-go. */
public final class CaBundles {

  private CaBundles() {}

  /** What is wrong with the bundle by which a definition's conversion webhook is checked. */
  public static String ofConversion(JsonNode spec) {
    return problem(
        spec.path("conversion").path("webhook").path("clientConfig").path("caBundle").asText(""));
  }

  /**
   * @param bundle base64 of PEM
   * @return empty where one certificate can be read, and for no bundle
   */
  static String problem(String bundle) {
    if (bundle.isEmpty()) {
      return "";
    }
    String why = "no valid certificate authority data seen";
    try {
      String text = new String(Base64.getMimeDecoder().decode(bundle), StandardCharsets.ISO_8859_1);
      List<PemBlock> blocks = PemBlock.all(text);
      if (blocks.isEmpty()) {
        why = "unable to parse bytes as PEM block";
      }
      CertificateFactory certificates = CertificateFactory.getInstance("X.509");
      for (PemBlock block : blocks.reversed()) {
        if (block.type().equals("CERTIFICATE")) {
          try {
            certificates.generateCertificate(new ByteArrayInputStream(block.content()));
            return "";
          } catch (CertificateException e) {
            why = "failed to parse certificate: " + e.getMessage();
          }
        }
      }
    } catch (IllegalArgumentException e) {
      why = "unable to parse bytes as PEM block";
    } catch (CertificateException e) {
      throw new IllegalStateException("every JDK reads X.509", e);
    }
    return "unable to load root certificates: " + why;
  }
}
