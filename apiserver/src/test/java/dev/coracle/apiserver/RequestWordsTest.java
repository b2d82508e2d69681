package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests that upstream refuses before it looks at an object, with its codes and words. */
class RequestWordsTest {
  private static final String MAPS = "/api/v1/namespaces/default/configmaps";

  private static TestServer server;
  private static TestApi api;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    server = new TestServer(directory);
    api = new TestApi(server);
    api.post(MAPS, "{kind: ConfigMap, apiVersion: v1, metadata: {name: m}}").ok();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "sendInitialEvents=true|422|ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents:"
            + " Forbidden: sendInitialEvents is forbidden for list",
        "watch=1&resourceVersionMatch=NotOlderThan|422|ListOptions.meta.k8s.io \"\" is invalid:"
            + " resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless"
            + " sendInitialEvents is provided",
        "watch=1&sendInitialEvents=true&resourceVersionMatch=Exact|422|ListOptions.meta.k8s.io \"\""
            + " is invalid: [resourceVersionMatch: Forbidden: sendInitialEvents requires setting"
            + " resourceVersionMatch to NotOlderThan, resourceVersionMatch: Unsupported value:"
            + " \"Exact\": supported values: \"NotOlderThan\"]",
        "resourceVersionMatch=Exact|422|ListOptions.meta.k8s.io \"\" is invalid:"
            + " resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless"
            + " resourceVersion is provided",
        "limit=a|400|strconv.ParseInt: parsing \"a\": invalid syntax",
        "timeoutSeconds=x|400|strconv.ParseInt: parsing \"x\": invalid syntax",
      })
  void optionsOfListsAndWatches(String query, int code, String words) {
    TestApi.Answer answer = api.get(MAPS + "?" + query);
    assertThat(answer.code()).isEqualTo(code);
    assertThat(answer.message()).isEqualTo(words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "POST|fieldManager=a%0Ab|CreateOptions.meta.k8s.io \"\" is invalid: fieldManager: Invalid"
            + " value: \"a\\nb\": invalid character U+000A (at position 1)",
        "POST|dryRun=foo&fieldValidation=bar|CreateOptions.meta.k8s.io \"\" is invalid: [dryRun:"
            + " Unsupported value: [\"foo\"]: supported values: \"All\", fieldValidation:"
            + " Unsupported value: \"bar\": supported values: \"\", \"Ignore\", \"Strict\","
            + " \"Warn\"]",
        "PUT|dryRun=foo|UpdateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value:"
            + " [\"foo\"]: supported values: \"All\"",
        "PATCH|force=true|PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be"
            + " specified for non-apply patch",
      })
  void optionsOfWrites(String method, String query, String words) {
    String path = method.equals("POST") ? MAPS : MAPS + "/m";
    String media = method.equals("PATCH") ? "application/merge-patch+json" : "application/json";
    TestApi.Answer answer = api.call(method, path + "?" + query, media, "{}");
    assertThat(answer.code()).isEqualTo(422);
    assertThat(answer.message()).isEqualTo(words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"propagationPolicy\":\"nil\"}|propagationPolicy: Unsupported value: \"nil\": supported"
            + " values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"",
        "{\"propagationPolicy\":\"Orphan\",\"orphanDependents\":true}|propagationPolicy: Invalid"
            + " value: \"Orphan\": orphanDependents and deletionPropagation cannot be both set",
        "{\"dryRun\":[\"x\"]}|dryRun: Unsupported value: [\"x\"]: supported values: \"All\"",
      })
  void aDeleteWithWrongOptionsDeletesNothing(String options, String words) {
    TestApi.Answer answer = api.call("DELETE", MAPS + "/m", "application/json", options);
    assertThat(answer.code()).isEqualTo(422);
    assertThat(answer.message()).isEqualTo("DeleteOptions.meta.k8s.io \"\" is invalid: " + words);
    assertThat(api.get(MAPS + "/m").code()).isEqualTo(200);
  }

  @Test
  void aManagerOfMoreThan128BytesIsTooLong() {
    assertThat(
            api.call("POST", MAPS + "?fieldManager=" + "x".repeat(129), "application/json", "{}")
                .message())
        .isEqualTo(
            "CreateOptions.meta.k8s.io \"\" is invalid: fieldManager: Too long: may not be more"
                + " than 128 bytes");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"a\":|couldn't get version/kind; json parse error: unexpected end of JSON input"
            + " ({\"a\":)",
        "``|couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)",
        "[]|couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value"
            + " of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string"
            + " \"json:\\\"kind,omitempty\\\"\" } (5b5d)",
        "{\"kind\" \"x\"}|couldn't get version/kind; json parse error: invalid character '\"' after"
            + " object key ({\"kind\" \"x\"})",
        "{\"metadata\":{\"name\":\"a name that is long\"}} x|couldn't get version/kind; json parse"
            + " error: invalid character 'x' after top-level value ({\"metadata\":{\"name\":\"a name th"
            + " ...)",
      })
  void bodiesThatAreNoJson(String body, String words) {
    TestApi.Answer answer = api.call("POST", MAPS, "application/json", body);
    assertThat(answer.code()).isEqualTo(400);
    assertThat(answer.message())
        .isEqualTo("the object provided is unrecognized (must be of type ConfigMap): " + words);
  }

  @Test
  void aBodyThatIsNoYaml() {
    TestApi.Answer answer = api.call("POST", MAPS, "application/yaml", "a: [");
    assertThat(answer.code()).isEqualTo(400);
    assertThat(answer.message())
        .startsWith("the object provided is unrecognized (must be of type ConfigMap): ")
        .endsWith(" (613a205b)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "merge-patch|{|error decoding patch: unexpected end of JSON input",
        "json-patch|{}|error decoding patch: json: cannot unmarshal object into Go value of type"
            + " []handlers.jsonPatchOp",
        "strategic-merge-patch|{|unexpected end of JSON input",
      })
  void patchesThatAreNone(String type, String body, String words) {
    TestApi.Answer answer = api.call("PATCH", MAPS + "/m", "application/" + type + "+json", body);
    assertThat(answer.code()).isEqualTo(400);
    assertThat(answer.message()).isEqualTo(words);
  }

  @Test
  void aPatchDoesNotChangeTheUid() {
    TestApi.Answer answer =
        api.call(
            "PATCH", MAPS + "/m", "application/merge-patch+json", "{\"metadata\":{\"uid\":\"x\"}}");
    assertThat(answer.code()).isEqualTo(422);
    assertThat(answer.message())
        .isEqualTo(
            "ConfigMap \"m\" is invalid: metadata.uid: Invalid value: \"x\": field is immutable");
  }

  /** The hash of "/v1/ConfigMap", as upstream's server shows it. */
  @Test
  void discoveryTellsInWhichVersionObjectsAreKept() {
    for (var resource : api.get("/api/v1").ok().body().path("resources")) {
      switch (resource.path("name").asText()) {
        case "configmaps" ->
            assertThat(resource.path("storageVersionHash").asText()).isEqualTo("qFsyl6wFWjQ=");
        case "pods" ->
            assertThat(resource.path("storageVersionHash").asText()).isEqualTo("xPOwRZ+Yhw8=");
        case "bindings", "componentstatuses", "pods/status" ->
            assertThat(resource.has("storageVersionHash")).isFalse();
        default -> {}
      }
    }
  }
}
