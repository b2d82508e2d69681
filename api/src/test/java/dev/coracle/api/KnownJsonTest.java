package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was encoded is read back the same, with texts of names shared where that pays. */
class KnownJsonTest {

  private static final String[] TEXTS = {
    "",
    "name",
    "ünïcödé",
    "\u0000\u001f\"\\/",
    "😀 smile",
    "k:{\"ip\":\"10.0.0.7\"}",
    "v:\"x\"",
    "a".repeat(5000),
    "\uFFFD",
    "\u2028"
  };

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void readsWhatWasEncodedAsTheGeneralParserDoes(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      ObjectNode tree = object(random, 0);
      byte[] json = Json.bytes(tree);
      assertThat(Json.parseKnown(json)).isEqualTo(Json.parseObject(json)).isEqualTo(tree);
      assertThat(KubeObject.ofJson(json).tree()).isEqualTo(tree);
    }
  }

  private static ObjectNode object(Random random, int depth) {
    ObjectNode out = Json.object();
    for (int n = random.nextInt(6); n > 0; n--) {
      String name = TEXTS[random.nextInt(TEXTS.length)] + random.nextInt(50);
      switch (random.nextInt(depth > 4 ? 6 : 8)) {
        case 0 -> out.put(name, TEXTS[random.nextInt(TEXTS.length)]);
        case 1 -> out.put(name, random.nextInt());
        case 2 -> out.put(name, (1L << 40) + random.nextInt(1000));
        case 3 -> out.put(name, random.nextInt() / 8.0);
        case 4 -> out.put(name, random.nextBoolean());
        case 5 -> out.putNull(name);
        case 6 -> out.set(name, object(random, depth + 1));
        default -> out.putArray(name).add(object(random, depth + 1)).add(1).add("x");
      }
    }
    return out;
  }

  @Test
  void namesThatLastAreSharedAndOthersAreNotKept() {
    String one = nameIn("{\"f:podIPs\":1}");
    assertThat(nameIn("{\"f:podIPs\":1}")).isSameAs(one);
    String passing = "{\"k:{\\\"ip\\\":\\\"10.0.0.7\\\"}\":1}";
    assertThat(nameIn(passing)).isEqualTo(nameIn(passing)).isNotSameAs(nameIn(passing));
  }

  private static String nameIn(String json) {
    return KubeObject.ofJson(json.getBytes(StandardCharsets.UTF_8)).tree().fieldNames().next();
  }

  @Test
  void shortTextsAreSharedAndLongOnesAreNot() {
    assertThat(textIn("Running")).isSameAs(textIn("Running"));
    String longest = "x".repeat(CompactNodes.LONGEST_SHARED);
    assertThat(textIn(longest)).isSameAs(textIn(longest));
    assertThat(textIn(longest + "x")).isEqualTo(textIn(longest + "x"));
    assertThat(textIn(longest + "x")).isNotSameAs(textIn(longest + "x"));
  }

  private static JsonNode textIn(String text) {
    return Json.parseKnown(Json.bytes(Json.object().put("a", text))).get("a");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "{} {}", "{\"a\":", "nul"})
  void whatIsDamagedIsRefused(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> Json.parseKnown(bytes)).isInstanceOf(StatusException.class);
  }

  @Test
  void malformedUtf8ReadsAsTheReplacementCharacter() {
    byte[] bytes = "{\"a\":\"x\u00ffy\"}".getBytes(StandardCharsets.ISO_8859_1);
    assertThat(Json.parseKnown(bytes).path("a").asText()).isEqualTo("x\uFFFDy");
  }
}
