package dev.coracle.watchhub.internal.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.Json;
import dev.coracle.watchhub.StoredReader;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonSpliceTest {

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  static StoredReader.Value stored(byte[] bytes) {
    return new StoredReader.Value() {
      @Override
      public int length() {
        return bytes.length;
      }

      @Override
      public void copyTo(byte[] target, int at) {
        System.arraycopy(bytes, 0, target, at, bytes.length);
      }
    };
  }

  @Test
  void putsTheVersionFirst() {
    assertThat(text(JsonSplice.with(bytes("{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"}}"), 7)))
        .isEqualTo("{\"kind\":\"Pod\",\"metadata\":{\"resourceVersion\":\"7\",\"name\":\"a\"}}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"}}",
        "{\"kind\":\"Pod\",\"metadata\":{}}",
        "{}",
        "{\"kind\":\"Pod\"}",
        " { \"spec\" : { \"metadata\" : { \"resourceVersion\" : \"1\" } , \"a\" : [ 1 , \"}\" ] } ,"
            + " \"metadata\" : { \"name\" : \"ä\\\"\\\\\" } , \"n\":-1.5e3,\"t\":true,\"u\":null }",
        "{\"metadata\":{\"labels\":{\"resourceVersion\":\"9\"},\"name\":\"x\"},\"spec\":{}}"
      })
  void andTakesItOutAgain(String json) {
    byte[] with = JsonSplice.with(bytes(json), 123);
    assertThat(Json.parseObject(with).at("/metadata/resourceVersion").asText()).isEqualTo("123");
    assertThat(text(JsonSplice.with(stored(bytes(json)), 123))).isEqualTo(text(with));
    byte[] without = JsonSplice.without(with);
    assertThat(Json.parseObject(without).at("/metadata/resourceVersion").isMissingNode()).isTrue();
    if (json.contains("metadata\"")) {
      assertThat(Json.parseObject(without)).isEqualTo(Json.parseObject(json));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"metadata\":{\"resourceVersion\":\"5\"}}",
        "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"5\"}}",
        "{\"metadata\":{\"name\":\"a\", \"resourceVersion\" : \"5\" }}",
        "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"5\",\"uid\":\"u\"}}"
      })
  void takesItOutWhereverItStands(String json) {
    byte[] without = JsonSplice.without(bytes(json));
    assertThat(text(without)).doesNotContain("resourceVersion");
    Json.parseObject(without);
    assertThat(JsonSplice.isWithout(bytes(json), without)).isTrue();
    assertThat(JsonSplice.isWithout(bytes(json), bytes(json))).isFalse();
    assertThat(JsonSplice.isWithout(without, without)).isTrue();
    byte[] other = without.clone();
    other[other.length - 2] ^= 1;
    assertThat(JsonSplice.isWithout(bytes(json), other)).isFalse();
    assertThat(JsonSplice.isWithout(bytes(json), new byte[0])).isFalse();
  }

  @Test
  void hasNothingToTakeOut() {
    byte[] json = bytes("{\"metadata\":{\"name\":\"a\"}}");
    assertThat(JsonSplice.without(json)).isSameAs(json);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "{", "{\"a\"", "null", "{\"metadata\":[]}", "k8s\0protobuf"})
  void refusesWhatIsNoObject(String json) {
    assertThatThrownBy(() -> JsonSplice.with(bytes(json), 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> JsonSplice.with(stored(bytes(json)), 1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
