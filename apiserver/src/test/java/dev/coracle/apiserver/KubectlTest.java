package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that people type, with the real kubectl. */
@Tag("kubectl")
class KubectlTest {

  private static final String WEB =
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web}
      spec:
        replicas: 2
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec: {containers: [{name: c, image: nginx}]}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: web}
      spec: {type: NodePort, selector: {app: web}, ports: [{port: 80}]}
      """;

  @TempDir static Path dir;
  private static TestServer server;
  private static Kubectl kubectl;

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer(dir);
    kubectl = new Kubectl(server.pki().path("admin.kubeconfig"), dir);
    kubectl.ok("create", "serviceaccount", "default");
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void applyIsIdempotentAndServicesGetAddresses() {
    kubectl.okWith(WEB, "apply", "-f", "-");
    assertThat(kubectl.okWith(WEB, "apply", "-f", "-"))
        .contains("deployment.apps/web unchanged", "service/web unchanged");
    assertThat(kubectl.ok("get", "svc", "web", "-o", "jsonpath={.spec.clusterIP}"))
        .startsWith("10.96.");
    assertThat(kubectl.ok("get", "svc", "web")).contains("NodePort", "80:3");
    assertThat(kubectl.ok("get", "deploy", "web", "-o", "wide"))
        .contains("READY", "UP-TO-DATE", "AVAILABLE", "0/2", "app=web");
    kubectl.ok("scale", "deploy", "web", "--replicas=5");
    kubectl.ok("set", "image", "deploy/web", "c=nginx:2");
    assertThat(
            kubectl.ok(
                "get", "deploy", "web", "-o", "jsonpath={.spec.replicas} {.metadata.generation}"))
        .isEqualTo("5 3");
    assertThat(kubectl.okWith(WEB, "delete", "-f", "-")).contains("deleted");
  }

  @Test
  void serverSideApplyTellsOfConflicts() {
    String cm = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared}\ndata: {a: \"%s\"}\n";
    kubectl.okWith(cm.formatted("1"), "apply", "--server-side", "--field-manager=one", "-f", "-");
    Kubectl.Ran ran =
        kubectl.run(cm.formatted("2"), "apply", "--server-side", "--field-manager=two", "-f", "-");
    assertThat(ran.code()).isNotZero();
    assertThat(ran.err()).contains("conflict with \"one\": .data.a");
    kubectl.okWith(
        cm.formatted("2"),
        "apply",
        "--server-side",
        "--field-manager=two",
        "--force-conflicts",
        "-f",
        "-");
    assertThat(kubectl.ok("get", "cm", "shared", "-o", "jsonpath={.data.a}")).isEqualTo("2");
  }

  @Test
  void protobufBodiesAreTaken() {
    kubectl.ok("create", "configmap", "typed", "--from-literal=x=y");
    assertThat(kubectl.ok("get", "cm", "typed", "-o", "jsonpath={.data.x}")).isEqualTo("y");
    kubectl.ok("create", "deployment", "none", "--image=nginx", "--replicas=0");
    assertThat(kubectl.ok("get", "deploy", "none", "-o", "jsonpath={.spec.replicas}"))
        .isEqualTo("0");
    assertThat(kubectl.ok("auth", "can-i", "create", "pods")).contains("yes");
    assertThat(kubectl.ok("auth", "whoami")).contains("admin", "system:masters");
  }

  @Test
  void tokensOfServiceAccountsAuthenticate() {
    kubectl.ok("create", "serviceaccount", "robot");
    String token = kubectl.ok("create", "token", "robot").trim();
    Path bare = server.pki().kubeconfig("server", server.server().port());
    assertThat(bare).exists();
    assertThat(kubectl.ok("auth", "whoami", "--as=system:serviceaccount:default:robot"))
        .contains("system:serviceaccounts:default");
    assertThat(token.split("\\.")).hasSize(3);
    assertThat(kubectl.fails("get", "pods", "--as=system:serviceaccount:default:robot"))
        .contains(
            "pods is forbidden: User \"system:serviceaccount:default:robot\" cannot list resource"
                + " \"pods\" in API group \"\" in the namespace \"default\"");
    kubectl.ok(
        "create",
        "rolebinding",
        "robot-views",
        "--clusterrole=view",
        "--serviceaccount=default:robot");
    kubectl.ok("get", "pods", "--as=system:serviceaccount:default:robot");
  }

  @Test
  void brokenObjectsAreRefusedInKubernetesWords() {
    Kubectl.Ran ran =
        kubectl.run(
            "apiVersion: v1\nkind: Pod\nmetadata: {name: bad}\nspec: {containers: [{name: c,"
                + " image: x, imag: y}]}\n",
            "create",
            "-f",
            "-");
    assertThat(ran.err()).contains("unknown field \"spec.containers[0].imag\"");
    assertThat(kubectl.fails("get", "pods", "nobody")).contains("pods \"nobody\" not found");
    assertThat(kubectl.fails("get", "nosuchthings"))
        .contains("the server doesn't have a resource type \"nosuchthings\"");
  }

  @Test
  void namespacesStayUntilTheirContentIsGone() {
    kubectl.ok("create", "namespace", "leaving");
    kubectl.ok("delete", "namespace", "leaving", "--wait=false");
    assertThat(kubectl.ok("get", "ns", "leaving")).contains("Terminating");
    assertThat(kubectl.fails("create", "configmap", "late", "-n", "leaving"))
        .contains(
            "unable to create new content in namespace leaving because it is being terminated");
    assertThat(kubectl.fails("delete", "namespace", "default"))
        .contains("this namespace may not be deleted");
  }

  @Test
  void customResourcesAreServedAsSoonAsEstablished() {
    kubectl.okWith(
        """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: foos.example.com}
        spec:
          group: example.com
          scope: Namespaced
          names: {plural: foos, kind: Foo, singular: foo, listKind: FooList}
          versions:
          - name: v1
            served: true
            storage: true
            subresources: {status: {}, scale: {specReplicasPath: .spec.size, statusReplicasPath: .status.size}}
            additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
            schema:
              openAPIV3Schema:
                type: object
                properties:
                  spec:
                    type: object
                    properties: {size: {type: integer, default: 3, maximum: 10}}
                  status: {type: object, properties: {size: {type: integer}}}
        """,
        "apply",
        "-f",
        "-");
    kubectl.ok("wait", "--for=condition=Established", "crd/foos.example.com", "--timeout=10s");
    kubectl.okWith(
        "apiVersion: example.com/v1\nkind: Foo\nmetadata: {name: a}\nspec: {}\n",
        "apply",
        "-f",
        "-");
    assertThat(kubectl.ok("get", "foos")).contains("SIZE").containsPattern("a +3");
    kubectl.ok("scale", "foo", "a", "--replicas=7");
    assertThat(kubectl.fails("patch", "foo", "a", "--type=merge", "-p", "{\"spec\":{\"size\":99}}"))
        .contains("spec.size in body should be less than or equal to 10");
    kubectl.ok("delete", "crd", "foos.example.com");
  }
}
