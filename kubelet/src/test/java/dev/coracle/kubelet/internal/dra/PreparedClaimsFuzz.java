package dev.coracle.kubelet.internal.dra;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.fuzz.Fuzzer;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a kubelet finds of the claims that an earlier one prepared: read, and stable. */
class PreparedClaimsFuzz {

  private static final String FILE =
      """
      {"claims":[{"namespace":"n","name":"c","uid":"u","drivers":["a.example"],"pods":["p","q"],\
      "devices":[{"driver":"a.example","pool":"x","device":"d","requests":["r","s/t"],\
      "cdi":["a.example/b=c"]}]}]}\
      """;

  @FuzzTest(maxDuration = "30s")
  void files(byte[] input) {
    read(input);
  }

  @Test
  void claims() throws InterruptedException {
    new Fuzzer()
        .seeds(FILE, "{}", "{\"claims\":{\"a\":1}}", "{\"claims\":[1,null,[]]}")
        .words("\"claims\":", "\"devices\":", "\"pods\":", "[", "{", "null", "1e999", "\"p\",")
        .run(PreparedClaimsFuzz::read);
  }

  private static void read(byte[] input) {
    Map<String, PreparedClaim> claims;
    try {
      claims = PreparedClaim.map(Json.parse(input).path("claims"));
    } catch (StatusException e) {
      assertThat(e.status().code()).isEqualTo(400);
      return;
    }
    ArrayNode written = Json.array();
    claims.values().forEach(c -> written.add(c.json()));
    assertThat(PreparedClaim.map(Json.parse(Json.bytes(written)))).isEqualTo(claims);
  }
}
