package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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

  private static final String CHANGES = "{}[]\",:\\0-.e tn";

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
  @ValueSource(
      strings = {
        "",
        " ",
        "[]",
        "{} {}",
        "{} x",
        "{\"a\":",
        "nul",
        "{\"a\":nul}",
        "{\"a\":tru3}",
        "{\"a\" 1}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\":[1,]}",
        "{\"a\":[1}",
        "{a:1}",
        "{\"a\":01}",
        "{\"a\":-}",
        "{\"a\":1.}",
        "{\"a\":1e}",
        "{\"a\":.5}",
        "{\"a\":+1}",
        "{\"a\":NaN}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":}"
      })
  void whatIsDamagedIsRefused(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> Json.parseKnown(bytes)).isInstanceOf(StatusException.class);
  }

  @Test
  void malformedUtf8ReadsAsTheReplacementCharacter() {
    byte[] bytes = "{\"a\":\"x\u00ffy\"}".getBytes(StandardCharsets.ISO_8859_1);
    assertThat(Json.parseKnown(bytes).path("a").asText()).isEqualTo("x\uFFFDy");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "-0",
        "7",
        "-7",
        "2147483647",
        "2147483648",
        "-2147483648",
        "-2147483649",
        "999999999999999999",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775809",
        "1.5",
        "-0.0",
        "1e3",
        "1E+3",
        "25e-1",
        "1e400",
        "true",
        "null",
        "\"\\u00e9\\ud83d\\ude00\\/\\b\\f\\n\\r\\t\\\"\\\\\"",
        "[]",
        "[ 1 , [ ] , { } ]",
        "{ \"b\" : 1 }"
      })
  void valuesAreTheSameNodesAsOfTheGeneralParser(String value) {
    byte[] json = (" { \"a\" : " + value + " }\r\n\t ").getBytes(StandardCharsets.UTF_8);
    JsonNode known = Json.parseKnown(json).get("a");
    assertThat(known).isEqualTo(Json.parseObject(json).get("a"));
    assertThat(known.getClass()).isEqualTo(Json.parseObject(json).get("a").getClass());
  }

  @Test
  void ofEqualFieldsTheLastCounts() {
    StringBuilder many = new StringBuilder("{\"a\":0");
    for (int i = 0; i < 20; i++) {
      many.append(",\"f").append(i).append("\":").append(i);
    }
    for (String json :
        new String[] {"{\"a\":1,\"b\":2,\"a\":3}", many.append(",\"a\":3}").toString()}) {
      ObjectNode tree = Json.parseKnown(json.getBytes(StandardCharsets.UTF_8));
      assertThat(tree).isEqualTo(Json.parseObject(json));
      assertThat(tree.get("a").asInt()).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void changedDocumentsAreReadOrRefusedAsTheGeneralParserDoes(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 3000; i++) {
      byte[] json = Json.bytes(object(random, 0));
      if (new String(json, StandardCharsets.UTF_8).contains("\\uD83D")) {
        continue; // Half characters are another matter.
      }
      int place = random.nextInt(json.length);
      if (json[place] > 0) { // And so is malformed UTF-8.
        json[place] = (byte) CHANGES.charAt(random.nextInt(CHANGES.length()));
      }
      if (random.nextInt(4) == 0) {
        json = Arrays.copyOf(json, random.nextInt(json.length));
      }
      ObjectNode expected;
      try {
        expected = Json.parseObject(json);
      } catch (StatusException e) {
        expected = null;
      }
      byte[] given = json;
      if (expected == null) {
        assertThatThrownBy(
                () -> Json.parseKnown(given), "%s", new String(given, StandardCharsets.UTF_8))
            .isInstanceOf(StatusException.class);
      } else {
        assertThat(Json.parseKnown(given)).isEqualTo(expected);
      }
    }
  }

  @Test
  void depthIsBounded() {
    byte[] deep =
        ("{\"a\":" + "[".repeat(499) + "]".repeat(499) + "}").getBytes(StandardCharsets.UTF_8);
    assertThat(Json.parseKnown(deep).has("a")).isTrue();
    byte[] deeper =
        ("{\"a\":" + "[".repeat(500) + "]".repeat(500) + "}").getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> Json.parseKnown(deeper)).isInstanceOf(StatusException.class);
  }

  @Test
  void aTrimmedObjectLacksTheManagedFieldsAlone() {
    String json =
        "{\"kind\":\"A\",\"metadata\":{\"name\":\"n\",\"managedFields\":[{\"x\":\"]}\\\"\",\"y\":[1,{}]}],"
            + "\"uid\":\"u\"},\"spec\":{\"managedFields\":1,\"metadata\":{\"managedFields\":2}}}";
    String rest =
        "{\"kind\":\"A\",\"metadata\":{\"name\":\"n\",\"uid\":\"u\"},"
            + "\"spec\":{\"managedFields\":1,\"metadata\":{\"managedFields\":2}}}";
    KubeObject encoded = KubeObject.ofJson(json.getBytes(StandardCharsets.UTF_8));
    assertThat(encoded.trimmed()).isEqualTo(KubeObject.parse(rest));
    assertThat(encoded).isEqualTo(KubeObject.parse(json));
    assertThat(KubeObject.parse(json).trimmed()).isEqualTo(KubeObject.parse(rest));
    KubeObject plain = KubeObject.parse(rest);
    assertThat(plain.trimmed()).isSameAs(plain);
  }

  @Test
  void aTrimmedObjectIsSharedWhileSomebodyHoldsIt() {
    KubeObject object =
        KubeObject.ofJson("{\"metadata\":{\"name\":\"n\"}}".getBytes(StandardCharsets.UTF_8));
    KubeObject held = object.trimmed();
    assertThat(object.trimmed()).isSameAs(held);
    assertThat(held.trimmed()).isSameAs(held);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\ud83dx", "\\ude00x", "\\ud83d\\ud83d\\ude00"})
  void halfCharactersReadAsTheReplacementCharacter(String text) {
    byte[] json = ("{\"a\":\"" + text + "\"}").getBytes(StandardCharsets.UTF_8);
    assertThat(Json.parseKnown(json).get("a").asText())
        .isEqualTo(text.endsWith("x") ? "\uFFFDx" : "\uFFFD😀");
  }
}
