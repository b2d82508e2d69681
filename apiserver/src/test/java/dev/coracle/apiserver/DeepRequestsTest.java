package dev.coracle.apiserver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests that are as large or as deep as can be (upstream: max_request_body_bytes_test.go). */
@ExtendWith(OwnServer.class)
class DeepRequestsTest {

  private static final int LIMIT = 3 << 20;
  private static final String SECRETS = "/api/v1/namespaces/default/secrets";
  private static final String MAPS = "/api/v1/namespaces/default/configmaps";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi own) {
    api = own;
    api.post(SECRETS, "{metadata: {name: test}}").ok();
  }

  private static int code(String method, String path, String type, String body) {
    return api.exchange(method, path, type, "application/json", body.getBytes(UTF_8)).code();
  }

  /** What fills a body up to so much less than the limit. */
  private static String fill(String with, int less) {
    return switch (with) {
      case "nested" -> "[".repeat(LIMIT / 2 - less) + "]".repeat(LIMIT / 2 - less);
      case "open" -> "[".repeat(LIMIT - less);
      case "spaces" -> "0" + " ".repeat(LIMIT - less);
      default -> "x".repeat(LIMIT - less);
    };
  }

  private static Set<Integer> codes(String text) {
    return Arrays.stream(text.split(" ")).map(Integer::valueOf).collect(Collectors.toSet());
  }

  @ParameterizedTest
  @CsvSource({"POST", "PUT", "PATCH", "DELETE"})
  void whatIsTooLargeIsNotRead(String method) {
    String path = method.equals("POST") ? SECRETS : SECRETS + "/test";
    String type = method.equals("PATCH") ? "application/json-patch+json" : "application/json";
    assertThat(code(method, path, type, fill("x", -1))).isEqualTo(413);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          json-patch+json | [{"op":"add","path":"/foo","value": | }] | nested | 200 400
          json-patch+json | [{"op":"add","path":"/foo","value": | }] | spaces | 200
          merge-patch+json | {"value": | } | nested | 200 400
          strategic-merge-patch+json | {"value": | } | nested | 200 400
          apply-patch+yaml | {"apiVersion":"v1","kind":"Secret","value": | } | nested | 200 400
          """)
  void patchesMayBeLarge(String type, String head, String tail, String with, String allowed) {
    String body = head + fill(with, 120) + tail;
    String path = SECRETS + "/test?fieldManager=test";
    assertThat(codes(allowed)).contains(code("PATCH", path, "application/" + type, body));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          yaml | nested | 400
          yaml | open | 400
          json | nested | 201 400
          json | open | 400
          """)
  void objectsMayBeLarge(String form, String with, String allowed) {
    String body =
        form.equals("yaml")
            ? "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: mytest\nvalues: "
                + fill(with, 1000)
            : "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"mytest\"},"
                + "\"values\":"
                + fill(with, 1000)
                + "}";
    assertThat(codes(allowed)).contains(code("POST", MAPS, "application/" + form, body));
  }

  @ParameterizedTest
  @CsvSource({"10001,413", "10000,422"})
  void patchesHaveSoManyOperationsAtMost(int count, int code) {
    String one = "{\"op\":\"replace\",\"path\":\"/x\",\"value\":\"y\"},";
    String all = one.repeat(count);
    TestApi.Exchanged answer =
        api.exchange(
            "PATCH",
            SECRETS + "/test",
            "application/json-patch+json",
            "application/json",
            ("[" + all.substring(0, all.length() - 1) + "]").getBytes(UTF_8));
    assertThat(answer.code()).isEqualTo(code);
    if (code == 413) {
      assertThat(new String(answer.bytes(), UTF_8))
          .contains("The allowed maximum operations in a JSON patch is 10000, got 10001");
    }
  }
}
