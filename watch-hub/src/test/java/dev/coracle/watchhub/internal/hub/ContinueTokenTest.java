package dev.coracle.watchhub.internal.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContinueTokenTest {

  @Test
  void aTokenLeadsToWhereItWasMade() {
    ContinueToken token = ContinueToken.after("ns/name", 7);
    assertThat(ContinueToken.decode(token.encode())).isEqualTo(token);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "%|illegal base64 data at input byte 0",
        "abcde|illegal base64 data at input byte 4",
        "e30|`server does not recognize this encoded version `",
        "eyJ2IjoidjIifQ|server does not recognize this encoded version v2",
        "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJzdGFydCI6ImEifQ|incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
        "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTF9|encoded start key empty (version meta.k8s.io/v1)",
        "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6NSwic3RhcnQiOiIuLi9hIn0|../a",
      })
  void whatIsNoTokenIsRefused(String token, String words) {
    assertThatThrownBy(() -> ContinueToken.decode(token))
        .hasMessage("invalid continue token: continue key is not valid: " + words);
  }
}
