package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static dev.coracle.system.conformance.WebhookService.CREATE_MAPS;
import static dev.coracle.system.conformance.WebhookService.disallowed;
import static dev.coracle.system.conformance.WebhookService.hook;
import static dev.coracle.system.conformance.WebhookService.map;
import static dev.coracle.system.conformance.WebhookService.plural;
import static dev.coracle.system.conformance.WebhookService.rule;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.system.Shell;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Admission by a webhook in a pod behind a Service, as Kubernetes' own tests have it. The
 * configurations concern the namespace of one test alone.
 */
@Conformance
class WebhookIT {

  private static final String START = "data: {mutation-start: 'yes'}";
  private static final String STAGES =
      "{mutation-start: 'yes', mutation-stage-1: 'yes', mutation-stage-2: 'yes'}";

  private static WebhookService webhook;

  @BeforeAll
  static void deploy(Space space) {
    webhook = WebhookService.deploy(space);
  }

  private static TestPod labelled(String name, String value) {
    return new TestPod(name)
        .meta("{labels: {%s: %s}}".formatted(SampleWebhook.KEY, value))
        .container("{name: %s}".formatted(value));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should be able to deny pod"
          + " and configmap creation [Conformance]")
  void denies(Space space) {
    String skip =
        ", matchExpressions: [{key: skip-webhook-admission, operator: NotIn, values: ['yes']}]";
    webhook.register(
        space,
        "Validating",
        webhook
            .hook(space, "deny-pod", "/pods", rule("CREATE", "\"\"", "v1", "pods"), "")
            .replaceFirst("}$", ", timeoutSeconds: 3}"),
        webhook.hook(
            space,
            "deny-configmap",
            "/configmaps",
            rule("CREATE, UPDATE, DELETE", "\"\"", "v1", "configmaps"),
            skip),
        hook("fail-open", webhook.untrusted("/configmaps"), CREATE_MAPS)
            + ", failurePolicy: Ignore, namespaceSelector: {matchLabels: {%s: 'true'}}}"
                .formatted(space.namespace()));
    Reply pod = space.tryCreate(labelled("disallowed-pod", SampleWebhook.DISALLOWED).json());
    assertThat(pod.refused(400).path("message").asText())
        .contains("the pod contains unwanted container name", "the pod contains unwanted label");
    Reply hanging = space.tryCreate(labelled("hanging-pod", "wait-forever").json());
    assertThat(hanging.message()).contains("webhook", "deadline");
    assertThat(hanging.code()).isGreaterThanOrEqualTo(400);
    assertThat(space.api().get(space.path("pods", "hanging-pod")).code()).isEqualTo(404);

    String words = "the configmap contains unwanted key and value";
    assertThat(space.tryCreate(map("disallowed-configmap", disallowed())).message())
        .contains(words);
    space.create(map("allowed-configmap", "data: {admit: this}"));
    ObjectNode changed = (ObjectNode) space.get("configmaps", "allowed-configmap");
    changed.withObject("/data").put(SampleWebhook.KEY, SampleWebhook.DISALLOWED);
    assertThat(space.tryUpdate(changed, "").message()).contains(words);
    assertThat(
            space
                .tryPatch(
                    space.path("configmaps", "allowed-configmap"),
                    "application/strategic-merge-patch+json",
                    "{" + disallowed() + "}")
                .message())
        .contains(words);
    Space skipped = space.another();
    space.merge(
        "namespaces",
        skipped.namespace(),
        "{metadata: {labels: {skip-webhook-admission: 'yes', %s: 'true'}}}"
            .formatted(space.namespace()));
    skipped.create(map("disallowed-configmap", disallowed()));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should be able to deny"
          + " attaching pod [Conformance]")
  void deniesAttaching(Space space) {
    webhook.register(
        space,
        "Validating",
        webhook.hook(
            space,
            "deny-attaching-pod",
            "/pods/attach",
            rule("CONNECT", "\"\"", "v1", "pods/attach"),
            ""));
    space.start(TestPod.sleeping("to-be-attached-pod").container("{name: container1}"));
    Shell.Result attached =
        space.kubectl().attempt("", "attach", "to-be-attached-pod", "-i", "-c=container1");
    assertThat(attached.exitCode()).isNotZero();
    assertThat(attached.all()).contains("attaching to pod 'to-be-attached-pod' is not allowed");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should mutate configmap"
          + " [Conformance]")
  void mutatesConfigMaps(Space space) {
    webhook.register(
        space,
        "Mutating",
        webhook.hook(space, "stage-1", "/mutating-configmaps", CREATE_MAPS, ""),
        webhook.hook(space, "stage-2", "/mutating-configmaps", CREATE_MAPS, ""));
    assertThat(space.create(map("to-be-mutated", START)).path("data"))
        .isEqualTo(
            Manifest.parse(
                "{mutation-start: 'yes', mutation-stage-1: 'yes', mutation-stage-2: 'yes'}"));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should mutate everything"
          + " except 'skip-me' configmaps [Conformance]")
  void matchConditions(Space space) {
    webhook.register(
        space,
        "Mutating",
        webhook
            .hook(space, "adding-configmap-data", "/mutating-configmaps", CREATE_MAPS, "")
            .replaceFirst(
                "}$",
                ", matchConditions: [{name: skip-me, expression: \"object.metadata.name !="
                    + " 'skip-me'\"}]}"));
    assertThat(space.create(map("some-map", START)).path("data"))
        .isEqualTo(Manifest.parse("{mutation-start: 'yes', mutation-stage-1: 'yes'}"));
    assertThat(space.create(map("skip-me", START)).path("data"))
        .isEqualTo(Manifest.parse("{mutation-start: 'yes'}"));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should mutate pod and apply"
          + " defaults after mutation [Conformance]")
  void mutatesPods(Space space) {
    webhook.register(
        space,
        "Mutating",
        webhook.hook(
            space,
            "adding-init-container",
            "/mutating-pods",
            rule("CREATE", "\"\"", "v1", "pods"),
            ""));
    JsonNode containers =
        space.create(TestPod.sleeping("webhook-to-be-mutated").json()).at("/spec/initContainers");
    assertThat(containers).hasSize(1);
    assertThat(text(containers, "/0/name")).isEqualTo("webhook-added-init-container");
    assertThat(text(containers, "/0/terminationMessagePolicy")).isEqualTo("File");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should unconditionally"
          + " reject operations on fail closed webhook [Conformance]")
  void failsClosed(Space space) {
    webhook.register(
        space,
        "Validating",
        hook("fail-closed", webhook.untrusted("/configmaps"), CREATE_MAPS)
            + (", failurePolicy: Fail, namespaceSelector: {matchLabels: {%s: 'true'},"
                    + " matchExpressions: [{key: fail-closed-webhook, operator: In, values:"
                    + " ['yes']}]}}")
                .formatted(space.namespace()));
    String failing = space.namespace() + "-failing";
    space.create(
        "{apiVersion: v1, kind: Namespace, metadata: {name: %s, labels: {fail-closed-webhook: 'yes', %s: 'true'}}}"
            .formatted(failing, space.namespace()));
    space.atEnd(
        () -> space.api().send("DELETE", "/api/v1/namespaces/" + failing, "", "", Map.of()));
    JsonNode refused =
        space
            .tryCreate(
                "{apiVersion: v1, kind: ConfigMap, metadata: {name: foo, namespace: %s}}"
                    .formatted(failing))
            .refused(500);
    assertThat(text(refused, "/reason")).isEqualTo("InternalError");
    space.create(map("foo", "data: {}"));
  }

  /** Asks the webhook that takes five seconds about config maps with the hook's name. */
  private static String slow(Space space, String name, String more) {
    return webhook
        .hook(space, name, SampleWebhook.SLOW, CREATE_MAPS, "")
        .replaceFirst(
            "}$", ", objectSelector: {matchLabels: {slow: %s}}, %s}".formatted(name, more));
  }

  private static Reply createSlow(Space space, String name) {
    return space.tryCreate(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: %s, labels: {slow: %1$s}}}"
            .formatted(name));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should honor timeout"
          + " [Conformance]")
  void timesOut(Space space) {
    webhook.register(
        space,
        "Validating",
        slow(space, "early", "failurePolicy: Fail, timeoutSeconds: 1"),
        slow(space, "ignored", "failurePolicy: Ignore, timeoutSeconds: 1"),
        slow(space, "longer", "failurePolicy: Fail, timeoutSeconds: 10"),
        slow(space, "unset", "failurePolicy: Fail"));
    assertThat(text(createSlow(space, "early").refused(500), "/message"))
        .contains(SampleWebhook.SLOW + "?timeout=1s")
        .contains("context deadline exceeded");
    for (String name : List.of("ignored", "longer", "unset")) {
      createSlow(space, name).ok();
    }
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should not be able to mutate"
          + " or prevent deletion of webhook configuration objects [Conformance]")
  void leavesConfigurationsAlone(Space space) {
    String resources = "validatingwebhookconfigurations, mutatingwebhookconfigurations";
    String group = "admissionregistration.k8s.io";
    webhook.register(
        space,
        "Validating",
        webhook.hook(
            space,
            "deny-webhook-configuration-deletions",
            "/always-deny",
            rule("DELETE", group, "'*'", resources),
            ""));
    webhook.register(
        space,
        "Mutating",
        webhook.hook(
            space,
            "add-label-to-webhook-configurations",
            "/add-label",
            rule("CREATE", group, "'*'", resources),
            ""));
    String dummy =
        webhook
            .hook(space, "dummy", "/none", rule("CREATE", "\"\"", "v1", "invalid"), "")
            .replaceFirst("}$", ", failurePolicy: Ignore}");
    for (String kind : List.of("Validating", "Mutating")) {
      String name = "dummy-" + Space.unique();
      JsonNode created = WebhookService.create(space, kind, name, List.of(dummy));
      assertThat(created.at("/metadata/labels").has("added-label")).isFalse();
      space.delete(plural(kind), name);
      assertThat(space.api().get(space.path(plural(kind), name)).code()).isEqualTo(404);
    }
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should be able to deny custom"
          + " resource creation, update and deletion [Conformance]")
  void deniesCustomResources(Space space) {
    CustomKind custom = twoVersions(space, CustomKind.ANYTHING);
    webhook.register(
        space,
        "Validating",
        webhook.hook(
            space,
            "deny-custom-resource",
            "/custom-resource",
            rule("CREATE, UPDATE, DELETE", custom.group, "v1, v2", custom.plural),
            ""));
    String words = "the custom resource contains unwanted data";
    assertThat(custom.tryCreate(custom.object("one", disallowed()), "").message()).contains(words);
    JsonNode two =
        custom.create("two", "data: {%s: webhook-nondeletable}".formatted(SampleWebhook.KEY));
    String path = custom.path() + "/two";
    ObjectNode changed = two.deepCopy();
    changed.withObject("/data").put(SampleWebhook.KEY, SampleWebhook.DISALLOWED);
    assertThat(space.send("PUT", path, changed).message()).contains(words);
    assertThat(space.api().send("DELETE", path, "", "", Map.of()).message())
        .contains(
            "the custom resource cannot be deleted because it contains unwanted key and value");
    changed.withObject("/data").put(SampleWebhook.KEY, "webhook-allow");
    space.send("PUT", path, changed).ok();
    space.api().send("DELETE", path, "", "", Map.of()).ok();
    assertThat(space.api().get(path).code()).isEqualTo(404);
  }

  private static CustomKind twoVersions(Space space, String schema) {
    String version = "{name: %s, served: true, storage: %s, schema: {openAPIV3Schema: %s}}";
    return CustomKind.create(
        space,
        "g" + Space.unique() + ".example.com",
        "foo" + Space.unique(),
        version.formatted("v1", true, schema) + ", " + version.formatted("v2", false, schema));
  }

  private static void registerStages(Space space, CustomKind custom) {
    String path = "/mutating-custom-resource";
    webhook.register(
        space,
        "Mutating",
        webhook.hook(
            space,
            "stage-1",
            path,
            rule("CREATE, UPDATE", custom.group, "v1, v2", custom.plural),
            ""),
        webhook.hook(
            space, "stage-2", path, rule("CREATE", custom.group, "v1, v2", custom.plural), ""));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should mutate custom resource"
          + " [Conformance]")
  void mutatesCustomResources(Space space) {
    CustomKind custom = twoVersions(space, CustomKind.ANYTHING);
    registerStages(space, custom);
    assertThat(custom.create("one", START).path("data")).isEqualTo(Manifest.parse(STAGES));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should mutate custom resource"
          + " with different stored version [Conformance]")
  void mutatesOverVersions(Space space) {
    CustomKind custom = twoVersions(space, CustomKind.ANYTHING);
    registerStages(space, custom);
    custom.create("one", START);
    String version = "{name: %s, served: true, storage: %s, schema: {openAPIV3Schema: %s}}";
    space.strategic(
        "customresourcedefinitions.apiextensions.k8s.io",
        custom.definition(),
        "{spec: {versions: [%s, %s]}}"
            .formatted(
                version.formatted("v1", false, CustomKind.ANYTHING),
                version.formatted("v2", true, CustomKind.ANYTHING)));
    JsonNode patched =
        space
            .api()
            .send(
                "PATCH",
                custom.path("v2") + "/one",
                "application/json-patch+json",
                "[{\"op\": \"add\", \"path\": \"/dummy\", \"value\": \"test\"}]",
                Map.of())
            .ok();
    assertThat(patched.path("data")).isEqualTo(Manifest.parse(STAGES));
    assertThat(text(patched, "/dummy")).isEqualTo("test");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should mutate custom resource"
          + " with pruning [Conformance]")
  void prunesWhatWasAdded(Space space) {
    CustomKind custom =
        twoVersions(
            space,
            "{type: object, properties: {data: {type: object, properties: {mutation-start: {type:"
                + " string}, mutation-stage-1: {type: string}}}}}");
    registerStages(space, custom);
    assertThat(custom.create("one", START).path("data"))
        .isEqualTo(Manifest.parse("{mutation-start: 'yes', mutation-stage-1: 'yes'}"));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should deny crd creation"
          + " [Conformance]")
  void deniesDefinitions(Space space) {
    webhook.register(
        space,
        "Validating",
        hook(
                "deny-crd-with-unwanted-label",
                webhook.client("/crd"),
                rule("CREATE", "apiextensions.k8s.io", "'*'", "customresourcedefinitions"))
            + ", objectSelector: {matchLabels: {%s: 'true'}}}".formatted(space.namespace()));
    String group = "g" + Space.unique() + ".example.com";
    Reply refused =
        space.tryCreate(
            """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: denieds.%s, labels: {%s: 'true', %s: %s}}
            spec:
              group: %1$s
              scope: Namespaced
              names: {plural: denieds, singular: denied, kind: Denied, listKind: DeniedList}
              versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: %s}}]
            """
                .formatted(
                    group,
                    space.namespace(),
                    SampleWebhook.KEY,
                    SampleWebhook.DISALLOWED,
                    CustomKind.ANYTHING));
    assertThat(refused.message()).contains("the crd contains unwanted label");
    assertThat(
            space
                .api()
                .get(
                    space.path(
                        "customresourcedefinitions.apiextensions.k8s.io", "denieds." + group))
                .code())
        .isEqualTo(404);
  }

  /** A v1, which is stored, and a v2 that the webhook makes of it, as soon as it does. */
  private static CustomKind converted(Space space) {
    CustomKind custom = twoVersions(space, CustomKind.ANYTHING);
    space.merge(
        "customresourcedefinitions.apiextensions.k8s.io",
        custom.definition(),
        "{spec: {conversion: {strategy: Webhook, webhook: {conversionReviewVersions: [v1, v1beta1], clientConfig: %s}}}}"
            .formatted(webhook.client("/crdconvert")));
    ObjectNode stub = Manifest.parse(custom.object("stub", ""));
    stub.put("apiVersion", custom.group + "/v2");
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> space.send("POST", custom.path("v2"), stub).code() == 201);
    space.api().send("DELETE", custom.path("v2") + "/stub", "", "", Map.of()).ok();
    return custom;
  }

  private static void isV1(CustomKind custom, JsonNode object) {
    assertThat(text(object, "/apiVersion")).isEqualTo(custom.group + "/v1");
    assertThat(text(object, "/hostPort")).isEqualTo("localhost:8080");
    assertThat(object.has("host") || object.has("port")).isFalse();
  }

  private static void isV2(CustomKind custom, JsonNode object) {
    assertThat(text(object, "/apiVersion")).isEqualTo(custom.group + "/v2");
    assertThat(text(object, "/host")).isEqualTo("localhost");
    assertThat(text(object, "/port")).isEqualTo("8080");
    assertThat(object.has("hostPort")).isFalse();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourceConversionWebhook [Privileged:ClusterAdmin] should be able"
          + " to convert from CR v1 to CR v2 [Conformance]")
  void converts(Space space) {
    CustomKind custom = converted(space);
    custom.create("one", "hostPort: 'localhost:8080'");
    isV2(custom, space.api().get(custom.path("v2") + "/one").ok());
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] CustomResourceConversionWebhook [Privileged:ClusterAdmin] should be able"
          + " to convert a non homogeneous list of CRs [Conformance]")
  void convertsLists(Space space) {
    CustomKind custom = converted(space);
    custom.create("one", "hostPort: 'localhost:8080'");
    JsonNode stored =
        space.edit(
            "customresourcedefinitions.apiextensions.k8s.io",
            custom.definition(),
            d -> {
              for (JsonNode version : d.at("/spec/versions")) {
                ((ObjectNode) version).put("storage", text(version, "/name").equals("v2"));
              }
            });
    assertThat(stored.at("/status/storedVersions").toString()).isEqualTo("[\"v1\",\"v2\"]");
    custom.create("two", "hostPort: 'localhost:8080'");
    for (String version : List.of("v1", "v2")) {
      List<JsonNode> all = Space.items(space.api().get(custom.path(version)).ok());
      assertThat(all).extracting(o -> text(o, "/metadata/name")).containsExactly("one", "two");
      for (JsonNode object : all) {
        if (version.equals("v1")) {
          isV1(custom, object);
        } else {
          isV2(custom, object);
        }
      }
    }
  }
}
