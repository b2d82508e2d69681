package dev.coracle.api.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.certificates.CertificateRequest;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Certificate requests, PEM around DER: refused by the documented exception. */
class CertificatesFuzz {

  private static final String BEGIN = "-----BEGIN CERTIFICATE REQUEST-----";
  private static final String END = "-----END CERTIFICATE REQUEST-----";

  private static KeyPair keys() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(256);
    return generator.generateKeyPair();
  }

  private static String request() throws GeneralSecurityException {
    return CertificateRequest.make(
        keys(),
        "system:node:n",
        List.of("system:nodes"),
        List.of("n.example"),
        List.of("10.0.0.1"));
  }

  @FuzzTest(maxDuration = "60s")
  void pem(byte[] input) {
    armoured(input);
    der(input);
  }

  @Test
  void armour() throws Exception {
    new Fuzzer()
        .seeds(request())
        .words(BEGIN, END, "\n", "=", "-----", "END CERTIFICATE REQUEST-----")
        .run(CertificatesFuzz::armoured);
  }

  private static void armoured(byte[] input) {
    try {
      CertificateRequest.parsePem(input);
    } catch (IllegalArgumentException e) {
      // the words that the user sees
    }
  }

  @Test
  void requests() throws Exception {
    String body = request().replace(BEGIN, "").replace(END, "").replaceAll("\\s", "");
    new Fuzzer().seed(Base64.getDecoder().decode(body)).percent(50).run(CertificatesFuzz::der);
  }

  private static void der(byte[] input) {
    String pem = BEGIN + "\n" + Base64.getMimeEncoder().encodeToString(input) + "\n" + END + "\n";
    armoured(pem.getBytes(StandardCharsets.US_ASCII));
  }
}
