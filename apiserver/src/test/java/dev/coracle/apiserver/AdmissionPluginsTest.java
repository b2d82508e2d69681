package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.apiserver.TestApi.Answer;
import dev.coracle.apiserver.config.AdmissionOptions;
import dev.coracle.apiserver.config.SecurityOptions;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Admission plugins that are not on by themselves, and what a configuration tells plugins. */
class AdmissionPluginsTest {

  private static final Vertx VERTX = Vertx.vertx();

  @TempDir static Path dir;
  private static HttpServer policy;
  private static TestServer server;
  private static TestApi api;

  @BeforeAll
  static void start() throws Exception {
    policy =
        VERTX
            .createHttpServer()
            .requestHandler(request ->
                request
                    .body()
                    .onSuccess(body -> request.response().end(review(new JsonObject(body)))));
    policy
        .listen(0, "127.0.0.1")
        .toCompletionStage()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
    Files.writeString(
        dir.resolve("policy.kubeconfig"),
        """
        clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d/"}}]
        contexts: [{name: x, context: {cluster: c, user: ""}}]
        current-context: x
        """
            .formatted(policy.actualPort()));
    Path config =
        Files.writeString(
            dir.resolve("admission.yaml"),
            """
            apiVersion: apiserver.config.k8s.io/v1
            kind: AdmissionConfiguration
            plugins:
            - name: PodSecurity
              configuration:
                apiVersion: pod-security.admission.config.k8s.io/v1
                kind: PodSecurityConfiguration
                defaults: {enforce: baseline, warn: baseline}
                exemptions: {namespaces: [free], runtimeClasses: [sealed], usernames: [robot]}
            - name: ResourceQuota
              configuration:
                apiVersion: apiserver.config.k8s.io/v1
                kind: ResourceQuotaConfiguration
                limitedResources:
                - {resource: persistentvolumeclaims, matchContains: [costly.storageclass]}
                - resource: pods
                  matchScopes: [{scopeName: PriorityClass, operator: In, values: [high]}]
            - name: EventRateLimit
              configuration:
                apiVersion: eventratelimit.admission.k8s.io/v1alpha1
                kind: Configuration
                limits: [{type: SourceAndObject, qps: 1, burst: 2}]
            - name: PodNodeSelector
              configuration:
                podNodeSelectorPluginConfig: {clusterDefaultNodeSelector: "disk=ssd", narrow: "disk=ssd,zone=a"}
            - name: PodTolerationRestriction
              configuration:
                apiVersion: podtolerationrestriction.admission.k8s.io/v1alpha1
                kind: Configuration
                default: [{key: given, operator: Exists, effect: NoSchedule}]
                whitelist:
                - {key: given, operator: Exists}
                - {key: node.kubernetes.io/not-ready, operator: Exists}
                - {key: node.kubernetes.io/unreachable, operator: Exists}
                - {key: node.kubernetes.io/memory-pressure, operator: Exists}
                - {key: example.com/gpu, operator: Exists}
            - name: ImagePolicyWebhook
              configuration:
                imagePolicy: {kubeConfigFile: policy.kubeconfig, retryBackoff: -1, defaultAllow: false}
            """);
    AdmissionOptions options =
        new AdmissionOptions(
            Set.of(
                "AlwaysPullImages",
                "DenyServiceExternalIPs",
                "EventRateLimit",
                "ExtendedResourceToleration",
                "ImagePolicyWebhook",
                "LimitPodHardAntiAffinityTopology",
                "NamespaceAutoProvision",
                "NamespaceExists",
                "PodNodeSelector",
                "PodTolerationRestriction"),
            Set.of("ServiceAccount"),
            config,
            60,
            70);
    server = new TestServer(dir, new MemoryStore(), SecurityOptions.DEFAULT.withAdmission(options));
    api = new TestApi(server);
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
    VERTX.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static Buffer review(JsonObject review) {
    String images = review.getJsonObject("spec").getJsonArray("containers").encode();
    JsonObject status = new JsonObject().put("allowed", !images.contains("banned"));
    if (images.contains("banned:reason")) {
      status.put("reason", "too old");
    }
    if (images.contains("garbage")) {
      return Buffer.buffer("no JSON");
    }
    return review.put("status", status).toBuffer();
  }

  private static Answer pod(String namespace, String name, String spec) {
    return api.post(
        "/api/v1/namespaces/" + namespace + "/pods",
        "{metadata: {name: " + name + "}, spec: {" + spec + "}}");
  }

  private static String container(String image) {
    return "containers: [{name: c, image: '" + image + "', imagePullPolicy: Never}]";
  }

  @Test
  void aPodGetsWhatThePluginsGive() {
    JsonNode spec =
        pod(
                "made",
                "p",
                "initContainers: [{name: i, image: a, resources: {requests: {example.com/gpu: 1},"
                    + " limits: {example.com/gpu: 1}}}], "
                    + "containers: [{name: c, image: b, imagePullPolicy: Never,"
                    + " resources: {requests: {cpu: 1m}}}]")
            .ok()
            .body()
            .path("spec");
    assertThat(api.get("/api/v1/namespaces/made").ok().body().at("/status/phase").asText())
        .isEqualTo("Active");
    assertThat(spec.findValuesAsText("imagePullPolicy")).containsExactly("Always", "Always");
    assertThat(spec.at("/nodeSelector")).isEqualTo(TestApi.tree("{disk: ssd}"));
    assertThat(spec.at("/tolerations").findValuesAsText("key"))
        .containsExactlyInAnyOrder(
            "node.kubernetes.io/not-ready",
            "node.kubernetes.io/unreachable",
            "given",
            "node.kubernetes.io/memory-pressure",
            "example.com/gpu");
    assertThat(spec.at("/tolerations").findValuesAsText("tolerationSeconds"))
        .containsExactly("60", "70");
    assertThat(spec.has("serviceAccountName")).as("its plugin is disabled").isFalse();
  }

  @Test
  void nodeSelectorsStayWithinTheirNamespaces() {
    assertThat(pod("narrow", "a", container("i") + ", nodeSelector: {disk: hdd}").message())
        .isEqualTo(
            "pods \"a\" is forbidden: pod node label selector conflicts with its namespace node"
                + " label selector");
    assertThat(pod("narrow", "b", container("i") + ", nodeSelector: {tier: x}").message())
        .isEqualTo(
            "pods \"b\" is forbidden: pod node label selector labels conflict with its namespace"
                + " whitelist");
    assertThat(pod("narrow", "c", container("i") + ", nodeSelector: {zone: a}").code())
        .isEqualTo(201);
    api.post(
            "/api/v1/namespaces",
            "{metadata: {name: said, annotations:"
                + " {scheduler.alpha.kubernetes.io/node-selector: 'zone=b'}}}")
        .ok();
    assertThat(pod("said", "d", container("i")).ok().body().at("/spec/nodeSelector"))
        .isEqualTo(TestApi.tree("{zone: b}"));
    api.merge(
            "/api/v1/namespaces/said",
            "{metadata: {annotations: {scheduler.alpha.kubernetes.io/node-selector: 'zone'}}}")
        .ok();
    Answer wrong = pod("said", "e", container("i"));
    assertThat(wrong.code()).isEqualTo(403);
    assertThat(wrong.message()).contains("invalid selector: zone");
  }

  @Test
  void tolerationsOutsideTheListAreRefused() {
    assertThat(
            pod("default", "other", container("i") + ", tolerations: [{operator: Exists}]")
                .message())
        .isEqualTo(
            "pods \"other\" is forbidden: pod tolerations (possibly merged with namespace default"
                + " tolerations) conflict with its namespace whitelist");
  }

  @Test
  void imagesAreAskedAbout() {
    assertThat(pod("default", "banned", container("banned")).message())
        .isEqualTo("pods \"banned\" is forbidden: one or more images rejected by webhook backend");
    assertThat(pod("default", "banned", container("banned:reason")).message())
        .isEqualTo(
            "pods \"banned\" is forbidden: image policy webhook backend denied one or more images:"
                + " too old");
    assertThat(pod("default", "unknown", container("garbage")).code())
        .as("no answer is no")
        .isEqualTo(403);
  }

  @Test
  void hardAntiAffinityIsOfNodes() {
    String affinity =
        ", affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution:"
            + " [{topologyKey: zone, labelSelector: {}}]}}";
    assertThat(pod("default", "far", container("i") + affinity).message())
        .isEqualTo(
            "pods \"far\" is forbidden: affinity.PodAntiAffinity.RequiredDuringScheduling has"
                + " TopologyKey zone but only key kubernetes.io/hostname is allowed");
  }

  @Test
  void servicesGetNoMoreExternalAddresses() {
    String services = "/api/v1/namespaces/default/services";
    String spec = "spec: {ports: [{port: 80}]";
    assertThat(
            api.post(services, "{metadata: {name: a}, " + spec + ", externalIPs: [10.1.1.1]}}")
                .message())
        .isEqualTo(
            "services \"a\" is forbidden: Use of external IPs is denied by admission control");
    api.post(services, "{metadata: {name: a}, " + spec + "}}").ok();
    assertThat(api.merge(services + "/a", "{spec: {externalIPs: [10.1.1.1]}}").code())
        .isEqualTo(403);
  }

  @Test
  void eventsThatComeTooFastAreRefused() {
    String events = "/api/v1/namespaces/default/events";
    String rest =
        "}, involvedObject: {kind: Pod, name: p, namespace: default}, reason: r, source: {component:"
            + " x}}";
    for (int i = 0; i < 2; i++) {
      api.post(events, "{metadata: {name: e" + i + rest).ok();
    }
    Answer third = api.post(events, "{metadata: {name: e3" + rest);
    assertThat(third.code()).isEqualTo(429);
    assertThat(third.message())
        .isEqualTo("limit reached on type SourceAndObject for key xPoddefaultp");
    assertThat(
            api.post(events, "{metadata: {name: other" + rest.replace("name: p", "name: q")).code())
        .isEqualTo(201);
  }

  @Test
  void someThingsAreHadByQuotaAlone() {
    String claim =
        "{metadata: {name: c}, spec: {storageClassName: costly, accessModes: [ReadWriteOnce],"
            + " resources: {requests: {storage: 1Gi}}}}";
    String claims = "/api/v1/namespaces/default/persistentvolumeclaims";
    assertThat(api.post(claims, claim).message())
        .isEqualTo(
            "persistentvolumeclaims \"c\" is forbidden: insufficient quota to consume:"
                + " costly.storageclass.storage.k8s.io/persistentvolumeclaims,"
                + "costly.storageclass.storage.k8s.io/requests.storage");
    api.post("/apis/scheduling.k8s.io/v1/priorityclasses", "{metadata: {name: high}, value: 9}")
        .ok();
    String high = container("i") + ", priorityClassName: high";
    assertThat(pod("default", "high", high).message())
        .isEqualTo(
            "pods \"high\" is forbidden: insufficient quota to match these scopes: [{PriorityClass"
                + " In [high]}]");
    String quotas = "/api/v1/namespaces/default/resourcequotas";
    api.post(
            quotas,
            "{metadata: {name: q}, spec: {hard: {pods: 1}, scopeSelector: {matchExpressions:"
                + " [{scopeName: PriorityClass, operator: In, values: [high]}]}}}")
        .ok();
    api.call(
            "PATCH",
            quotas + "/q/status",
            "application/merge-patch+json",
            "{\"status\": {\"hard\": {\"pods\": \"1\"}, \"used\": {\"pods\": \"0\"}}}")
        .ok();
    assertThat(pod("default", "high", high).code()).isEqualTo(201);
    assertThat(pod("default", "higher", high).message()).contains("exceeded quota: q");
  }

  @Test
  void whatComesIntoAQuotasScopeIsChargedInFull() {
    String base = "/api/v1/namespaces/moving/";
    api.post(
            base + "persistentvolumeclaims",
            "{metadata: {name: c}, spec: {volumeAttributesClassName: silver, accessModes:"
                + " [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}")
        .ok();
    String merge = "application/merge-patch+json";
    api.call(
            "PATCH",
            base + "persistentvolumeclaims/c/status",
            merge,
            "{\"status\": {\"phase\": \"Bound\"}}")
        .ok();
    api.post(
            base + "resourcequotas",
            "{metadata: {name: gold}, spec: {hard: {requests.storage: 3Gi}, scopeSelector:"
                + " {matchExpressions: [{scopeName: VolumeAttributesClass, operator: In, values:"
                + " [gold]}]}}}")
        .ok();
    api.call(
            "PATCH",
            base + "resourcequotas/gold/status",
            merge,
            "{\"status\": {\"hard\": {\"requests.storage\": \"3Gi\"},"
                + " \"used\": {\"requests.storage\": \"0\"}}}")
        .ok();
    api.merge(base + "persistentvolumeclaims/c", "{spec: {volumeAttributesClassName: gold}}").ok();
    assertThat(used(base)).isEqualTo("1Gi");
    api.merge(base + "persistentvolumeclaims/c", "{metadata: {labels: {a: b}}}").ok();
    assertThat(used(base)).as("nothing more").isEqualTo("1Gi");
    api.call(
            "PATCH",
            base + "persistentvolumeclaims/c/status",
            merge,
            "{\"status\": {\"allocatedResources\": {\"storage\": \"5Gi\"}}}")
        .ok();
    assertThat(used(base)).as("what its driver has allocated is not refused").isEqualTo("5Gi");
  }

  private static String used(String base) {
    return api.get(base + "resourcequotas/gold")
        .ok()
        .body()
        .at("/status/used")
        .path("requests.storage")
        .asText();
  }

  @Test
  void podSecurityHoldsWhereLabelsSayNothing() {
    String host = container("i") + ", hostNetwork: true";
    assertThat(pod("default", "host", host).message())
        .isEqualTo(
            "pods \"host\" is forbidden: violates PodSecurity \"baseline:latest\": host namespaces"
                + " (hostNetwork=true)");
    assertThat(pod("free", "host", host).code()).isEqualTo(201);
    api.post("/apis/node.k8s.io/v1/runtimeclasses", "{metadata: {name: sealed}, handler: runc}")
        .ok();
    assertThat(pod("default", "sealed", host + ", runtimeClassName: sealed").code()).isEqualTo(201);
    assertThat(
            api.merge(
                    "/api/v1/namespaces/free",
                    "{metadata: {labels: {pod-security.kubernetes.io/enforce: restricted}}}")
                .ok()
                .warnings())
        .singleElement()
        .asString()
        .contains(
            "is exempt from Pod Security, and the policy (enforce=restricted:latest,"
                + " audit=privileged:latest, warn=baseline:latest) will be ignored");
    assertThat(
            server
                .meters()
                .get("pod_security_evaluations_total")
                .tags("decision", "deny", "policy_level", "baseline", "mode", "enforce")
                .counter()
                .count())
        .isPositive();
    assertThat(
            server
                .meters()
                .get("pod_security_exemptions_total")
                .tags("resource", "pod", "request_operation", "create")
                .counter()
                .count())
        .isPositive();
  }

  @Test
  void namesThatAreNoneAreSaid() {
    assertThatThrownBy(() -> start(Set.of("PodNodeSelectors"), Set.of()))
        .hasMessageContaining(
            "enable-admission-plugins plugin \"PodNodeSelectors\" is unknown; known are");
    assertThatThrownBy(() -> start(Set.of("LimitRanger"), Set.of("LimitRanger")))
        .hasMessageContaining(
            "[LimitRanger] in enable-admission-plugins and disable-admission-plugins overlapped");
    assertThatThrownBy(() -> start(Set.of("EventRateLimit"), Set.of()))
        .hasMessageContaining("the admission plugin EventRateLimit needs limits");
  }

  private static void start(Set<String> enabled, Set<String> disabled) throws Exception {
    Path own = Files.createTempDirectory(dir, "other");
    new TestServer(
            own,
            new MemoryStore(),
            SecurityOptions.DEFAULT.withAdmission(
                new AdmissionOptions(enabled, disabled, null, 1, 1)))
        .close();
  }
}
