package dev.coracle.criruntime.internal.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.fuzz.Fuzzer;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Challenges of registries and answers of token services: a request, or an error of the pull. */
class TokenServiceFuzz {

  @FuzzTest(maxDuration = "30s")
  void answers(byte[] input) {
    answer(input);
    challenge(input);
  }

  private static void answer(byte[] input) {
    try {
      String token = TokenService.token(input, "r/a:1");
      assertThat(
              HttpRequest.newBuilder(TokenService.address("https://r.example/"))
                  .header("Authorization", "Bearer " + token)
                  .build()
                  .headers()
                  .firstValue("Authorization"))
          .contains("Bearer " + token);
    } catch (IOException e) {
      return; // ErrImagePull
    }
  }

  private static void challenge(byte[] input) {
    String header = new String(input, StandardCharsets.UTF_8);
    String realm = TokenService.parameters(header).getOrDefault("realm", header);
    try {
      if (realm.startsWith("https://")) {
        HttpRequest.newBuilder(TokenService.address(realm + "?service=s")).build();
      }
    } catch (IOException e) {
      return;
    }
  }

  @Test
  void nearlyRightAnswers() throws InterruptedException {
    new Fuzzer()
        .seeds(
            "{\"token\":\"abc\",\"expires_in\":300}",
            "{\"access_token\":\"abc\"}",
            "",
            "[]",
            "null")
        .words("\\n", "\\u0000", "\"token\":1e999", "{", "[", "null", "\\u20ac")
        .run(TokenServiceFuzz::answer);
  }

  @Test
  void nearlyRightChallenges() throws InterruptedException {
    new Fuzzer()
        .seeds(
            "Bearer realm=\"https://auth.example/token\",service=\"r\",scope=\"repository:a:pull\"",
            "https://auth.example:443/t")
        .words("https://", "realm=\"", "\"", ":99999", "[::1", "%", "//", "@", "#", " ")
        .run(TokenServiceFuzz::challenge);
  }

  /** Every letter of it was taken for the beginning of a name. */
  @Test
  void aLongChallengeTakesNoLongerThanItsLength() throws InterruptedException {
    new Fuzzer()
        .seeds("Bearer " + "N".repeat(200_000), "a=\"".repeat(50_000))
        .percent(0)
        .run(TokenServiceFuzz::challenge);
  }

  /** It was an exception of the HTTP client that no pull expects. */
  @Test
  void aTokenThatNoHeaderCanCarryIsAnErrorOfThePull() {
    assertThatThrownBy(() -> TokenService.token("{\"token\":\"a\\nb\"}".getBytes(), "r/a:1"))
        .isInstanceOf(IOException.class)
        .hasMessage("token service gave a token with blanks or worse for r/a:1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"https://a b/", "https:///token", "https://", "https://%zz/", "https://[::1"})
  void aRealmThatIsNoAddressIsAnErrorOfThePull(String realm) {
    assertThatThrownBy(() -> TokenService.address(realm))
        .isInstanceOf(IOException.class)
        .hasMessage("registry names no usable token service: " + realm);
  }
}
