package dev.coracle.apiserver.extending;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.apiserver.OwnServer;
import dev.coracle.apiserver.TestApi;
import dev.coracle.apiserver.TestApi.Answer;
import dev.coracle.apiserver.TestServer;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Validating and mutating admission policies, over HTTPS. */
@ExtendWith(OwnServer.class)
class AdmissionPolicyTest {

  private static final String GROUP = "/apis/admissionregistration.k8s.io/v1/";
  private static final String DEPLOYMENTS =
      "/apis/apps/v1/namespaces/default/deployments?dryRun=All";
  private static final String SETS = DEPLOYMENTS.replace("deployments", "replicasets");
  private static final String MAPS = "/api/v1/namespaces/default/configmaps";

  private static TestApi api;
  private static TestServer server;

  @BeforeAll
  static void start(TestServer own, TestApi ofOwnServer) {
    server = own;
    api = ofOwnServer;
  }

  @AfterEach
  void forget() {
    for (String kind : new String[] {"validating", "mutating"}) {
      api.delete(GROUP + kind + "admissionpolicybindings").ok();
      api.delete(GROUP + kind + "admissionpolicies").ok();
    }
  }

  private static String policy(String kind, String name, String spec) {
    return "apiVersion: admissionregistration.k8s.io/v1\nkind: "
        + kind
        + "\nmetadata: {name: "
        + name
        + "}\nspec:\n"
        + spec.indent(2);
  }

  private static void validating(String name, String spec, String binding) {
    api.post(GROUP + "validatingadmissionpolicies", policy("ValidatingAdmissionPolicy", name, spec))
        .ok();
    api.post(
            GROUP + "validatingadmissionpolicybindings",
            policy(
                "ValidatingAdmissionPolicyBinding",
                name + "-binding",
                "policyName: " + name + "\n" + binding))
        .ok();
  }

  private static String deployment(int replicas, String annotations) {
    return "{metadata: {name: d, annotations: {"
        + annotations
        + "}}, spec: {replicas: "
        + replicas
        + ", selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec:"
        + " {containers: [{name: c, image: i}]}}}}";
  }

  private static Answer until(int code, String path, String body) {
    Answer[] last = new Answer[1];
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          last[0] = api.post(path, body);
          return last[0].code() == code;
        });
    return last[0];
  }

  private static final String DEPLOYMENT_RULES =
      """
      matchConstraints:
        resourceRules:
        - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}
      """;

  @Test
  @DisplayName(
      "[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should validate"
          + " against a Deployment [Conformance]")
  void validatesDeployments() {
    validating(
        "replicas",
        DEPLOYMENT_RULES
            + """
            validations:
            - expression: "object.spec.replicas > 1"
              messageExpression: "'wants more than ' + string(object.spec.replicas)"
            - expression: "namespaceObject.metadata.name == 'default'"
              message: wrong namespace
            """,
        "validationActions: [Deny]");
    Answer denied = until(422, DEPLOYMENTS, deployment(1, ""));
    assertThat(denied.message())
        .isEqualTo(
            "deployments.apps \"d\" is forbidden: ValidatingAdmissionPolicy 'replicas' with"
                + " binding 'replicas-binding' denied request: wants more than 1");
    assertThat(denied.body().path("reason").asText()).isEqualTo("Invalid");
    api.post(DEPLOYMENTS, deployment(2, "")).ok();
    api.post(SETS, deployment(1, "")).ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          JsonNode status =
              api.get(GROUP + "validatingadmissionpolicies/replicas").body().path("status");
          assertThat(status.path("observedGeneration").asLong()).isEqualTo(1);
          assertThat(status.path("typeChecking").isObject()).isTrue();
          assertThat(status.path("typeChecking").has("expressionWarnings")).isFalse();
        });
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should allow"
          + " expressions to refer variables. [Conformance]")
  void variables() {
    validating(
        "variables",
        DEPLOYMENT_RULES
            + """
            variables:
            - {name: replicas, expression: object.spec.replicas}
            - {name: oddReplicas, expression: variables.replicas % 2 == 1}
            - {name: never, expression: object.spec.missing}
            validations:
            - {expression: variables.replicas > 1, reason: Forbidden}
            - {expression: variables.oddReplicas}
            """,
        "validationActions: [Deny]");
    assertThat(until(403, DEPLOYMENTS, deployment(1, "")).message())
        .endsWith("denied request: failed expression: variables.replicas > 1");
    assertThat(api.post(DEPLOYMENTS, deployment(2, "")).message())
        .endsWith("failed expression: variables.oddReplicas");
    api.post(DEPLOYMENTS, deployment(3, "")).ok();
    api.post(SETS, deployment(1, "")).ok();
  }

  /** As upstream's test has it: a message that cannot be made, and a selector of namespaces. */
  @Test
  void aMessageThatFailsIsTheExpression() {
    String namespaces = "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}";
    validating(
        "confused",
        DEPLOYMENT_RULES
            + "  "
            + namespaces
            + """

            validations:
            - expression: object.spec.replicas > 1
              messageExpression: "'wants replicas > 1, got ' + object.spec.replicas"
            """,
        "validationActions: [Deny]\nmatchResources: {" + namespaces + "}");
    assertThat(until(422, DEPLOYMENTS, deployment(1, "")).message())
        .endsWith("denied request: failed expression: object.spec.replicas > 1");
    api.post(DEPLOYMENTS.replace("/default/", "/kube-public/"), deployment(1, "")).ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(
                    api.get(GROUP + "validatingadmissionpolicies/confused")
                        .body()
                        .at("/status/typeChecking/expressionWarnings")
                        .toString())
                .contains(
                    "spec.validations[0].messageExpression",
                    "found no matching overload for '_+_' applied to '(string, int)'"));
  }

  /** A policy about questions could keep everybody out. */
  @Test
  void questionsAreNoPolicysBusiness() {
    validating(
        "nothing",
        """
        matchConstraints:
          resourceRules:
          - {apiGroups: ['*'], apiVersions: ['*'], operations: [CREATE], resources: [deployments, subjectaccessreviews, tokenreviews]}
        validations: [{expression: 'false'}]
        """,
        "validationActions: [Deny]");
    until(422, DEPLOYMENTS, deployment(1, ""));
    api.post(
            "/apis/authorization.k8s.io/v1/subjectaccessreviews",
            "{spec: {user: u, resourceAttributes: {verb: get, resource: pods}}}")
        .ok();
    api.post("/apis/authentication.k8s.io/v1/tokenreviews", "{spec: {token: t}}").ok();
  }

  @Test
  void typesAreCheckedAndErrorsRefuse() {
    validating(
        "typos",
        DEPLOYMENT_RULES + "validations: [{expression: object.spec.replicaz > 1}]",
        "validationActions: [Deny]");
    assertThat(until(422, DEPLOYMENTS, deployment(1, "")).message())
        .endsWith("expression 'object.spec.replicaz > 1' resulted in error: no such key: replicaz");
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(
                    api.get(GROUP + "validatingadmissionpolicies/typos")
                        .body()
                        .path("status")
                        .path("typeChecking")
                        .path("expressionWarnings")
                        .toString())
                .contains("spec.validations[0].expression", "undefined field 'replicaz'"));
    assertThat(
            api.post(
                    GROUP + "validatingadmissionpolicies",
                    policy(
                        "ValidatingAdmissionPolicy",
                        "bad",
                        DEPLOYMENT_RULES + "validations: [{expression: object.x >}]"))
                .message())
        .contains(
            "spec.validations[0].expression: Invalid value: \"object.x >\": compilation failed:"
                + " ERROR:");
  }

  @Test
  void warningsParametersAndConditions() {
    api.post(MAPS, "{metadata: {name: limits, labels: {kind: limit}}, data: {max: \"3\"}}").ok();
    validating(
        "limited",
        DEPLOYMENT_RULES
            + """
            paramKind: {apiVersion: v1, kind: ConfigMap}
            matchConditions:
            - {name: not-exempt, expression: "!('exempt' in object.metadata.?annotations.orValue({}))"}
            - {name: may, expression: "authorizer.group('').resource('secrets').namespace('default').check('get').allowed()"}
            validations:
            - {expression: "object.spec.replicas <= int(params.data.max)", message: too many}
            auditAnnotations: [{key: seen, valueExpression: "'replicas %d'.format([object.spec.replicas])"}]
            """,
        "validationActions: [Warn, Audit]\nparamRef: {selector: {matchLabels: {kind: limit}},"
            + " parameterNotFoundAction: Deny}");
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(api.post(DEPLOYMENTS, deployment(4, "")).ok().warnings())
                .containsExactly(
                    "299 - \"Validation failed for ValidatingAdmissionPolicy 'limited' with binding"
                        + " 'limited-binding': too many\""));
    assertThat(api.post(DEPLOYMENTS, deployment(4, "exempt: x")).ok().warnings()).isEmpty();
    assertThat(api.post(DEPLOYMENTS, deployment(3, "")).ok().warnings()).isEmpty();
    api.delete(MAPS + "/limits").ok();
    Answer refused = until(422, DEPLOYMENTS, deployment(3, ""));
    assertThat(refused.message())
        .as("whatever the binding's actions are")
        .endsWith(
            "denied request: failed to configure binding: no params found for policy binding with"
                + " `Deny` parameterNotFoundAction");
    assertThat(refused.warnings()).isEmpty();
    api.delete(GROUP + "validatingadmissionpolicybindings/limited-binding").ok();
    until(201, DEPLOYMENTS, deployment(3, ""));
  }

  private static void mutating(String name, String spec) {
    api.post(
            GROUP + "mutatingadmissionpolicies",
            policy(
                "MutatingAdmissionPolicy",
                name,
                DEPLOYMENT_RULES + "reinvocationPolicy: Never\n" + spec))
        .ok();
    api.post(
            GROUP + "mutatingadmissionpolicybindings",
            policy("MutatingAdmissionPolicyBinding", name + "-binding", "policyName: " + name))
        .ok();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] MutatingAdmissionPolicy [Privileged:ClusterAdmin] should mutate a"
          + " Deployment [Conformance]")
  void mutatesByApplyConfiguration() {
    mutating(
        "apply",
        """
        mutations:
        - patchType: ApplyConfiguration
          applyConfiguration:
            expression: >-
              Object{spec: Object.spec{replicas: object.spec.replicas + 1, template:
              Object.spec.template{spec: Object.spec.template.spec{
              containers: [Object.spec.template.spec.containers{name: "c", imagePullPolicy: "Never"},
              Object.spec.template.spec.containers{name: "side", image: "s"}]}}}}
        """);
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          JsonNode spec = api.post(DEPLOYMENTS, deployment(1, "")).ok().body().path("spec");
          assertThat(spec.path("replicas").asInt()).isEqualTo(2);
          JsonNode containers = spec.path("template").path("spec").path("containers");
          assertThat(containers).hasSize(2);
          assertThat(containers.path(0).path("image").asText()).isEqualTo("i");
          assertThat(containers.path(0).path("imagePullPolicy").asText()).isEqualTo("Never");
          assertThat(containers.path(1).path("terminationMessagePath").asText())
              .isEqualTo("/dev/termination-log");
        });
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] MutatingAdmissionPolicy [Privileged:ClusterAdmin] should mutate a"
          + " Deployment with annotations [Conformance]")
  void annotates() {
    String namespaces = "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}";
    api.post(
            GROUP + "mutatingadmissionpolicies",
            policy(
                "MutatingAdmissionPolicy",
                "annotates",
                DEPLOYMENT_RULES
                    + "  "
                    + namespaces
                    + """

                    reinvocationPolicy: Never
                    mutations:
                    - patchType: ApplyConfiguration
                      applyConfiguration:
                        expression: >-
                          Object{metadata: Object.metadata{annotations: {"mutated-by": "admission-policy"}}}
                    """))
        .ok();
    api.post(
            GROUP + "mutatingadmissionpolicybindings",
            policy(
                "MutatingAdmissionPolicyBinding",
                "annotates-binding",
                "policyName: annotates\nmatchResources: {" + namespaces + "}"))
        .ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(mutatedBy(DEPLOYMENTS)).isEqualTo("admission-policy"));
    assertThat(mutatedBy(DEPLOYMENTS.replace("?dryRun=All", ""))).isEqualTo("admission-policy");
    assertThat(mutatedBy(DEPLOYMENTS.replace("/default/", "/kube-public/"))).isEmpty();
    assertThat(mutatedBy(SETS)).isEmpty();
    api.delete(DEPLOYMENTS.replace("?dryRun=All", "/d")).ok();
  }

  private static String mutatedBy(String path) {
    JsonNode made = api.post(path, deployment(2, "a: b")).ok().body();
    assertThat(made.at("/metadata/annotations/a").asText()).isEqualTo("b");
    return made.at("/metadata/annotations").path("mutated-by").asText();
  }

  /** What an apply configuration leaves out of an atomic list would go. */
  @Test
  void atomicListsAreNotApplied() {
    mutating(
        "atomic",
        """
        mutations:
        - patchType: ApplyConfiguration
          applyConfiguration:
            expression: >-
              Object{spec: Object.spec{template: Object.spec.template{spec:
              Object.spec.template.spec{tolerations: [Object.spec.template.spec.tolerations{key:
              "a", operator: "Exists"}]}}}}
        """);
    assertThat(until(403, DEPLOYMENTS, deployment(1, "")).message())
        .endsWith(
            "denied request: error applying patch: invalid ApplyConfiguration: may not mutate"
                + " atomic arrays, maps or structs: .spec.template.spec.tolerations");
  }

  @Test
  void mutatesByJsonPatch() {
    mutating(
        "patch",
        """
        variables: [{name: key, expression: "'example.com/env'"}]
        mutations:
        - patchType: JSONPatch
          jsonPatch:
            expression: >-
              [JSONPatch{op: "test", path: "/spec/replicas", value: 1},
              JSONPatch{op: "add", path: "/metadata/annotations", value: {}},
              JSONPatch{op: "add", path: "/metadata/annotations/" + jsonpatch.escapeKey(variables.key), value: "test"}]
        """);
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(
                    api.post(DEPLOYMENTS, deployment(1, ""))
                        .ok()
                        .body()
                        .path("metadata")
                        .path("annotations")
                        .path("example.com/env")
                        .asText())
                .isEqualTo("test"));
    assertThat(
            api.post(DEPLOYMENTS, deployment(2, "")).ok().body().at("/metadata/annotations").size())
        .as("annotated where the test does not hold")
        .isZero();
  }

  @Test
  void aPatchThatDoesNotFitRefuses() {
    mutating(
        "patch",
        """
        mutations:
        - patchType: JSONPatch
          jsonPatch: {expression: '[JSONPatch{op: "remove", path: "/spec/none"}]'}
        """);
    Answer refused = until(403, DEPLOYMENTS, deployment(2, ""));
    assertThat(refused.message())
        .isEqualTo(
            "policy 'patch' with binding 'patch-binding' denied request: JSON Patch: error in"
                + " remove for path: '/spec/none': Unable to remove nonexistent key: none: missing"
                + " value");
    assertThat(refused.body().path("reason").asText()).isEqualTo("Invalid");
    assertThat(refused.body().at("/details/causes/0/message").asText())
        .isEqualTo(refused.message());
  }

  private static double mutations(String policy, String errorType) {
    return server
        .meters()
        .counter(
            "apiserver_mutating_admission_policy_check_total",
            "policy",
            policy,
            "policy_binding",
            policy + "-binding",
            "error_type",
            errorType)
        .count();
  }

  @Test
  void oneThatFailsAndIsIgnoredKeepsTheNextMutationFromNothing() {
    mutating(
        "partly",
        """
        failurePolicy: Ignore
        mutations:
        - patchType: JSONPatch
          jsonPatch: {expression: '[JSONPatch{op: "remove", path: "/spec/none"}]'}
        - patchType: ApplyConfiguration
          applyConfiguration:
            expression: 'Object{metadata: Object.metadata{annotations: {"second": "applied"}}}'
        """);
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() ->
            api.post(DEPLOYMENTS, deployment(1, ""))
                .ok()
                .body()
                .at("/metadata/annotations/second")
                .asText()
                .equals("applied"));
    assertThat(mutations("partly", "invalid_error")).isPositive();
    assertThat(mutations("partly", "no_error")).isPositive();
  }

  /** Upstream: test/integration/apiserver/cel, mutations that call for others again. */
  @Test
  void eachParameterCountsWhenAMutationCallsForOthersAgain() {
    for (String[] param :
        new String[][] {
          {"first", "true", "firstApplied"},
          {"second", "true", "secondApplied"},
          {"third", "false", "thirdApplied"}
        }) {
      api.post(
              MAPS,
              "{metadata: {name: "
                  + param[0]
                  + ", labels: {param: '"
                  + param[1]
                  + "'}}, data: {"
                  + param[2]
                  + ": 'true'}}")
          .ok();
    }
    for (String[] policy :
        new String[][] {
          {
            "again",
            "IfNeeded",
            "{selector: {matchLabels: {param: 'true'}}, parameterNotFoundAction: Deny}"
          },
          {"once", "Never", "{name: third, parameterNotFoundAction: Deny}"}
        }) {
      api.post(
              GROUP + "mutatingadmissionpolicies",
              policy(
                  "MutatingAdmissionPolicy",
                  policy[0],
                  DEPLOYMENT_RULES
                      + "reinvocationPolicy: "
                      + policy[1]
                      + """

                      paramKind: {apiVersion: v1, kind: ConfigMap}
                      mutations:
                      - patchType: ApplyConfiguration
                        applyConfiguration: {expression: 'Object{metadata: Object.metadata{annotations: params.data}}'}
                      - patchType: ApplyConfiguration
                        applyConfiguration:
                          expression: >-
                            Object{metadata: Object.metadata{annotations: {
                            ?"foo": optional.of(string(int(object.metadata.annotations["foo"]) + 1))}}}
                      """))
          .ok();
      api.post(
              GROUP + "mutatingadmissionpolicybindings",
              policy(
                  "MutatingAdmissionPolicyBinding",
                  policy[0] + "-binding",
                  "policyName: " + policy[0] + "\nparamRef: " + policy[2]))
          .ok();
    }
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(
                    api.post(DEPLOYMENTS, deployment(1, "foo: '0'"))
                        .ok()
                        .body()
                        .at("/metadata/annotations"))
                .isEqualTo(
                    TestApi.tree(
                        "{foo: '5', firstApplied: 'true', secondApplied: 'true', thirdApplied:"
                            + " 'true'}")));
    api.delete(MAPS).ok();
  }

  @Test
  void parametersInNoNamespaceAreNotLookedForInOne() {
    String rules =
        """
        validations: [{expression: 'params == null'}]
        paramKind: {apiVersion: v1, kind: Namespace}
        """;
    validating(
        "cluster",
        DEPLOYMENT_RULES + rules,
        "validationActions: [Deny]\nparamRef: {name: default, namespace: default,"
            + " parameterNotFoundAction: Deny}");
    assertThat(until(422, DEPLOYMENTS, deployment(3, "")).message())
        .endsWith(
            "denied request: failed to configure binding: paramRef.namespace must not be provided"
                + " for a cluster-scoped `paramKind`");
  }

  @Test
  void anEmptyNamespaceOfParametersIsTheRequests() {
    api.post(MAPS, "{metadata: {name: here}, data: {least: '5'}}").ok();
    validating(
        "own",
        DEPLOYMENT_RULES
            + """
            paramKind: {apiVersion: v1, kind: ConfigMap}
            validations: [{expression: 'object.spec.replicas >= int(params.data.least)'}]
            """,
        "validationActions: [Deny]\nparamRef: {name: here, namespace: '',"
            + " parameterNotFoundAction: Deny}");
    assertThat(until(422, DEPLOYMENTS, deployment(3, "")).message())
        .endsWith("failed expression: object.spec.replicas >= int(params.data.least)");
    api.delete(MAPS).ok();
  }
}
