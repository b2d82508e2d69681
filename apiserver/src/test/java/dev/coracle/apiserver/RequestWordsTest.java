package dev.coracle.apiserver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
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
        "limit=|400|strconv.ParseInt: parsing \"\": invalid syntax",
        "limit=1.5&labelSelector=(|400|strconv.ParseInt: parsing \"1.5\": invalid syntax",
        "limit=9223372036854775808|400|strconv.ParseInt: parsing \"9223372036854775808\": value out"
            + " of range",
        "watch=1&continue=x|422|ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch:"
            + " Forbidden: resourceVersionMatch is forbidden when continue is provided",
        "fieldSelector=data%3Dx|400|\"data\" is not a known field selector: only"
            + " \"metadata.name\", \"metadata.namespace\"",
      })
  void optionsOfListsAndWatches(String query, int code, String words) {
    TestApi.Answer answer = api.get(MAPS + "?" + query);
    assertThat(answer.code()).isEqualTo(code);
    assertThat(answer.message()).isEqualTo(words);
  }

  /** Upstream: test/integration/apiserver, the export that was rejected. */
  @ParameterizedTest
  @CsvSource({"export=true,400", "export,400", "export=0,200", "export=False,200"})
  void nothingIsExportedAnyMore(String query, int code) {
    TestApi.Answer answer = api.get(MAPS + "/m?" + query);
    assertThat(answer.code()).isEqualTo(code);
    if (code == 400) {
      assertThat(answer.message())
          .isEqualTo("the export parameter, deprecated since v1.14, is no longer supported");
    }
  }

  @Test
  void whoeverNamesAnObjectDoesNotWatch() {
    assertThat(api.get(MAPS + "/m?watch=true").ok().body().path("kind").asText())
        .isEqualTo("ConfigMap");
    assertThat(api.get(MAPS + "/none?watch=true").code()).isEqualTo(404);
  }

  @Test
  void mediaTypesThatAreNone() {
    var watch = api.exchange("GET", MAPS + "?watch=1", "", "application/yaml", new byte[0]);
    assertThat(watch.code()).isEqualTo(406);
    assertThat(new String(watch.bytes(), UTF_8))
        .contains(
            "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch");
    for (String accept : List.of("APPLICATION/JSON", "text/yaml", "application/x-yaml")) {
      assertThat(api.call("GET", MAPS, "", accept, "").code()).as(accept).isEqualTo(406);
    }
    for (String sent : List.of("text/yaml", "application/x-yaml")) {
      assertThat(api.call("POST", MAPS, sent, "metadata: {name: y}").code()).isEqualTo(415);
    }
    String map = "{\"metadata\":{\"name\":\"capitals\"}}";
    assertThat(api.call("POST", MAPS, "APPLICATION/JSON", map).code()).isEqualTo(201);
  }

  @ParameterizedTest
  @CsvSource({"true,true", "1,true", "T,true", "bad,false", "tRUE,false", "0,false"})
  void prettyIsWhatGoTakesForTrue(String value, boolean pretty) throws Exception {
    String text = new String(api.bytes(MAPS + "/m?pretty=" + value, "identity"), UTF_8);
    assertThat(text.contains("\n  ")).isEqualTo(pretty);
  }

  @Test
  void methodsThatAreNoVerbs() {
    TestApi.Answer answer = api.call("PROPFIND", MAPS, "", "");
    assertThat(answer.code()).isEqualTo(405);
    assertThat(answer.message())
        .isEqualTo("the server does not allow this method on the requested resource");
  }

  /** Upstream's server does not look at the query where there is a body; a dry run stays one. */
  @Test
  void aBodySaysAllOfADelete() {
    String path = MAPS + "/deleted";
    api.post(MAPS, "{metadata: {name: deleted}}").ok();
    String body = "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\"}";
    assertThat(api.call("DELETE", path + "?propagationPolicy=x", "application/json", "").code())
        .isEqualTo(422);
    api.call("DELETE", path + "?dryRun=All", "application/json", body).ok();
    assertThat(api.get(path).code()).isEqualTo(200);
    api.call("DELETE", path + "?propagationPolicy=x", "application/json", body).ok();
    assertThat(api.get(path).code()).isEqualTo(404);
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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"dryRun\":\"All\"}|string into Go struct field DeleteOptions.dryRun of type []string",
        "{\"dryRun\":[1]}|number into Go struct field DeleteOptions.dryRun of type string",
        "{\"gracePeriodSeconds\":\"5\"}|string into Go struct field DeleteOptions.gracePeriodSeconds"
            + " of type int64",
        "{\"gracePeriodSeconds\":1.5}|number 1.5 into Go struct field"
            + " DeleteOptions.gracePeriodSeconds of type int64",
        "{\"orphanDependents\":\"x\"}|string into Go struct field DeleteOptions.orphanDependents of"
            + " type bool",
      })
  void optionsOfOtherTypesDeleteNothing(String options, String words) {
    for (String path : List.of(MAPS + "/m", MAPS)) {
      TestApi.Answer answer = api.call("DELETE", path, "application/json", options);
      assertThat(answer.code()).isEqualTo(400);
      assertThat(answer.message()).isEqualTo("json: cannot unmarshal " + words);
    }
    assertThat(api.get(MAPS + "/m").code()).isEqualTo(200);
  }

  @Test
  void anEmptyOptionOfAQueryIsNone() {
    for (String query : List.of("dryRun=", "propagationPolicy=", "gracePeriodSeconds=")) {
      assertThat(api.delete(MAPS + "/m?" + query).code()).as(query).isBetween(400, 422);
    }
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
