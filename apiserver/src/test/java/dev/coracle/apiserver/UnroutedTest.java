package dev.coracle.apiserver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.apiserver.TestApi.Answer;
import dev.coracle.apiserver.TestApi.Exchanged;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Paths that lead nowhere, and methods and media types that a path has not. */
@ExtendWith(OwnServer.class)
class UnroutedTest {

  private static final String MAPS = "/api/v1/namespaces/default/configmaps";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi own) {
    api = own;
    api.post(MAPS, "{metadata: {name: m}}").ok();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/foo",
        "/apis/nope",
        "/apis/nope/v1",
        "/apis/nope/v1/things",
        "//apis",
        "/apis//",
        "/apis//apps/v1/deployments",
        "//api/v1/namespaces",
        MAPS + "//m",
        "/api/v1/namespaces//configmaps",
      })
  void whatIsNobodysIsAPage(String path) {
    Exchanged answer = api.exchange("GET", path, "", "application/json", new byte[0]);
    assertThat(answer.code()).isEqualTo(404);
    assertThat(new String(answer.bytes(), UTF_8)).isEqualTo("404 page not found\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api/v2",
        "/api/v1/nope",
        "/apis/apps/v9",
        "/apis/apps/v1/nope",
        MAPS + "/m/nope"
      })
  void belowABuiltInGroupItIsAStatusWithEmptyDetails(String path) {
    Answer answer = api.get(path);
    assertThat(answer.code()).isEqualTo(404);
    assertThat(answer.message()).isEqualTo("the server could not find the requested resource");
    assertThat(answer.body().path("details").isObject()).isTrue();
    assertThat(answer.body().path("details")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/yaml", "text/plain", "application/vnd.kubernetes.protobuf"})
  void theVersionIsJsonAlone(String accept) {
    Answer answer = api.call("GET", "/version", "", accept + ", x/y", "");
    assertThat(answer.code()).isEqualTo(406);
    assertThat(api.call("GET", "/version", "", accept + ", application/json;as=Table", "").code())
        .isEqualTo(200);
    assertThat(api.call("GET", "/version", "", "text/plain", "").message())
        .isEqualTo("406: Not Acceptable\n\nAvailable representations: application/json");
  }

  @Test
  void openApiThatNobodyTakesIsAnEmpty406() {
    for (String of : new String[] {"api/v1", "apis/nope/v1"}) {
      Exchanged answer =
          api.exchange("GET", "/openapi/v3/" + of, "", "application/yaml", new byte[0]);
      assertThat(answer.code()).isEqualTo(406);
      assertThat(answer.bytes()).isEmpty();
    }
    assertThat(api.exchange("GET", "/openapi/v3/api/v1", "", "*/*", new byte[0]).code())
        .isEqualTo(200);
  }

  @Test
  void theTableOfWhatIsNotStoredHasNoVersion() {
    String table = "application/json;as=Table;g=meta.k8s.io;v=v1";
    String map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: dry}}";
    Answer answer = api.call("POST", MAPS + "?dryRun=All", "application/yaml", table, map).ok();
    assertThat(answer.body().path("metadata").isObject()).isTrue();
    assertThat(answer.body().path("metadata")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "POST,/api/v1/namespaces/default/configmaps/m",
    "PUT,/api/v1/namespaces/default/configmaps",
    "PATCH,/api/v1/namespaces/default/configmaps",
    "OPTIONS,/api/v1/namespaces/default/configmaps",
    "POST,/api/v1/configmaps",
    "GET,/apis/authentication.k8s.io/v1/tokenreviews",
    "GET,/api/v1/namespaces/default/pods/p/eviction",
    "PUT,/api/v1/namespaces/default/pods/p/binding",
    "POST,/apis/apps",
    "OPTIONS,/apis/apps/v1",
    "POST,/api",
    "POST,/version",
  })
  void methodsThatAPathHasNot(String method, String path) {
    Answer answer = api.call(method, path, "application/json", "{}");
    assertThat(answer.message())
        .isEqualTo("the server does not allow this method on the requested resource");
    assertThat(answer.code()).isEqualTo(405);
    assertThat(answer.body().path("details").isObject()).isTrue();
  }

  /** The path is looked at before what is sent. */
  @ParameterizedTest
  @ValueSource(strings = {"", "{"})
  void aPatchOfWhatIsOnlyCreatedIsNotRead(String body) {
    Answer answer =
        api.call(
            "PATCH",
            "/api/v1/namespaces/default/pods/p/eviction",
            "application/merge-patch+json",
            body);
    assertThat(answer.code()).isEqualTo(405);
    assertThat(answer.message())
        .isEqualTo("the server does not allow this method on the requested resource");
  }

  @Test
  void headIsNoMethodOfBuiltInResources() {
    assertThat(api.exchange("HEAD", MAPS, "", "*/*", new byte[0]).code()).isEqualTo(405);
    assertThat(api.exchange("HEAD", "/healthz", "", "*/*", new byte[0]).code()).isEqualTo(200);
  }

  @Test
  void formsThatAreNotSpoken() {
    Answer one = api.call("GET", MAPS + "/m", "", "text/html", "");
    assertThat(one.code()).isEqualTo(406);
    assertThat(one.message())
        .isEqualTo(
            "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml,"
                + " application/vnd.kubernetes.protobuf");
    assertThat(api.call("GET", MAPS, "", "application/*", "").message())
        .endsWith(
            "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch");
    Answer patch = api.call("PATCH", MAPS + "/m", "application/json", "{}");
    assertThat(patch.code()).isEqualTo(415);
    assertThat(patch.message()).isEqualTo("415: Unsupported Media Type");
    for (String path : new String[] {"/apis/apps", "/apis/apps/v1", "/api/v1", "/version"}) {
      assertThat(api.call("GET", path, "", "text/html", "").code()).as(path).isEqualTo(406);
    }
  }

  /** A Table of a failure there is none, and who wants only that in protobuf gets JSON. */
  @Test
  void aStatusHasNoFormButItsOwn() {
    String metadata =
        "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
    Answer answer = api.call("GET", MAPS + "?limit=x", "", metadata, "");
    assertThat(answer.message()).isEqualTo("strconv.ParseInt: parsing \"x\": invalid syntax");
    Exchanged asked =
        api.exchange(
            "GET",
            MAPS + "?limit=x",
            "",
            metadata + ",application/vnd.kubernetes.protobuf",
            new byte[0]);
    assertThat(asked.bytes()).startsWith('k', '8', 's', 0);
  }

  @Test
  void aDeleteIsToldHowInAFormThatIsKnown() {
    String options = "{\"kind\": \"DeleteOptions\", \"apiVersion\": \"v1\"}";
    Answer answer = api.call("DELETE", MAPS + "/m", "text/yaml", options);
    assertThat(answer.code()).isEqualTo(415);
    assertThat(answer.message())
        .isEqualTo(
            "the body of the request was in an unknown format - accepted media types include:"
                + " application/json, application/yaml, application/vnd.kubernetes.protobuf");
    assertThat(api.get(MAPS + "/m").code()).isEqualTo(200);
  }

  @Test
  void discoveryIsIndentedForWhoAsks() throws Exception {
    for (String path : new String[] {"/api", "/apis", "/apis/apps", "/apis/apps/v1"}) {
      String plain = new String(api.bytes(path, "identity"), UTF_8);
      String pretty = new String(api.bytes(path + "?pretty=true", "identity"), UTF_8);
      assertThat(plain).as(path).doesNotContain("\n  ");
      assertThat(pretty).as(path).contains("\n  ");
    }
  }

  @Test
  void anObjectIsReadNotOlderThanAVersion() {
    JsonNode map = api.get(MAPS + "/m").ok().body();
    String version = map.at("/metadata/resourceVersion").asText();
    assertThat(api.get(MAPS + "/m?resourceVersion=" + version).ok().body()).isEqualTo(map);
    assertThat(api.get(MAPS + "/m?resourceVersion=0").code()).isEqualTo(200);
    Answer none = api.get(MAPS + "/m?resourceVersion=abc");
    assertThat(none.code()).isEqualTo(400);
    assertThat(none.body().has("reason")).isFalse();
    assertThat(none.message())
        .isEqualTo(
            "resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid"
                + " syntax");
    Answer future = api.get(MAPS + "/m?resourceVersion=999999999");
    assertThat(future.code()).isEqualTo(504);
    assertThat(future.message()).isEqualTo("not yet at 999999999");
  }

  @Test
  void anUpdateSaysWhatItIsOfBeforeItIsLookedUp() {
    String named = "the name of the object (other) does not match the name on the URL (none)";
    String body = "{\"metadata\": {\"name\": \"other\"}}";
    assertThat(api.call("PUT", MAPS + "/none", "application/json", body).message())
        .isEqualTo(named);
    assertThat(api.call("PUT", MAPS + "/none", "application/json", "{}").message())
        .isEqualTo(
            "the name of the object (none based on URL) was undeterminable: name must be"
                + " provided");
  }

  @Test
  void aWatchFromTheBeginningTellsWhereThatEnds() {
    String from = MAPS + "?watch=1&allowWatchBookmarks=true&fieldSelector=metadata.name%3Dm";
    for (String version : new String[] {"", "&resourceVersion=0"}) {
      JsonNode last =
          api.watch(from + version, e -> e.path("type").asText().equals("BOOKMARK")).getLast();
      JsonNode metadata = last.at("/object/metadata");
      assertThat(metadata.at("/annotations/k8s.io~1initial-events-end").asText()).isEqualTo("true");
      assertThat(metadata.has("creationTimestamp")).isFalse();
    }
  }
}
