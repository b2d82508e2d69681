package dev.coracle.api.tls;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.fuzz.Fuzzer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Private keys in their three armours: refused by {@code GeneralSecurityException}. */
class PemKeyFuzz {

  @FuzzTest(maxDuration = "60s")
  void keys(byte[] input) {
    pem(input);
    der(input);
  }

  private static byte[] key(String algorithm, int size) throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
    generator.initialize(size);
    return generator.generateKeyPair().getPrivate().getEncoded();
  }

  @Test
  void contents() throws Exception {
    new Fuzzer().seed(key("EC", 256)).seed(key("RSA", 1024)).percent(50).run(PemKeyFuzz::der);
  }

  @Test
  void armours() throws Exception {
    new Fuzzer()
        .seeds(armour("PRIVATE KEY", key("EC", 256)))
        .words("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "EC ", "RSA ", "\n")
        .percent(50)
        .run(PemKeyFuzz::pem);
  }

  /** A Secret may hold a megabyte of them, and the ingress reads it. */
  @Test
  void manyBeginningsAreReadInOnePass() throws Exception {
    new Fuzzer()
        .seeds("-----BEGIN PRIVATE KEY-----".repeat(40_000))
        .seeds("-----BEGIN EC PRIVATE KEY----------BEGIN RSA PRIVATE KEY-----".repeat(16_000))
        .percent(0)
        .run(PemKeyFuzz::pem);
  }

  private static String armour(String kind, byte[] der) {
    String body = Base64.getMimeEncoder().encodeToString(der);
    return "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n";
  }

  private static void der(byte[] input) {
    for (String kind : List.of("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY")) {
      pem(armour(kind, input).getBytes(StandardCharsets.US_ASCII));
    }
  }

  private static void pem(byte[] input) {
    try {
      PemKey.parse(input);
    } catch (GeneralSecurityException e) {
      // the words that the user sees
    }
  }
}
