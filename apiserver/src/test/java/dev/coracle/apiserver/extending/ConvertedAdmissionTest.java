package dev.coracle.apiserver.extending;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.TestApi;
import dev.coracle.apiserver.TestApi.Answer;
import dev.coracle.apiserver.TestServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Webhooks and policies that ask for one version of a custom resource see requests in another one
 * too ({@code matchPolicy: Equivalent}), converted by the resource's own webhook, and what they
 * change comes back the same way.
 */
class ConvertedAdmissionTest {

  private static final String CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  private static final String GROUP = "/apis/admissionregistration.k8s.io/v1/";
  private static final String V1 = "/apis/conv.example.com/v1/namespaces/default/places";

  @TempDir static Path dir;
  private static TestServer server;
  private static TestApi api;
  private static WebhookServer hooks;
  private static final AtomicBoolean BROKEN = new AtomicBoolean();

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer(dir);
    api = new TestApi(server);
    hooks = new WebhookServer(server.vertx(), server.pki());
    api.post(
            CRDS,
            """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: places.conv.example.com}
            spec:
              group: conv.example.com
              scope: Namespaced
              names: {plural: places, kind: Place, singular: place, listKind: PlaceList}
              conversion:
                strategy: Webhook
                webhook: {conversionReviewVersions: [v1], clientConfig: CLIENT}
              versions:
              - name: v1
                served: true
                storage: true
                schema:
                  openAPIV3Schema: {type: object, properties: {hostPort: {type: string}}}
              - name: v2
                served: true
                storage: false
                schema:
                  openAPIV3Schema:
                    {type: object, properties: {host: {type: string}, port: {type: string}}}
            """
                .replace("CLIENT", hooks.on("/convert", ConvertedAdmissionTest::convert)))
        .ok();
    await().atMost(Duration.ofSeconds(30)).until(() -> api.get(V1).code() == 200);
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private static ObjectNode convert(JsonNode asked) {
    ObjectNode out = Json.object();
    if (BROKEN.get()) {
      out.putObject("result").put("status", "Failure").put("message", "can not");
      return out;
    }
    out.putObject("result").put("status", "Success");
    String wanted = asked.path("desiredAPIVersion").asText();
    for (JsonNode object : asked.path("objects")) {
      ObjectNode copy = object.deepCopy();
      copy.put("apiVersion", wanted);
      if (wanted.endsWith("v2")) {
        String[] both = copy.path("hostPort").asText().split(":");
        copy.remove("hostPort");
        copy.put("host", both[0]).put("port", both[1]);
      } else {
        copy.put("hostPort", copy.path("host").asText() + ":" + copy.path("port").asText());
        copy.remove(List.of("host", "port"));
      }
      out.withArrayProperty("convertedObjects").add(copy);
    }
    return out;
  }

  private static String place(String name, String hostPort) {
    return "{apiVersion: conv.example.com/v1, kind: Place, metadata: {name: "
        + name
        + "}, hostPort: \""
        + hostPort
        + "\"}";
  }

  private static void register(String kind, String name, String client) {
    api.post(
            GROUP + kind.toLowerCase(java.util.Locale.ROOT) + "webhookconfigurations",
            "{apiVersion: admissionregistration.k8s.io/v1, kind: "
                + kind
                + "WebhookConfiguration, metadata: {name: "
                + name
                + "}, webhooks: [{name: "
                + name
                + ".example.com, clientConfig: "
                + client
                + ", sideEffects: None, admissionReviewVersions: [v1], rules: [{apiGroups:"
                + " [conv.example.com], apiVersions: [v2], operations: [CREATE, UPDATE], resources:"
                + " [places]}], matchConditions: [{name: asked, expression: \"object.port !="
                + " 'unasked'\"}]}]}")
        .ok();
  }

  private static JsonNode created(String name, String hostPort, String wanted) {
    Answer[] last = new Answer[1];
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          last[0] = api.post(V1 + "?dryRun=All", place(name, hostPort)).ok();
          assertThat(last[0].body().path("hostPort").asText()).isEqualTo(wanted);
        });
    return last[0].body();
  }

  private static Answer refused(String name, String hostPort) {
    Answer[] last = new Answer[1];
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          last[0] = api.post(V1 + "?dryRun=All", place(name, hostPort));
          return last[0].code() != 201;
        });
    return last[0];
  }

  @Test
  void webhooksSeeAndChangeTheVersionTheyAskFor() {
    register(
        "Mutating",
        "moves",
        hooks.on(
            "/moves",
            asked ->
                asked.path("object").path("port").asText().equals("80")
                    ? WebhookServer.patch(
                        "[{\"op\":\"replace\",\"path\":\"/port\",\"value\":\"8080\"},"
                            + "{\"op\":\"add\",\"path\":\"/metadata/labels\",\"value\":{\"m\":\"y\"}}]")
                    : WebhookServer.allow()));
    JsonNode moved = created("a", "here:80", "here:8080");
    assertThat(moved.path("apiVersion").asText()).isEqualTo("conv.example.com/v1");
    assertThat(moved.at("/metadata/labels/m").asText()).isEqualTo("y");

    register(
        "Validating",
        "judges",
        hooks.on(
            "/judges",
            asked ->
                asked.path("object").path("host").asText().equals("bad")
                    ? WebhookServer.deny("no bad hosts")
                    : WebhookServer.allow()));
    assertThat(refused("b", "bad:80").message()).endsWith("denied the request: no bad hosts");
    JsonNode seen = hooks.seen("/judges").getLast();
    assertThat(seen.at("/kind/version").asText()).isEqualTo("v2");
    assertThat(seen.at("/requestKind/version").asText()).isEqualTo("v1");
    assertThat(seen.at("/object/apiVersion").asText()).isEqualTo("conv.example.com/v2");
    assertThat(seen.at("/object/port").asText()).as("after the change").isEqualTo("8080");

    int before = hooks.seen("/judges").size();
    api.post(V1 + "?dryRun=All", place("c", "bad:unasked")).ok();
    assertThat(hooks.seen("/judges")).as("its condition does not hold").hasSize(before);

    api.post(V1, place("d", "here:1")).ok();
    api.merge(V1 + "/d", "{hostPort: \"there:2\"}").ok();
    JsonNode update = hooks.seen("/judges").getLast();
    assertThat(update.at("/oldObject/host").asText()).isEqualTo("here");
    assertThat(update.at("/object/host").asText()).isEqualTo("there");

    BROKEN.set(true);
    try {
      Answer failed = api.post(V1 + "?dryRun=All", place("e", "here:3"));
      assertThat(failed.code()).isEqualTo(500);
      assertThat(failed.message())
          .isEqualTo(
              "Internal error occurred: conversion webhook for conv.example.com/v1, Kind=Place"
                  + " failed: can not");
    } finally {
      BROKEN.set(false);
    }
    api.delete(GROUP + "mutatingwebhookconfigurations").ok();
    api.delete(GROUP + "validatingwebhookconfigurations").ok();
    created("settled", "bad:80", "bad:80");
  }

  @Test
  void policiesSeeAndChangeTheVersionTheyAskFor() {
    String rules =
        """
        matchConstraints:
          resourceRules:
          - {apiGroups: [conv.example.com], apiVersions: [v2], operations: [CREATE], resources: [places]}
        """;
    policy(
        "MutatingAdmissionPolicy",
        "ports",
        rules
            + """
            reinvocationPolicy: Never
            mutations:
            - patchType: JSONPatch
              jsonPatch:
                expression: >
                  [JSONPatch{op: "replace", path: "/port", value: object.port + "9"}]
            - patchType: ApplyConfiguration
              applyConfiguration:
                expression: 'Object{host: object.host + "-" + object.port}'
            """,
        "policyName: ports");
    created("p", "policy:1", "policy-19:19");
    policy(
        "ValidatingAdmissionPolicy",
        "hosts",
        rules
            + """
            validations:
            - expression: "object.host != 'never-79'"
              message: never
            """,
        "policyName: hosts\nvalidationActions: [Deny]");
    Answer refusal = refused("p", "never:7");
    assertThat(refusal.code()).isEqualTo(422);
    assertThat(refusal.message()).endsWith("denied request: never");
    for (String kind : List.of("mutating", "validating")) {
      api.delete(GROUP + kind + "admissionpolicybindings").ok();
      api.delete(GROUP + kind + "admissionpolicies").ok();
    }
    created("settled", "never:7", "never:7");
  }

  private static void policy(String kind, String name, String spec, String binding) {
    String path = GROUP + kind.toLowerCase(java.util.Locale.ROOT);
    api.post(path.substring(0, path.length() - 1) + "ies", object(kind, name, spec)).ok();
    api.post(path + "bindings", object(kind + "Binding", name, binding)).ok();
  }

  private static String object(String kind, String name, String spec) {
    return "apiVersion: admissionregistration.k8s.io/v1\nkind: "
        + kind
        + "\nmetadata: {name: "
        + name
        + "}\nspec:\n"
        + spec.strip().indent(2);
  }
}
