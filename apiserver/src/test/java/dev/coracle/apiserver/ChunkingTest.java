package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Yaml;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.apiserver.TestApi.Answer;
import dev.coracle.apiserver.internal.protobuf.ProtobufReader;
import dev.coracle.watchhub.EmbeddedStorage;
import dev.coracle.watchhub.WatchHub;
import dev.coracle.watchhub.config.EmbeddedOptions;
import dev.coracle.watchhub.config.HubOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lists in pages, and lists too long for one buffer, from a real store. */
class ChunkingTest {

  private static final String TEMPLATES = "/api/v1/namespaces/default/podtemplates";
  private static final int HISTORY = 10;

  @TempDir Path dir;
  private final Vertx vertx = Vertx.vertx();
  private EmbeddedStorage storage;
  private WatchHub hub;
  private TestServer server;
  private TestApi api;

  @BeforeEach
  void start() throws Exception {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    storage = new EmbeddedStorage(EmbeddedOptions.defaults(dir.resolve("store")), registry);
    hub =
        new WatchHub(vertx, storage, HubOptions.DEFAULTS.withHistory(HISTORY, 32L << 20), registry);
    hub.start().toCompletableFuture().get(60, TimeUnit.SECONDS);
    server = new TestServer(Files.createDirectory(dir.resolve("pki")), hub);
    api = new TestApi(server);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
    hub.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
    vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private void create(String name) {
    api.post(
            TEMPLATES,
            "{metadata: {name: "
                + name
                + "}, template: {spec: {containers: [{name: c, image: i}]}}}")
        .ok();
  }

  private static List<String> names(JsonNode list) {
    List<String> out = new ArrayList<>();
    list.path("items").forEach(i -> out.add(i.path("metadata").path("name").asText()));
    return out;
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Servers with support for API chunking should support continue listing"
          + " from the last key if the original version has been compacted away, though the list is"
          + " inconsistent [Conformance] [Slow]")
  void goesOnInconsistentlyAfterACompaction() {
    for (int i = 0; i < 40; i++) {
      create(String.format(java.util.Locale.ROOT, "template-%04d", i));
    }
    JsonNode first = api.get(TEMPLATES + "?limit=20").ok().body();
    String token = first.path("metadata").path("continue").asText();
    assertThat(token).isNotEmpty();
    assertThat(first.path("metadata").path("remainingItemCount").asInt()).isEqualTo(20);

    api.delete(TEMPLATES + "/template-0030").ok();
    for (int i = 0; i <= HISTORY; i++) {
      create("later-" + i);
    }
    long now = storage.revision().await().atMost(Duration.ofSeconds(30));
    storage.compact(now).await().atMost(Duration.ofSeconds(30));

    Answer expired = api.get(TEMPLATES + "?limit=20&continue=" + token);
    assertThat(expired.code()).isEqualTo(410);
    assertThat(expired.body().path("reason").asText()).isEqualTo("Expired");
    assertThat(expired.message()).contains("inconsistent");
    String inconsistent = expired.body().path("metadata").path("continue").asText();
    assertThat(inconsistent).isNotEmpty().isNotEqualTo(token);

    List<String> rest = new ArrayList<>();
    JsonNode page = api.get(TEMPLATES + "?limit=7&continue=" + inconsistent).ok().body();
    String version = page.path("metadata").path("resourceVersion").asText();
    assertThat(version).isNotEqualTo(first.path("metadata").path("resourceVersion").asText());
    rest.addAll(names(page));
    assertThat(page.path("metadata").path("remainingItemCount").asInt())
        .isEqualTo(19 - rest.size());
    while (!page.path("metadata").path("continue").asText("").isEmpty()) {
      String next = page.path("metadata").path("continue").asText();
      page = api.get(TEMPLATES + "?limit=7&continue=" + next).ok().body();
      assertThat(page.path("metadata").path("resourceVersion").asText()).isEqualTo(version);
      rest.addAll(names(page));
    }
    // What was deleted since the first page is gone: so much for consistency.
    assertThat(rest).hasSize(19).doesNotContain("template-0030").contains("template-0039");
  }

  @Test
  void longListsAreTheSameInPiecesAndCompressed() throws Exception {
    String filling = "x".repeat(100_000);
    for (int i = 0; i < 12; i++) {
      api.post(
              "/api/v1/namespaces/default/configmaps",
              "{metadata: {name: m" + i + "}, data: {a: " + filling + "}}")
          .ok();
    }
    String path = "/api/v1/namespaces/default/configmaps";
    byte[] plain = api.bytes(path, "identity");
    JsonNode list = Json.parse(plain);
    assertThat(list.path("kind").asText()).isEqualTo("ConfigMapList");
    assertThat(names(list)).hasSizeGreaterThanOrEqualTo(12);
    for (JsonNode item : list.path("items")) {
      String name = item.path("metadata").path("name").asText();
      assertThat(item).isEqualTo(kindless(api.get(path + "/" + name).ok().body()));
    }
    byte[] packed = api.bytes(path, "gzip");
    assertThat(packed.length).isLessThan(plain.length / 10);
    assertSame(unpacked(packed), plain);

    String protobuf = "application/vnd.kubernetes.protobuf";
    byte[] messages = api.bytes(path, "identity", protobuf);
    assertThat(messages.length).isGreaterThan(12 * filling.length());
    JsonNode read = ProtobufReader.read(messages);
    assertThat(read.path("kind").asText()).isEqualTo("ConfigMapList");
    assertThat(names(read)).isEqualTo(names(list));
    for (int i = 0; i < list.path("items").size(); i++) {
      assertThat(read.path("items").path(i).path("data"))
          .isEqualTo(list.path("items").path(i).path("data"));
    }
    assertSame(unpacked(api.bytes(path, "gzip", protobuf)), messages);
  }

  /**
   * Pieces are put together in the same room again and again, but not while the socket needs it.
   */
  @Test
  void aListThatIsReadSlowlyIsWhole() throws Exception {
    for (int i = 0; i < 26; i++) {
      String filling = String.valueOf((char) ('a' + i)).repeat(900_000);
      api.post(
              "/api/v1/namespaces/default/configmaps",
              "{metadata: {name: m" + i + "}, data: {a: " + filling + "}}")
          .ok();
    }
    String path = "/api/v1/namespaces/default/configmaps";
    JsonNode list = Json.parse(api.readSlowly(path));
    assertThat(names(list)).hasSizeGreaterThanOrEqualTo(26);
    for (JsonNode item : list.path("items")) {
      String name = item.path("metadata").path("name").asText();
      assertThat(item).isEqualTo(kindless(api.get(path + "/" + name).ok().body()));
    }
  }

  /** As an item of a list. */
  private static JsonNode kindless(JsonNode object) {
    return ((ObjectNode) object).without(List.of("apiVersion", "kind"));
  }

  private byte[] bytes(String path, String accept) throws Exception {
    byte[] plain = api.bytes(path, "identity", accept);
    assertSame(unpacked(api.bytes(path, "gzip", accept)), plain);
    return plain;
  }

  /** But for the list's revision, the first in a text and the first of a message's digits. */
  private static void assertSame(byte[] list, byte[] other) {
    assertThat(unversioned(list)).isEqualTo(unversioned(other));
  }

  private static String unversioned(byte[] list) {
    return new String(list, StandardCharsets.ISO_8859_1)
        .replaceFirst("(resourceVersion\"?: ?\"?|\\x12[\\x01-\\x13])\\d+", "$1");
  }

  @Test
  void longListsAreTheSameInEveryForm() throws Exception {
    String filling = "x".repeat(2000);
    for (int i = 0; i < 400; i++) {
      api.post(
              "/api/v1/namespaces/default/configmaps",
              "{metadata: {name: m" + i + ", annotations: {a: " + filling + "}}, data: {b: c}}")
          .ok();
    }
    String path = "/api/v1/namespaces/default/configmaps";
    byte[] plain = bytes(path, "application/json");
    JsonNode list = undated(Json.parse(plain));
    byte[] pretty = bytes(path + "?pretty=true", "application/json");
    assertThat(pretty.length).isGreaterThan(plain.length);
    assertThat(undated(Json.parse(pretty))).isEqualTo(list);
    byte[] yaml = bytes(path, "application/yaml");
    assertThat(undated(Yaml.parse(yaml, 10 << 20))).isEqualTo(list);

    List<JsonNode> partials = new ArrayList<>();
    for (JsonNode item : list.path("items")) {
      partials.add(
          Json.object()
              .put("kind", "PartialObjectMetadata")
              .put("apiVersion", "meta.k8s.io/v1")
              .set("metadata", item.path("metadata")));
    }
    String metadata = ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    JsonNode partial = Json.parse(bytes(path, "application/json" + metadata));
    assertThat(partial.path("kind").asText()).isEqualTo("PartialObjectMetadataList");
    assertThat(partial.path("items")).containsExactlyElementsOf(partials);
    JsonNode message =
        ProtobufReader.read(bytes(path, "application/vnd.kubernetes.protobuf" + metadata));
    assertThat(message.path("kind").asText()).isEqualTo("PartialObjectMetadataList");
    assertThat(names(message)).isEqualTo(names(list));
    assertThat(message.path("items").path(399).path("metadata").path("annotations"))
        .isEqualTo(list.path("items").path(399).path("metadata").path("annotations"));

    // Not byte by byte: the objects grow older from one answer to the next.
    String asTable = "application/json;as=Table;g=meta.k8s.io;v=v1";
    for (byte[] answer :
        List.of(api.bytes(path, "identity", asTable), unpacked(api.bytes(path, "gzip", asTable)))) {
      JsonNode table = undated(Json.parse(answer));
      assertThat(table.path("kind").asText()).isEqualTo("Table");
      assertThat(table.path("metadata")).isEqualTo(list.path("metadata"));
      assertThat(table.path("columnDefinitions").path(0).path("name").asText()).isEqualTo("Name");
      assertThat(table.path("rows"))
          .extracting(row -> row.path("cells").path(0).asText())
          .isEqualTo(names(list));
      assertThat(table.path("rows")).extracting(row -> row.path("object")).isEqualTo(partials);
    }
  }

  /** Objects keep what they were compressed to, whoever asks next and wherever they stand then. */
  @Test
  void aCompressedListFollowsItsObjects() throws Exception {
    String path = "/api/v1/namespaces/default/configmaps";
    for (int i = 0; i < 300; i++) {
      api.post(path, "{metadata: {name: m" + i + "}, data: {a: " + "y".repeat(2000) + "}}").ok();
    }
    for (String changed : List.of("none", "m1", "m0", "m299")) {
      if (!changed.equals("none")) {
        api.delete(path + "/" + changed).ok();
        api.post(path, "{metadata: {name: z" + changed + "}, data: {a: b}}").ok();
      }
      byte[] plain = api.bytes(path, "identity");
      assertThat(plain.length).isGreaterThan(500_000);
      byte[] packed = api.bytes(path, "gzip");
      assertThat(packed.length).isLessThan(plain.length / 4);
      assertSame(unpacked(packed), plain);
      assertSame(unpacked(api.bytes(path, "gzip")), plain);
    }
  }

  /** The server writes Leases meanwhile: each list is of the cluster's newest revision. */
  private static JsonNode undated(JsonNode list) {
    assertThat(list.path("metadata").path("resourceVersion").asText()).matches("[1-9][0-9]*");
    ((ObjectNode) list.path("metadata")).remove("resourceVersion");
    return list;
  }

  private static byte[] unpacked(byte[] packed) throws Exception {
    return new GZIPInputStream(new java.io.ByteArrayInputStream(packed)).readAllBytes();
  }

  /** A tree takes ten times the room of its text, and the cache holds every object. */
  @Test
  void noObjectIsLeftParsedInTheCache() {
    String pods = "/api/v1/namespaces/default/pods";
    api.post("/api/v1/namespaces/default/serviceaccounts", "{metadata: {name: default}}").ok();
    for (int i = 0; i < 5; i++) {
      api.post(
              pods,
              "{metadata: {name: p"
                  + i
                  + "}, spec: {nodeName: n, containers: [{name: c, image: i}]}}")
          .ok();
    }
    api.merge(pods + "/p1", "{metadata: {labels: {a: b}}}").ok();
    api.merge(pods + "/p2/status", "{status: {phase: Running}}").ok();
    api.get(pods).ok();
    api.get(pods + "/p3").ok();
    api.call("GET", pods, "", "application/json;as=Table;g=meta.k8s.io;v=v1", "").ok();
    // What a node may read follows from its Pods: whoever answers for one has seen all of them.
    TestApi.Answer review =
        api.post(
                "/apis/authorization.k8s.io/v1/subjectaccessreviews",
                "{spec: {user: 'system:node:n', groups: ['system:nodes'], resourceAttributes: {verb:"
                    + " create, resource: serviceaccounts, subresource: token, namespace: default,"
                    + " name: default}}}")
            .ok();
    assertThat(review.body().path("status").path("allowed").asBoolean()).isTrue();
    var cached =
        hub.list(dev.coracle.api.Resources.PODS.groupResource(), "", ListOptions.ALL)
            .await()
            .indefinitely();
    assertThat(cached.items())
        .hasSize(5)
        .allSatisfy(pod ->
            assertThat(pod.fleeting()).as("made anew, as it is not parsed").isNotSameAs(pod));
  }
}
