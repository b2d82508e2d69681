package dev.coracle.apiserver.internal.authn;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.fuzz.Fuzzer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;

/** Bearer tokens in JWS compact form: taken apart, or none. */
class TokensFuzz {

  @FuzzTest(maxDuration = "60s")
  void tokens(byte[] input) {
    take(input);
    claims(input);
  }

  private static String part(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static String part(String json) {
    return part(json.getBytes(StandardCharsets.UTF_8));
  }

  private static final String HEADER = "{\"alg\":\"RS256\",\"kid\":\"k\",\"typ\":\"JWT\"}";
  private static final String CLAIMS =
      "{\"iss\":\"https://a\",\"aud\":[\"b\"],\"exp\":1893456000,\"sub\":\"c\"}";

  @Test
  void compactForms() throws InterruptedException {
    new Fuzzer()
        .seeds(part(HEADER) + "." + part(CLAIMS) + "." + part("signature"), "..", "a.b.c")
        .words(".", "=", "-", "_", "+", "é")
        .run(TokensFuzz::take);
  }

  @Test
  void claims() throws InterruptedException {
    new Fuzzer()
        .seeds(HEADER, CLAIMS)
        .words("\"aud\"", "\"alg\":\"none\"", "{\"aud\":", "[")
        .run(TokensFuzz::claims);
  }

  private static void claims(byte[] input) {
    String token = part(input) + "." + part(input) + "." + part("s");
    take(token.getBytes(StandardCharsets.US_ASCII));
  }

  private static void take(byte[] input) {
    JsonWebToken.parse(new String(input, StandardCharsets.UTF_8))
        .ifPresent(token -> {
          token.algorithm();
          token.keyId();
          token.isFor("b");
        });
  }
}
