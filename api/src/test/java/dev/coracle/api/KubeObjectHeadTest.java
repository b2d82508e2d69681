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
}
