package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kind is the same whether it was read from the encoding's beginning or from the tree. */
class KubeObjectHeadTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{}}",
        "{\"kind\":\"Deployment\",\"apiVersion\":\"apps/v1\"}",
        "{\"metadata\":{\"kind\":\"Pod\"},\"kind\":\"Deployment\",\"apiVersion\":\"apps/v1\"}",
        "{\"kind\":\"Deployment\",\"metadata\":{},\"apiVersion\":\"apps/v1\"}",
        "{ \"kind\" : \"Deployment\", \"apiVersion\" : \"apps/v1\" }",
        "{\"a\":\"\\\"\",\"kind\":\"Deployment\",\"apiVersion\":\"apps/v1\"}",
        "{\"\\u006bind\":\"Deployment\",\"apiVersion\":\"apps\\/v1\"}",
        "{\"kind\":7,\"apiVersion\":null}",
        "{\"kind\":\"\"}",
        "{}"
      })
  void readEitherWay(String json) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    KubeObject encoded = KubeObject.ofJson(bytes);
    KubeObject parsed = KubeObject.parse(bytes);
    assertThat(encoded.kind()).isEqualTo(parsed.kind());
    assertThat(encoded.apiVersion()).isEqualTo(parsed.apiVersion());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"resourceVersion\":\"7\","
            + "\"name\":\"a\",\"namespace\":\"b\",\"uid\":\"c\"},\"spec\":{}}",
        "{\"metadata\":{\"labels\":{\"name\":\"no\",\"x\":\"}\\\"{\"},\"n\":[1,{\"uid\":\"no\"}],"
            + "\"generation\":3,\"deleted\":true,\"uid\":\"c\"}}",
        "{\"kind\":\"Pod\",\"spec\":{\"metadata\":{\"name\":\"no\"}},\"metadata\":{\"name\":\"a\"}}",
        "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"\\u0061\",\"uid\":null,\"namespace\":4}}",
        "{ \"metadata\" : { \"name\" : \"a\" } }",
        "{\"metadata\":{\"generation\":3}}",
        "{\"metadata\":{\"note\":\"\\\"\",\"name\":\"a\"}}",
        "{\"metadata\":{}}",
        "{\"metadata\":null}",
        "{\"metadata\":\"a\"}",
        "{\"kind\":\"Pod\"}",
        "{}"
      })
  void readsMetadataEitherWay(String json) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    KubeObject parsed = KubeObject.parse(bytes);
    assertThat(KubeObject.ofJson(bytes).name()).isEqualTo(parsed.name());
    assertThat(KubeObject.ofJson(bytes).namespace()).isEqualTo(parsed.namespace());
    assertThat(KubeObject.ofJson(bytes).uid()).isEqualTo(parsed.uid());
    assertThat(KubeObject.ofJson(bytes).resourceVersion()).isEqualTo(parsed.resourceVersion());
  }
}
