package dev.coracle.apiserver.extending;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.apiserver.ApiCalls;
import dev.coracle.apiserver.Kubectl;
import dev.coracle.apiserver.TestApi;
import dev.coracle.apiserver.TestServer;
import dev.coracle.apiserver.UserInfo;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small API server of its own behind an APIService, over TLS with client certificates. */
@Tag("kubectl")
class AggregationTest {

  private static final String SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices";
  private static final String VERSION = "/apis/wardle.example.com/v1alpha1";
  private static final String FLUNDERS = VERSION + "/namespaces/default/flunders";

  private static final String KIND =
      "{\"group\":\"wardle.example.com\",\"version\":\"v1alpha1\",\"kind\":\"Flunder\"}";
  private static final String SCHEMA =
      "{\"type\":\"object\",\"description\":\"A flat fish.\",\"properties\":{\"fins\":{\"type\":"
          + "\"integer\",\"description\":\"How many.\"},\"pod\":{\"$ref\":"
          + "\"#/definitions/io.k8s.api.core.v1.Pod\"}},"
          + "\"x-kubernetes-group-version-kind\":["
          + KIND
          + "]}";

  @TempDir static Path dir;
  private static TestServer server;
  private static TestApi api;
  private static HttpServer extension;
  private static String address;

  private static final Map<String, String> STORED = new ConcurrentSkipListMap<>();

  private static final String ADDED = "{\"type\":\"ADDED\",\"object\":%s}\n";

  /** Those that nobody has ended yet. */
  private static final AtomicInteger watches = new AtomicInteger();

  private static final CompletableFuture<Void> BEGUN = new CompletableFuture<>();

  /** How a request for {@code sent} came: whole, or broken off. */
  private static final CompletableFuture<String> SENT = new CompletableFuture<>();

  /** Whether the other server has OpenAPI v2 alone. */
  private static volatile boolean old;

  @BeforeAll
  static void start() throws Exception {
    // The machine's own address, and not that of an interface that another test takes away.
    try (DatagramSocket towards = new DatagramSocket()) {
      towards.connect(new InetSocketAddress("203.0.113.1", 9));
      address = towards.getLocalAddress().getHostAddress();
    } catch (UncheckedIOException e) {
      address = "";
    }
    Assumptions.assumeFalse(
        address.isEmpty() || address.equals("0.0.0.0"), "no address besides loopback");
    server = new TestServer(dir);
    api = new TestApi(server);
    server.pki().issue("ext", "/CN=ext", "sample-api.default.svc");
    extension =
        server
            .vertx()
            .createHttpServer(
                new HttpServerOptions()
                    .setHost("0.0.0.0")
                    .setPort(0)
                    .setSsl(true)
                    .setClientAuth(ClientAuth.REQUIRED)
                    .setTrustOptions(
                        new PemTrustOptions().addCertPath(server.pki().path("ca.crt").toString()))
                    .setKeyCertOptions(
                        new PemKeyCertOptions()
                            .setCertPath(server.pki().path("ext.crt").toString())
                            .setKeyPath(server.pki().path("ext.key").toString())))
            .requestHandler(AggregationTest::serve);
    extension.listen().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private static String list() {
    return "{\"kind\":\"FlunderList\",\"apiVersion\":\"wardle.example.com/v1alpha1\",\"metadata\":{},"
        + "\"items\":["
        + String.join(",", STORED.values())
        + "]}";
  }

  /** Objects are made and deleted; each says in its labels what was told about its maker. */
  private static void serve(HttpServerRequest request) {
    if (request.path().equals(FLUNDERS) && request.method() == HttpMethod.POST) {
      request
          .body()
          .onSuccess(body -> {
            ObjectNode flunder = (ObjectNode) Json.parse(body.getBytes());
            ObjectNode metadata = flunder.withObject("/metadata").put("namespace", "default");
            metadata
                .withObject("/labels")
                .put("user", request.getHeader("X-Remote-User"))
                .put(
                    "groups",
                    String.join("_", request.headers().getAll("X-Remote-Group")).replace(":", "."))
                .put("by", peer(request))
                .put("token", request.getHeader("Authorization") != null)
                .put("scope", request.getHeader("X-Remote-Extra-Scope") != null);
            STORED.put(metadata.path("name").asText(), flunder.toString());
            answer(request, 201, flunder.toString());
          });
    } else if (request.path().equals(FLUNDERS) && request.getParam("watch") != null) {
      watches.incrementAndGet();
      request.connection().closeHandler(_ -> watches.decrementAndGet());
      request.response().exceptionHandler(_ -> {}).setChunked(true);
      request.response().putHeader("Content-Type", "application/json");
      STORED.values().forEach(f -> request.response().write(ADDED.formatted(f)));
    } else if (request.path().equals(FLUNDERS + "/sent")) {
      request.exceptionHandler(_ -> SENT.complete("broken off"));
      request.endHandler(_ -> SENT.complete("whole"));
      request.handler(_ -> BEGUN.complete(null));
    } else if (request.path().equals(FLUNDERS + "/cut")) {
      request.response().setChunked(true).write("{").onSuccess(_ -> request.connection().close());
    } else if (request.path().startsWith(FLUNDERS + "/")) {
      String name = request.path().substring(FLUNDERS.length() + 1);
      String flunder =
          request.method() == HttpMethod.DELETE ? STORED.remove(name) : STORED.get(name);
      answer(request, flunder == null ? 404 : 200, flunder == null ? "" : flunder);
    } else {
      document(request);
    }
  }

  private static void answer(HttpServerRequest request, int code, String body) {
    request.response().setStatusCode(code).putHeader("Content-Type", "application/json").end(body);
  }

  private static void document(HttpServerRequest request) {
    String body =
        switch (old && request.path().startsWith("/openapi/v3") ? "none" : request.path()) {
          case "/apis/wardle.example.com/v1alpha1" ->
              "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":"
                  + "\"wardle.example.com/v1alpha1\",\"resources\":[{\"name\":\"flunders\","
                  + "\"singularName\":\"flunder\",\"namespaced\":true,\"kind\":\"Flunder\","
                  + "\"verbs\":[\"create\",\"delete\",\"get\",\"list\"]}]}";
          case "/openapi/v3" ->
              "{\"paths\":{\"apis/wardle.example.com/v1alpha1\":{\"serverRelativeURL\":"
                  + "\"/openapi/v3/apis/wardle.example.com/v1alpha1?hash=AB\"}}}";
          case "/openapi/v3/apis/wardle.example.com/v1alpha1" ->
              "{\"openapi\":\"3.0.0\",\"info\":{\"title\":\"w\",\"version\":\"1\"},\"paths\":{"
                  + "\"/apis/wardle.example.com/v1alpha1/flunders\":{\"get\":{"
                  + "\"x-kubernetes-group-version-kind\":"
                  + KIND
                  + "}}},\"components\":{\"schemas\":{\"Flunder\":"
                  + SCHEMA.replace("#/definitions/", "#/components/schemas/")
                  + ",\"io.k8s.api.core.v1.Pod\":{\"type\":\"string\"}}}}";
          case "/openapi/v2" ->
              "{\"swagger\":\"2.0\",\"paths\":{\"/apis/wardle.example.com/v1alpha1/flunders\":"
                  + "{\"get\":{\"x-kubernetes-group-version-kind\":"
                  + KIND
                  + ",\"responses\":{\"200\":{\"schema\":{\"$ref\":"
                  + "\"#/definitions/Flunder\"}}}}},\"/apis/other/v1/x\":{\"get\":{}}},"
                  + "\"definitions\":{\"Flunder\":"
                  + SCHEMA
                  + ",\"io.k8s.api.core.v1.Pod\":{\"type\":\"string\"}}}";
          case FLUNDERS -> list();
          default -> "";
        };
    answer(request, body.isEmpty() ? 404 : 200, body);
  }

  private static String peer(HttpServerRequest request) {
    try {
      X509Certificate c =
          (X509Certificate) request.connection().sslSession().getPeerCertificates()[0];
      return c.getSubjectX500Principal().getName().replace("CN=", "");
    } catch (javax.net.ssl.SSLPeerUnverifiedException e) {
      return "nobody";
    }
  }

  private static JsonNode available() {
    for (JsonNode c :
        api.get(SERVICES + "/v1alpha1.wardle.example.com")
            .body()
            .path("status")
            .path("conditions")) {
      if (c.path("type").asText().equals("Available")) {
        return c;
      }
    }
    return Json.NODES.missingNode();
  }

  @Test
  void whatThisServerHasIsListedAsLocal() throws Exception {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> api.get(SERVICES + "/v1.apps").code() == 200);
    JsonNode apps = api.get(SERVICES + "/v1.apps").body();
    assertThat(apps.path("spec").path("groupPriorityMinimum").asInt()).isEqualTo(17_800);
    Kubectl kubectl = new Kubectl(server.pki().path("admin.kubeconfig"), dir);
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(kubectl.ok("get", "apiservice", "v1.", "--no-headers"))
                .matches("(?s)v1\\.\\s+Local\\s+True.*"));
    String crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    api.post(
            crds,
            "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name:"
                + " boats.sea.example.com}, spec: {group: sea.example.com, scope: Cluster, names:"
                + " {plural: boats, singular: boat, kind: Boat, listKind: BoatList}, versions:"
                + " [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type:"
                + " object}}}]}}")
        .ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> api.get(SERVICES + "/v1.sea.example.com").code() == 200);
    api.delete(SERVICES + "/v1.batch").ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> api.get(SERVICES + "/v1.batch").code() == 200);
    api.delete(crds + "/boats.sea.example.com").ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> api.get(SERVICES + "/v1.sea.example.com").code() == 404);
  }

  /** As the components' client makes them: in their user's name, and by that user's rights. */
  private static void callsWithinTheProcessGoThereToo() {
    GroupVersionResource flunders =
        new GroupVersionResource("wardle.example.com", "v1alpha1", "flunders");
    ApiCalls calls = server.server().callsAs(UserInfo.of("alice", UserInfo.MASTERS));
    KubeObject made =
        now(
            calls.create(
                flunders,
                "default",
                KubeObject.parse(
                    "{\"apiVersion\":\"wardle.example.com/v1alpha1\",\"kind\":\"Flunder\","
                        + "\"metadata\":{\"name\":\"inside\"}}"),
                WriteOptions.NONE));
    assertThat(made.labels()).containsEntry("user", "alice").containsEntry("by", "kube-apiserver");
    assertThat(now(calls.list(flunders, "default", ListOptions.ALL)).items())
        .extracting(KubeObject::name)
        .contains("inside");
    assertThat(now(calls.get(flunders, "default", "inside")).kind()).isEqualTo("Flunder");
    assertThat(new String(now(calls.raw(FLUNDERS + "/inside")), StandardCharsets.UTF_8))
        .contains("alice");
    now(calls.delete(flunders, "default", "inside", DeleteOptions.DEFAULT));
    assertThatThrownBy(() -> now(calls.get(flunders, "default", "inside")))
        .matches(StatusException::isNotFound);
    ApiCalls stranger = server.server().callsAs(UserInfo.of("bob", UserInfo.AUTHENTICATED));
    assertThatThrownBy(() -> now(stranger.raw(FLUNDERS + "?limit=1")))
        .hasMessageContaining("User \"bob\" cannot list resource \"flunders\"");
    assertThat(new String(now(calls.raw(VERSION)), StandardCharsets.UTF_8))
        .contains("APIResourceList", "flunders");
    ApiCalls nobody = server.server().callsAs(UserInfo.of("carol", "strangers"));
    assertThatThrownBy(() -> now(nobody.raw(VERSION)))
        .hasMessageContaining("User \"carol\" cannot get path \"" + VERSION + "\"");
    assertThatThrownBy(() -> now(calls.raw("/apis/apps/v1"))).matches(StatusException::isNotFound);
    assertThatThrownBy(() -> now(calls.raw("/api/v1/nodes"))).matches(StatusException::isNotFound);
  }

  private static void nobodySaysWhoTheyAreThemselves() {
    TestApi.Exchanged made =
        api.exchange(
                "POST",
                FLUNDERS,
                "application/json",
                "application/json",
                "{\"metadata\":{\"name\":\"forged\"}}".getBytes(StandardCharsets.UTF_8),
                Map.of(
                    "X-Remote-User",
                    "root",
                    "X-Remote-Group",
                    "wheel",
                    "X-Remote-Extra-Scope",
                    "x"))
            .ok();
    JsonNode labels = Json.parse(made.bytes()).path("metadata").path("labels");
    assertThat(labels.path("user").asText()).isEqualTo("admin");
    assertThat(labels.path("groups").asText()).isEqualTo("system.masters_system.authenticated");
    assertThat(labels.path("scope").asBoolean()).isFalse();
    api.delete(FLUNDERS + "/forged").ok();
  }

  /** Its answer never ends by itself, and what is in it comes all the same. */
  private static void watchesGoOnUntilTheClientGoes() {
    List<JsonNode> events = api.watch(FLUNDERS + "?watch=true", _ -> true);
    assertThat(events.getFirst().at("/object/metadata/name").asText()).isEqualTo("test-flunder");
    await().atMost(Duration.ofSeconds(30)).until(() -> watches.get() == 0);
  }

  /** A body that nobody has ended must not come to the other side as one that is all there. */
  private static void whatIsBrokenOffIsNotWhole() throws Exception {
    byte[] none = {};
    assertThatThrownBy(() -> api.exchange("GET", FLUNDERS + "/cut", "", "*/*", none))
        .isInstanceOf(AssertionError.class);
    api.abandon(FLUNDERS + "/sent", "{", BEGUN);
    assertThat(SENT.get(20, TimeUnit.SECONDS)).isEqualTo("broken off");
  }

  /** Behind what is built in, and before custom resources, which have 1000. */
  private static void groupsStandByTheirPriority() {
    String crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    api.post(
            crds,
            "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name:"
                + " rafts.aaa.example.com}, spec: {group: aaa.example.com, scope: Cluster, names:"
                + " {plural: rafts, singular: raft, kind: Raft, listKind: RaftList}, versions:"
                + " [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type:"
                + " object}}}]}}")
        .ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> api.get("/apis/aaa.example.com").code() == 200);
    String aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    List<List<String>> both =
        List.of(
            names(api.get("/apis").body().path("groups"), "/name"),
            names(
                api.call("GET", "/apis", "", aggregated, "").body().path("items"),
                "/metadata/name"));
    assertThat(both)
        .allSatisfy(groups ->
            assertThat(groups)
                .containsSubsequence(
                    "apps", "resource.k8s.io", "wardle.example.com", "aaa.example.com"));
    api.delete(crds + "/rafts.aaa.example.com").ok();
  }

  private static List<String> names(JsonNode groups, String at) {
    List<String> out = new ArrayList<>();
    groups.forEach(g -> out.add(g.at(at).asText()));
    return out;
  }

  private static <T> T now(Uni<T> answer) {
    return answer.await().atMost(Duration.ofSeconds(20));
  }

  private static void register() throws Exception {
    String ca = Base64.getEncoder().encodeToString(Files.readAllBytes(server.pki().path("ca.crt")));
    api.post(
            SERVICES,
            "{apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name:"
                + " v1alpha1.wardle.example.com}, spec: {group: wardle.example.com, version:"
                + " v1alpha1, groupPriorityMinimum: 2000, versionPriority: 200, caBundle: "
                + ca
                + ", service: {namespace: default, name: sample-api, port: 7443}}}")
        .ok();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Aggregator Should be able to support the 1.17 Sample API Server using"
          + " the current Aggregator [LinuxOnly] [Conformance]")
  void requestsGoToTheOtherServer() throws Exception {
    register();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> assertThat(available().path("reason").asText()).isEqualTo("ServiceNotFound"));
    TestApi.Exchanged unavailable = api.exchange("GET", FLUNDERS, "", "", new byte[0]);
    assertThat(unavailable.code()).isEqualTo(503);
    assertThat(new String(unavailable.bytes(), StandardCharsets.UTF_8))
        .isEqualTo("service unavailable\n");
    assertThat(
            server
                .meters()
                .get("aggregator_unavailable_apiservice")
                .tag("name", "v1alpha1.wardle.example.com")
                .gauge()
                .value())
        .isEqualTo(1);
    api.post(
            "/api/v1/namespaces/default/services",
            "{metadata: {name: sample-api}, spec: {ports: [{port: 7443}]}}")
        .ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(available().path("message").asText())
                .isEqualTo("cannot find endpointslices for service/sample-api in \"default\""));
    api.post(
            "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
            "{metadata: {name: empty, labels: {kubernetes.io/service-name: sample-api}},"
                + " addressType: IPv4, endpoints: [], ports: []}")
        .ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(available().path("message").asText())
                .isEqualTo(
                    "endpointslices for service/sample-api in \"default\" have no addresses with"
                        + " port name \"\""));
    api.post(
            "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
            "{metadata: {name: sample-1, labels: {kubernetes.io/service-name: sample-api}},"
                + " addressType: IPv4, endpoints: [{addresses: ["
                + address
                + "]}], ports: [{name: \"\", port: "
                + extension.actualPort()
                + "}]}")
        .ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> assertThat(available().path("message").asText()).isEqualTo("all checks passed"));
    JsonNode flunder = create("test-flunder").path("metadata");
    assertThat(flunder.path("labels").path("user").asText()).isEqualTo("admin");
    assertThat(flunder.path("labels").path("token").asBoolean()).isFalse();
    assertThat(flunder.path("labels").path("groups").asText())
        .isEqualTo("system.masters_system.authenticated");
    String proxy =
        api.get("/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication")
            .body()
            .path("data")
            .path("requestheader-allowed-names")
            .asText();
    assertThat(proxy).isEqualTo("[\"" + flunder.path("labels").path("by").asText() + "\"]");
    assertThat(api.get("/apis").body().toString()).contains("wardle.example.com/v1alpha1");
    assertThat(api.get("/apis/wardle.example.com").ok().body().path("preferredVersion"))
        .isEqualTo(
            Json.parse(
                "{\"groupVersion\":\"wardle.example.com/v1alpha1\",\"version\":\"v1alpha1\"}"));
    String all =
        api.call(
                "GET",
                "/apis",
                "",
                "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
                "")
            .body()
            .toString();
    assertThat(all).contains("\"resource\":\"flunders\"", "\"freshness\":\"Current\"");
    Kubectl kubectl = new Kubectl(server.pki().path("admin.kubeconfig"), dir);
    assertThat(kubectl.ok("get", "flunders", "-o", "name")).contains("test-flunder");
    assertThat(new ArrayList<>(List.of(kubectl.ok("get", "apiservices").split("\\s+"))))
        .contains("v1alpha1.wardle.example.com", "default/sample-api", "True");
    assertThat(kubectl.ok("explain", "flunders.fins")).contains("How many.");
    callsWithinTheProcessGoThereToo();
    nobodySaysWhoTheyAreThemselves();
    watchesGoOnUntilTheClientGoes();
    whatIsBrokenOffIsNotWhole();
    groupsStandByTheirPriority();
    JsonNode v2 = api.get("/openapi/v2").ok().body();
    assertThat(v2.path("paths").has("/apis/wardle.example.com/v1alpha1/flunders")).isTrue();
    assertThat(v2.path("paths").has("/apis/other/v1/x")).isFalse();
    assertThat(v2.path("definitions").path("Flunder").path("properties").path("pod").toString())
        .contains("io.k8s.api.core.v1.Pod_v2");
    assertThat(v2.path("definitions").path("io.k8s.api.core.v1.Pod").path("type").asText())
        .isEqualTo("object");
    theServiceIsAnObject();
    api.delete(SERVICES + "?labelSelector=v1alpha1.wardle.example.com%3Dupdated").ok();
    assertThat(api.get(SERVICES + "/v1alpha1.wardle.example.com").code()).isEqualTo(404);
    assertThat(api.get(SERVICES + "/v1.apps").code()).isEqualTo(200);
    await().atMost(Duration.ofSeconds(30)).until(() -> api.get(FLUNDERS).code() == 404);

    old = true;
    register();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> assertThat(available().path("message").asText()).isEqualTo("all checks passed"));
    String v3 =
        api.get("/openapi/v3")
            .ok()
            .body()
            .path("paths")
            .path("apis/wardle.example.com/v1alpha1")
            .path("serverRelativeURL")
            .asText();
    assertThat(v3).startsWith("/openapi/v3/apis/wardle.example.com/v1alpha1?hash=");
    JsonNode raised = api.get(v3).ok().body();
    assertThat(raised.path("openapi").asText()).isEqualTo("3.0.0");
    assertThat(raised.at("/components/schemas/Flunder/properties/pod/$ref").asText())
        .isEqualTo("#/components/schemas/io.k8s.api.core.v1.Pod");
    Kubectl fresh =
        new Kubectl(
            server.pki().path("admin.kubeconfig"), Files.createDirectory(dir.resolve("fresh")));
    assertThat(fresh.ok("explain", "flunders.fins")).contains("How many.");
  }

  private static JsonNode create(String name) {
    JsonNode made =
        api.post(
                FLUNDERS,
                "{apiVersion: wardle.example.com/v1alpha1, kind: Flunder, metadata: {name: "
                    + name
                    + "}, spec: {}}")
            .ok()
            .body();
    assertThat(api.get(FLUNDERS).ok().body().path("items")).hasSize(1);
    return made;
  }

  /** Its status and labels are read, patched and replaced, while objects come and go behind it. */
  private static void theServiceIsAnObject() {
    String service = SERVICES + "/v1alpha1.wardle.example.com";
    JsonNode status = api.get(service + "/status").ok().body();
    assertThat(status.at("/status/conditions/0/message").asText()).isEqualTo("all checks passed");
    JsonNode patched = api.merge(service, "{spec: {versionPriority: 400}}").ok().body();
    assertThat(patched.at("/spec/versionPriority").asInt()).isEqualTo(400);
    assertThat(api.get(SERVICES).ok().body().path("items").findValuesAsText("name"))
        .contains("v1alpha1.wardle.example.com");
    api.call(
            "PATCH",
            service,
            "application/strategic-merge-patch+json",
            "{\"metadata\":{\"labels\":{\"e2e-apiservice\":\"patched\"}}}")
        .ok();
    assertThat(api.get(service).body().at("/metadata/labels/e2e-apiservice").asText())
        .isEqualTo("patched");
    condition("StatusUpdated", now -> api.put(service + "/status", now));
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          ObjectNode now = api.get(service).ok().body().deepCopy();
          now.withObject("/metadata")
              .putObject("labels")
              .put("v1alpha1.wardle.example.com", "updated");
          TestApi.Answer answer = api.put(service, now);
          return answer.code() == 200 && answer.body().at("/metadata/labels").size() == 1;
        });
    api.delete(FLUNDERS + "/test-flunder").ok();
    assertThat(api.get(FLUNDERS).ok().body().path("items")).isEmpty();
    create("test-flunder");
    condition(
        "StatusPatched",
        now -> {
          ObjectNode patch = Json.object();
          patch.putObject("status").set("conditions", now.at("/status/conditions"));
          return api.call(
              "PATCH", service + "/status", "application/merge-patch+json", patch.toString());
        });
    assertThat(available().path("status").asText()).isEqualTo("True");
  }

  /** Adds a condition of this type, which is there afterwards beside the others. */
  private static void condition(String type, Function<ObjectNode, TestApi.Answer> write) {
    String status = SERVICES + "/v1alpha1.wardle.example.com/status";
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          ObjectNode now = api.get(status).ok().body().deepCopy();
          now.withObject("/status")
              .withArray("conditions")
              .addObject()
              .put("type", type)
              .put("status", "True")
              .put("reason", "E2E")
              .put("message", "Set from e2e test");
          return write.apply(now).code() == 200;
        });
    assertThat(api.get(status).ok().body().at("/status/conditions").findValuesAsText("type"))
        .contains("Available", type);
  }
}
