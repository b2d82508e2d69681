package dev.coracle.apiserver.extending;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.TestApi;
import dev.coracle.apiserver.TestServer;
import io.micrometer.core.instrument.Timer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Custom resources of several versions: conversion, change of the storage version, defaults. */
class CustomResourceVersionsTest {

  private static final String CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  private static final String V1 = "{type: object, properties: {hostPort: {type: string}}}";
  private static final String V2 =
      "{type: object, properties: {host: {type: string}, port: {type: string}}}";

  @TempDir static Path dir;
  private static TestServer server;
  private static TestApi api;
  private static WebhookServer hooks;

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer(dir);
    api = new TestApi(server);
    hooks = new WebhookServer(server.vertx(), server.pki());
    hooks.behindService(api);
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  /** How many conversions from v1 to v2 are counted. */
  private static long conversions(String plural, String succeeded) {
    return server
        .meters()
        .find("apiserver_crd_conversion_webhook_duration_seconds")
        .tag("crd_name", plural + ".stable.example.com")
        .tags("from_version", "v1", "to_version", "v2", "succeeded", succeeded)
        .timers()
        .stream()
        .mapToLong(Timer::count)
        .sum();
  }

  private static String version(String name, boolean storage, String schema) {
    return "{name: "
        + name
        + ", served: true, storage: "
        + storage
        + ", schema: {openAPIV3Schema: "
        + schema
        + "}}";
  }

  private static void define(String plural, String kind, String conversion, String... versions) {
    api.post(CRDS, definition(plural, kind, conversion, versions)).ok();
    await().atMost(Duration.ofSeconds(30)).until(() -> api.get(path("v1", plural)).code() == 200);
  }

  private static String definition(
      String plural, String kind, String conversion, String... versions) {
    return "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name:"
        + " "
        + plural
        + ".stable.example.com}, spec: {group: stable.example.com, scope: Namespaced,"
        + " names: {plural: "
        + plural
        + ", kind: "
        + kind
        + ", singular: "
        + plural
        + "1, listKind: "
        + kind
        + "List}, conversion: "
        + conversion
        + ", versions: ["
        + String.join(", ", versions)
        + "]}}";
  }

  private static String path(String version, String plural) {
    return "/apis/stable.example.com/" + version + "/namespaces/default/" + plural;
  }

  private static ObjectNode convert(JsonNode asked) {
    ObjectNode out = Json.object();
    out.putObject("result").put("status", "Success");
    String wanted = asked.path("desiredAPIVersion").asText();
    for (JsonNode object : asked.path("objects")) {
      ObjectNode copy = object.deepCopy();
      copy.put("apiVersion", wanted);
      if (wanted.endsWith("v2")) {
        String[] both = copy.path("hostPort").asText().split(":", 2);
        copy.remove("hostPort");
        copy.put("host", both[0]).put("port", both[1]);
      } else {
        copy.put("hostPort", copy.path("host").asText() + ":" + copy.path("port").asText());
        copy.remove(java.util.List.of("host", "port"));
      }
      out.withArrayProperty("convertedObjects").add(copy);
    }
    return out;
  }

  private static String webhook(String client) {
    return "{strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: "
        + client
        + "}}";
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourceConversionWebhook [Privileged:ClusterAdmin] should be able"
          + " to convert from CR v1 to CR v2 [Conformance]")
  void convertsByWebhook() {
    define(
        "singles",
        "Single",
        webhook(hooks.on("/convert", CustomResourceVersionsTest::convert)),
        version("v1", true, V1),
        version("v2", false, V2));
    api.post(
            path("v1", "singles"),
            "{apiVersion: stable.example.com/v1, kind: Single, metadata:"
                + " {name: a, labels: {x: y}}, hostPort: \"localhost:8080\"}")
        .ok();
    JsonNode asV2 = api.get(path("v2", "singles") + "/a").ok().body();
    assertThat(asV2.path("host").asText()).isEqualTo("localhost");
    assertThat(conversions("singles", "true")).isPositive();
    assertThat(conversions("singles", "false")).isZero();
    assertThat(asV2.path("port").asText()).isEqualTo("8080");
    assertThat(asV2.path("metadata").path("labels").path("x").asText()).isEqualTo("y");
    assertThat(api.merge(path("v2", "singles") + "/a", "{port: \"81\"}").ok().body().path("port"))
        .isEqualTo(Json.NODES.textNode("81"));
    assertThat(api.get(path("v1", "singles") + "/a").body().path("hostPort").asText())
        .isEqualTo("localhost:81");
    api.delete(path("v2", "singles") + "/a").ok();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourceConversionWebhook [Privileged:ClusterAdmin] should be able"
          + " to convert a non homogeneous list of CRs [Conformance]")
  void convertsListsOfBothVersions() {
    String conversion = webhook(hooks.on("/both", CustomResourceVersionsTest::convert));
    define("mixes", "Mix", conversion, version("v1", true, V1), version("v2", false, V2));
    api.post(
            path("v1", "mixes"),
            "{apiVersion: stable.example.com/v1, kind: Mix, metadata: {name:"
                + " old}, hostPort: \"a:1\"}")
        .ok();
    api.merge(
            CRDS + "/mixes.stable.example.com",
            "{spec: {versions: ["
                + version("v1", false, V1)
                + ", "
                + version("v2", true, V2)
                + "]}}")
        .ok();
    assertThat(
            api.get(CRDS + "/mixes.stable.example.com")
                .body()
                .path("status")
                .path("storedVersions")
                .toString())
        .isEqualTo("[\"v1\",\"v2\"]");
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          api.post(
              path("v2", "mixes"),
              "{apiVersion: stable.example.com/v2, kind: Mix, metadata:"
                  + " {name: new}, host: b, port: \"2\"}");
          return api.get(path("v2", "mixes")).body().path("items").size() == 2;
        });
    for (JsonNode item : api.get(path("v1", "mixes")).ok().body().path("items")) {
      assertThat(item.path("apiVersion").asText()).isEqualTo("stable.example.com/v1");
      assertThat(item.path("hostPort").asText()).contains(":");
    }
    for (JsonNode item : api.get(path("v2", "mixes")).ok().body().path("items")) {
      assertThat(item.path("apiVersion").asText()).isEqualTo("stable.example.com/v2");
      assertThat(item.path("host").asText()).isNotEmpty();
    }
  }

  /** They were left in the old version, which the definition could then lose. */
  @Test
  void writingBackWhatIsThereMovesItToTheStorageVersion() {
    String schema = "{type: object, x-kubernetes-preserve-unknown-fields: true}";
    define(
        "movers",
        "Mover",
        "{strategy: None}",
        version("v1", true, schema),
        version("v2", false, schema));
    String made =
        api.post(
                path("v1", "movers"),
                "{apiVersion: stable.example.com/v1, kind: Mover, metadata: {name: a}, x: 1}")
            .ok()
            .body()
            .path("metadata")
            .path("resourceVersion")
            .asText();
    api.call(
            "PATCH",
            CRDS + "/movers.stable.example.com",
            "application/json-patch+json",
            "[{\"op\":\"replace\",\"path\":\"/spec/versions/0/storage\",\"value\":false},"
                + "{\"op\":\"replace\",\"path\":\"/spec/versions/1/storage\",\"value\":true}]")
        .ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          String moved = writtenBack();
          assertThat(moved).isNotEqualTo(made);
          assertThat(writtenBack()).as("once").isEqualTo(moved);
        });
  }

  /** The revision of an object after it was written back as it was. */
  private static String writtenBack() {
    ObjectNode object = (ObjectNode) api.get(path("v2", "movers") + "/a").ok().body();
    return api.put(path("v2", "movers") + "/a", object)
        .ok()
        .body()
        .path("metadata")
        .path("resourceVersion")
        .asText();
  }

  @Test
  void failedConversionsSayWhy() {
    String conversion =
        webhook(
            hooks.on(
                "/broken",
                asked -> {
                  ObjectNode out = Json.object();
                  out.putObject("result").put("status", "Failure").put("message", "can not");
                  return out;
                }));
    define("brokens", "Broken", conversion, version("v1", true, V1), version("v2", false, V2));
    api.post(
            path("v1", "brokens"),
            "{apiVersion: stable.example.com/v1, kind: Broken, metadata:" + " {name: a}}")
        .ok();
    TestApi.Answer refused = api.get(path("v2", "brokens") + "/a");
    assertThat(refused.code()).isEqualTo(500);
    assertThat(refused.message())
        .isEqualTo("conversion webhook for stable.example.com/v1, Kind=Broken failed: can not");
    assertThat(conversions("brokens", "false")).isEqualTo(1);
    assertThat(
            server
                .meters()
                .counter(
                    "apiserver_conversion_webhook_request_total",
                    "result",
                    "failure",
                    "failure_type",
                    "conversion_webhook_malformed_response_failure")
                .count())
        .isEqualTo(1);
    api.get(path("v1", "brokens") + "/a").ok();
  }

  @Test
  void aBundleWithoutCertificatesKeepsADefinitionFromBeingServed() throws Exception {
    String good = hooks.on("/trusted", CustomResourceVersionsTest::convert);
    String name = CRDS + "/trusts.stable.example.com";
    String conversion = webhook(good.replace(hooks.caBundle(), "Cg=="));
    api.post(
            CRDS,
            definition(
                "trusts", "Trust", conversion, version("v1", true, V1), version("v2", false, V2)))
        .ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(established(name).toString())
                .contains(
                    "\"False\"", "InvalidCABundle", "conversion webhook CABundle is invalid"));
    assertThat(api.get(path("v1", "trusts")).code()).isEqualTo(404);
    trust(name, hooks.caBundle()).ok();
    await().atMost(Duration.ofSeconds(30)).until(() -> api.get(path("v1", "trusts")).code() == 200);
    assertThat(established(name).path("reason").asText()).isEqualTo("InitialNamesAccepted");
    TestApi.Answer refused = trust(name, "Cg==");
    assertThat(refused.code()).isEqualTo(422);
    assertThat(refused.message())
        .endsWith(
            "spec.conversion.webhookClientConfig.caBundle: Invalid value: unable to load root"
                + " certificates: unable to parse bytes as PEM block");

    api.post(
            path("v1", "trusts"),
            "{apiVersion: stable.example.com/v1, kind: Trust, metadata: {name: a}, hostPort:"
                + " \"a:1\"}")
        .ok();
    String a = path("v2", "trusts") + "/a";
    api.get(a).ok();
    // Somebody else's certificate: what was agreed with the one before does not count any more.
    byte[] other = Files.readAllBytes(server.pki().path("admin.crt"));
    trust(name, Base64.getEncoder().encodeToString(other)).ok();
    await().atMost(Duration.ofSeconds(30)).until(() -> api.get(a).code() == 500);
    assertThat(api.get(a).message()).contains("failed: Post \"https://", "certificate");
    trust(name, hooks.caBundle()).ok();
    await().atMost(Duration.ofSeconds(30)).until(() -> api.get(a).code() == 200);
  }

  private static TestApi.Answer trust(String definition, String bundle) {
    return api.merge(
        definition,
        "{spec: {conversion: {webhook: {clientConfig: {caBundle: \"" + bundle + "\"}}}}}");
  }

  private static JsonNode established(String definition) {
    for (JsonNode c : api.get(definition).body().at("/status/conditions")) {
      if (c.path("type").asText().equals("Established")) {
        return c;
      }
    }
    return Json.NODES.missingNode();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] custom"
          + " resource defaulting for requests and from storage works [Conformance]")
  void defaultsComeForRequestsAndFromStorage() {
    String plain = "{type: object, properties: {a: {type: string}, b: {type: string}}}";
    define("plains", "Plain", "{strategy: None}", version("v1", true, plain));
    api.post(
            path("v1", "plains"),
            "{apiVersion: stable.example.com/v1, kind: Plain, metadata:" + " {name: one}}")
        .ok();
    String defaults = plain.replace("a: {type: string}", "a: {type: string, default: A}");
    api.merge(
            CRDS + "/plains.stable.example.com",
            "{spec: {versions: [" + version("v1", true, defaults) + "]}}")
        .ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(api.get(path("v1", "plains") + "/one").body().path("a").asText())
                .isEqualTo("A"));
    assertThat(api.get(path("v1", "plains")).body().path("items").path(0).path("a").asText())
        .isEqualTo("A");
    JsonNode two =
        api.post(
                path("v1", "plains"),
                "{apiVersion: stable.example.com/v1, kind: Plain, metadata: {name: two}}")
            .ok()
            .body();
    assertThat(two.path("a").asText()).isEqualTo("A");
    // What was stored stays; what was only shown goes.
    String others = plain.replace("b: {type: string}", "b: {type: string, default: B}");
    api.merge(
            CRDS + "/plains.stable.example.com",
            "{spec: {versions: [" + version("v1", true, others) + "]}}")
        .ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(api.get(path("v1", "plains") + "/two").body().path("b").asText())
                .isEqualTo("B"));
    assertThat(api.get(path("v1", "plains") + "/two").body().path("a").asText()).isEqualTo("A");
    JsonNode one = api.get(path("v1", "plains") + "/one").body();
    assertThat(one.has("a")).isFalse();
    assertThat(one.path("b").asText()).isEqualTo("B");
  }

  private static String selectable(String version, String... fields) {
    return version.substring(0, version.length() - 1)
        + ", selectableFields: ["
        + Stream.of(fields).map(f -> "{jsonPath: ." + f + "}").collect(Collectors.joining(", "))
        + "]}";
  }

  private static List<String> names(String version, String selector) {
    List<String> out = new ArrayList<>();
    api.get(path(version, "selects") + "?fieldSelector=" + selector)
        .ok()
        .body()
        .path("items")
        .forEach(i -> out.add(i.at("/metadata/name").asText()));
    return out;
  }

  /** What a watch of this version from there on sees, up to the end of this object. */
  private static List<String> seen(String version, String selector, JsonNode from, String end) {
    String query =
        "?watch=true&fieldSelector="
            + selector
            + "&resourceVersion="
            + from.at("/metadata/resourceVersion").asText();
    return api
        .watch(
            path(version, "selects") + query,
            e ->
                e.path("type").asText().equals("DELETED")
                    && e.at("/object/metadata/name").asText().equals(end))
        .stream()
        .map(e -> {
          assertThat(e.at("/object/apiVersion").asText())
              .isEqualTo("stable.example.com/" + version);
          return e.path("type").asText() + " " + e.at("/object/metadata/name").asText();
        })
        .toList();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourceFieldSelectors [Privileged:ClusterAdmin]"
          + " CustomResourceFieldSelectors MUST list and watch custom resources matching the field"
          + " selector [Conformance]")
  void fieldsOfEveryVersionSelect() {
    define(
        "selects",
        "Select",
        webhook(hooks.on("/select", CustomResourceVersionsTest::convert)),
        selectable(version("v1", true, V1), "hostPort"),
        selectable(version("v2", false, V2), "host", "port"));
    JsonNode before = api.get(path("v2", "selects")).ok().body();
    String[][] objects = {{"one", "host1", "80"}, {"two", "host1", "8080"}, {"three", "host2", ""}};
    for (String[] o : objects) {
      api.post(
              path("v2", "selects"),
              "{apiVersion: stable.example.com/v2, kind: Select, metadata: {name: "
                  + o[0]
                  + "}, host: "
                  + o[1]
                  + (o[2].isEmpty() ? "" : ", port: \"" + o[2] + "\"")
                  + "}")
          .ok();
    }
    assertThat(names("v2", "host%3Dhost1")).containsExactlyInAnyOrder("one", "two");
    assertThat(names("v2", "host%3Dhost1,port%3D80")).containsExactly("one");
    assertThat(names("v1", "hostPort%3Dhost1:80")).containsExactly("one");
    assertThat(names("v1", "hostPort%3Dhost1:8080")).containsExactly("two");
    assertThat(api.get(path("v1", "selects") + "?fieldSelector=host%3Dx").code()).isEqualTo(400);

    api.delete(path("v2", "selects") + "?fieldSelector=host%3Dhost1,port%3D80").ok();
    ObjectNode two = api.get(path("v2", "selects") + "/two").ok().body().deepCopy();
    api.put(path("v2", "selects") + "/two", two.put("host", "host2")).ok();
    assertThat(names("v2", "host%3Dhost1")).isEmpty();
    assertThat(names("v2", "host%3Dhost1,port%3D80")).isEmpty();
    assertThat(seen("v2", "host%3Dhost1", before, "two"))
        .containsExactly("ADDED one", "ADDED two", "DELETED one", "DELETED two");
    assertThat(seen("v2", "host%3Dhost1,port%3D80", before, "one"))
        .containsExactly("ADDED one", "DELETED one");
    assertThat(seen("v1", "hostPort%3Dhost1:80", before, "one"))
        .containsExactly("ADDED one", "DELETED one");
  }

  @Test
  void versionsThatAreDeprecatedSaySo() {
    define(
        "olds",
        "Old",
        "{strategy: None}",
        version("v1", true, V2),
        version("v1beta1", false, V2).replace("served: true", "served: true, deprecated: true"),
        version("v1alpha1", false, V2)
            .replace(
                "served: true",
                "served: true, deprecated: true, deprecationWarning: 'gone next summer'"));
    String at = "/apis/stable.example.com/%s/namespaces/default/olds";
    assertThat(api.get(at.formatted("v1")).ok().warnings()).isEmpty();
    assertThat(api.get(at.formatted("v1beta1")).ok().warnings())
        .containsExactly(
            "299 - \"stable.example.com/v1beta1 Old is deprecated; use stable.example.com/v1"
                + " Old\"");
    assertThat(api.get(at.formatted("v1alpha1")).ok().warnings())
        .containsExactly("299 - \"gone next summer\"");
  }

  @Test
  void builtInVersionsThatAreDeprecatedSaySo() {
    assertThat(api.get("/api/v1/namespaces/default/endpoints").ok().warnings())
        .containsExactly(
            "299 - \"v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1"
                + " EndpointSlice\"");
    assertThat(api.get("/apis/storage.k8s.io/v1beta1/volumeattributesclasses").ok().warnings())
        .containsExactly(
            "299 - \"storage.k8s.io/v1beta1 VolumeAttributesClass is deprecated in v1.34+,"
                + " unavailable in v1.37+; use storage.k8s.io/v1 VolumeAttributesClass\"");
    assertThat(api.get("/apis/discovery.k8s.io/v1/endpointslices").ok().warnings()).isEmpty();
  }

  @Test
  void whatIsHardlyMeantThatWayIsToldToWhoeverWritesIt() {
    TestApi.Answer made =
        api.post(
            "/api/v1/namespaces/default/services",
            "{apiVersion: v1, kind: Service, metadata: {name: odd}, spec: {clusterIP: None,"
                + " externalIPs: [192.0.2.1], ports: [{port: 80}]}}");
    assertThat(made.ok().warnings())
        .containsExactly("299 - \"spec.externalIPs is ignored for headless services\"");
  }
}
