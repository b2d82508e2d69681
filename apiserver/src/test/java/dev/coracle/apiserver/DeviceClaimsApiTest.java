package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.apiserver.internal.bootstrap.FlatDevices;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** resource.k8s.io over HTTPS: its versions are one resource, and its rules hold. */
@ExtendWith(OwnServer.class)
class DeviceClaimsApiTest {

  private static final String GROUP = "/apis/resource.k8s.io/";
  private static final String CLAIMS = "/namespaces/default/resourceclaims";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi ofOwnServer) {
    api = ofOwnServer;
  }

  private static JsonNode json(String text) {
    return Json.parse(text.replace('\'', '"'));
  }

  @Test
  void aFlatClaimIsANestedOne() {
    api.post(
            GROUP + "v1beta1" + CLAIMS,
            """
            apiVersion: resource.k8s.io/v1beta1
            kind: ResourceClaim
            metadata: {name: flat}
            spec: {devices: {requests: [{name: r, deviceClassName: c}]}}
            """)
        .ok();
    assertThat(request("v1", "flat"))
        .isEqualTo(
            json(
                "{'name':'r','exactly':{'deviceClassName':'c','allocationMode':'ExactCount','count':1}}"));
    assertThat(request("v1beta2", "flat")).isEqualTo(request("v1", "flat"));
    assertThat(request("v1beta1", "flat"))
        .isEqualTo(
            json("{'name':'r','deviceClassName':'c','allocationMode':'ExactCount','count':1}"));
    api.merge(GROUP + "v1beta1" + CLAIMS + "/flat", "{metadata: {labels: {a: b}}}").ok();
  }

  private static JsonNode request(String version, String name) {
    return api.get(GROUP + version + CLAIMS + "/" + name)
        .ok()
        .body()
        .path("spec")
        .path("devices")
        .path("requests")
        .path(0);
  }

  @Test
  void devicesOfAnOldSliceAreThoseOfANewOne() {
    api.post(
            GROUP + "v1beta1/resourceslices",
            """
            apiVersion: resource.k8s.io/v1beta1
            kind: ResourceSlice
            metadata: {name: old}
            spec:
              driver: a.example.com
              nodeName: n
              pool: {name: p, generation: 1, resourceSliceCount: 1}
              devices: [{name: d, basic: {attributes: {m: {string: x}}}}, {name: e}]
            """)
        .ok();
    assertThat(devices("v1"))
        .isEqualTo(json("[{'name':'d','attributes':{'m':{'string':'x'}}},{'name':'e'}]"));
    assertThat(devices("v1beta1"))
        .isEqualTo(
            json(
                "[{'name':'d','basic':{'attributes':{'m':{'string':'x'}}}},{'name':'e','basic':{}}]"));
  }

  private static JsonNode devices(String version) {
    return api.get(GROUP + version + "/resourceslices/old")
        .ok()
        .body()
        .path("spec")
        .path("devices");
  }

  @Test
  void anExpressionThatDoesNotCompileIsRefused() {
    TestApi.Answer answer =
        api.post(
            GROUP + "v1/deviceclasses",
            """
            apiVersion: resource.k8s.io/v1
            kind: DeviceClass
            metadata: {name: bad}
            spec: {selectors: [{cel: {expression: device.nothing}}]}
            """);
    assertThat(answer.code()).isEqualTo(422);
    assertThat(answer.message())
        .contains("spec.selectors[0].cel.expression: Invalid value: \"device.nothing\"");
  }

  @Test
  void devicesAreLookedAfterOnlyFromLabelledNamespaces() {
    String why =
        "admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on"
            + " the containing namespace";
    String request = "{requests: [{name: a, exactly: {deviceClassName: c, adminAccess: true}}]}";
    String claim = "{metadata: {name: looks}, spec: {devices: " + request + "}}";
    String template = "{metadata: {name: looks}, spec: {spec: {devices: " + request + "}}}";
    TestApi.Answer refused = api.post(GROUP + "v1" + CLAIMS, claim);
    assertThat(refused.code()).isEqualTo(422);
    assertThat(refused.message())
        .isEqualTo(
            "ResourceClaim.resource.k8s.io \"looks\" is invalid:"
                + " spec.devices.requests[0].adminAccess: Forbidden: "
                + why);
    assertThat(
            api.post(
                    GROUP + "v1beta1" + CLAIMS,
                    "{metadata: {name: looks}, spec: {devices: {requests: [{name: a,"
                        + " deviceClassName: c, adminAccess: true}]}}}")
                .message())
        .contains(why);
    assertThat(api.post(GROUP + "v1/namespaces/default/resourceclaimtemplates", template).message())
        .isEqualTo(
            "ResourceClaimTemplate.resource.k8s.io \"looks\" is invalid:"
                + " spec.devices.requests[0].adminAccess: Forbidden: "
                + why);
    api.post(
            "/api/v1/namespaces",
            "{metadata: {name: watched, labels: {resource.kubernetes.io/admin-access: 'true'}}}")
        .ok();
    String watched = GROUP + "v1/namespaces/watched/";
    api.post(watched + "resourceclaims", claim).ok();
    api.post(watched + "resourceclaimtemplates", template).ok();
    String granted =
        "{status: {allocation: {devices: {results: [{request: a, driver: d.example.com, pool: p,"
            + " device: x, adminAccess: true}]}}}}";
    // The label is gone before the claim is allocated.
    api.merge(
            "/api/v1/namespaces/watched",
            "{metadata: {labels: {resource.kubernetes.io/admin-access: null}}}")
        .ok();
    assertThat(api.merge(watched + "resourceclaims/looks/status", granted).message())
        .isEqualTo(
            "ResourceClaim.resource.k8s.io \"looks\" is invalid:"
                + " status.allocation.devices.results[0].adminAccess: Forbidden: "
                + why);
    api.merge(
            "/api/v1/namespaces/watched",
            "{metadata: {labels: {resource.kubernetes.io/admin-access: 'true'}}}")
        .ok();
    api.merge(watched + "resourceclaims/looks/status", granted).ok();
  }

  @Test
  void whatWasStoredFlatIsStoredAnew() throws Exception {
    MemoryStore store = new MemoryStore();
    GroupResource claims = new GroupResource("resource.k8s.io", "resourceclaims");
    NamespacedName name = new NamespacedName("default", "flat");
    store
        .create(
            claims,
            KubeObject.of(
                (ObjectNode)
                    json(
                        "{'apiVersion':'resource.k8s.io/v1','kind':'ResourceClaim','metadata':"
                            + "{'name':'flat','namespace':'default'},'spec':{'devices':{'requests':"
                            + "[{'name':'a','deviceClassName':'c','count':1}]}}}")))
        .await()
        .atMost(Duration.ofSeconds(10));
    new FlatDevices(store).nest().await().atMost(Duration.ofSeconds(10));
    KubeObject nested = store.get(claims, name).await().atMost(Duration.ofSeconds(10));
    assertThat(nested.at("spec", "devices", "requests").path(0))
        .isEqualTo(json("{'name':'a','exactly':{'deviceClassName':'c','count':1}}"));
    new FlatDevices(store).nest().await().atMost(Duration.ofSeconds(10));
    assertThat(store.get(claims, name).await().atMost(Duration.ofSeconds(10)).resourceVersion())
        .as("what is nested is left alone")
        .isEqualTo(nested.resourceVersion());
  }

  @Test
  void theStatusOfADeviceGoesWithItsAllocation() {
    String path = GROUP + "v1" + CLAIMS;
    api.post(
            path,
            """
            apiVersion: resource.k8s.io/v1
            kind: ResourceClaim
            metadata: {name: used}
            spec: {devices: {requests: [{name: r, exactly: {deviceClassName: c}}]}}
            """)
        .ok();
    String status = path + "/used/status";
    TestApi.Answer early =
        api.merge(status, "{status: {devices: [{driver: a.b, pool: p, device: d}]}}");
    assertThat(early.code()).isEqualTo(422);
    assertThat(early.message()).contains("must be an allocated device in the claim");
    api.merge(
            status,
            "{status: {allocation: {devices: {results: [{request: r, driver: a.b, pool: p, device:"
                + " d}]}}, devices: [{driver: a.b, pool: p, device: d, data: {x: 1}}]}}")
        .ok();
    JsonNode after = api.merge(status, "{status: {allocation: null}}").ok().body();
    assertThat(after.path("status").has("devices")).isFalse();
    assertThat(after.path("status").has("allocation")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v1beta1"})
  void aTaintOfASliceSaysSinceWhenItIsThere(String version) {
    String taints =
        "taints: [{key: a.b/c, effect: NoExecute}, {key: a.b/d, effect: NoExecute, timeAdded:"
            + " '2026-01-01T00:00:00Z'}]";
    api.post(
            GROUP + version + "/resourceslices",
            "{metadata: {name: tainted-"
                + version
                + "}, spec: {driver: a.example.com, nodeName: n, pool: {name: t, generation: 1,"
                + " resourceSliceCount: 1}, devices: [{name: d, "
                + (version.equals("v1") ? taints : "basic: {" + taints + "}")
                + "}]}}")
        .ok();
    JsonNode kept =
        api.get(GROUP + "v1/resourceslices/tainted-" + version)
            .ok()
            .body()
            .at("/spec/devices/0/taints");
    assertThat(Instant.parse(kept.at("/0/timeAdded").asText()))
        .isCloseTo(Instant.now(), within(1, ChronoUnit.MINUTES));
    assertThat(kept.at("/1/timeAdded").asText()).isEqualTo("2026-01-01T00:00:00Z");
  }

  @Test
  void theTaintOfARuleIsANewOneWhenItsEffectIsAnother() {
    String rules = GROUP + "v1beta2/devicetaintrules";
    api.post(
            rules,
            "{metadata: {name: r}, spec: {taint: {key: a.b/c, effect: None, timeAdded:"
                + " '2026-01-01T00:00:00Z'}}}")
        .ok();
    String first = "2026-01-01T00:00:00Z";
    assertThat(timeAdded(rules, "{spec: {taint: {value: x}}}")).isEqualTo(first);
    assertThat(timeAdded(rules, "{spec: {taint: {effect: NoExecute}}}")).isNotEqualTo(first);
    String given = "2026-02-02T00:00:00Z";
    assertThat(
            timeAdded(rules, "{spec: {taint: {effect: NoSchedule, timeAdded: '" + given + "'}}}"))
        .isEqualTo(given);
    assertThat(timeAdded(rules, "{spec: {taint: {timeAdded: null}}}")).isNotIn(given, "");
  }

  private static String timeAdded(String rules, String change) {
    return api.merge(rules + "/r", change).ok().body().at("/spec/taint/timeAdded").asText("");
  }

  @Test
  void aQuotaLimitsTheDevicesOfAClass() {
    String namespace = "/api/v1/namespaces/limited";
    api.post("/api/v1/namespaces", "{metadata: {name: limited}}").ok();
    String hard = "hard: {gpu.deviceclass.resource.k8s.io/devices: '3'}";
    String quotas = namespace + "/resourcequotas";
    api.post(quotas, "{metadata: {name: q}, spec: {" + hard + "}}").ok();
    api.merge(quotas + "/q/status", "{status: {" + hard + "}}").ok();
    String two =
        "{metadata: {generateName: c-}, spec: {devices: {requests: [{name: r, firstAvailable:"
            + " [{name: a, deviceClassName: gpu, count: 2}, {name: b, deviceClassName: gpu}]},"
            + " {name: s, exactly: {deviceClassName: other, count: 9}}]}}}";
    String claims = GROUP + "v1/namespaces/limited/resourceclaims";
    assertThat(api.post(claims, two).message())
        .as("what is used is not counted yet")
        .contains(
            "status unknown for quota: q, resources: gpu.deviceclass.resource.k8s.io/devices");
    String used = "used: {gpu.deviceclass.resource.k8s.io/devices: '0'}";
    api.merge(quotas + "/q/status", "{status: {" + used + "}}").ok();
    api.post(claims, two).ok();
    TestApi.Answer refused = api.post(claims, two);
    assertThat(refused.code()).isEqualTo(403);
    assertThat(refused.message())
        .contains(
            "exceeded quota: q, requested: gpu.deviceclass.resource.k8s.io/devices=2, used:"
                + " gpu.deviceclass.resource.k8s.io/devices=2, limited:"
                + " gpu.deviceclass.resource.k8s.io/devices=3");
    String one =
        "{metadata: {generateName: c-}, spec: {devices: {requests: [{name: r, deviceClassName:"
            + " gpu}]}}}";
    String flat = GROUP + "v1beta1/namespaces/limited/resourceclaims";
    api.post(flat, one).ok();
    assertThat(api.post(flat, one).code()).isEqualTo(403);
  }
}
