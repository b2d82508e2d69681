package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.system.Shell;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What kubectl does and prints. */
@Conformance
class KubectlIT {

  /** The line in which kubectl says where it serves, after its warnings. */
  private static String served(Process proxy) throws java.io.IOException {
    String line = proxy.inputReader().readLine();
    while (line != null && !line.startsWith("Starting to serve on")) {
      line = proxy.inputReader().readLine();
    }
    return java.util.Objects.requireNonNull(line, "kubectl proxy has ended");
  }

  private static void controller(Space space, String name, int replicas) {
    ObjectNode rc = Workload.replicationController(name, replicas);
    Workload.container(rc)
        .putArray("command")
        .add("sh")
        .add("-c")
        .add("echo up; exec httpd -f -p 6379 -h /www");
    Workload.container(rc)
        .withArray("ports")
        .addObject()
        .put("name", "redis-server")
        .put("containerPort", 6379);
    space.create(rc);
    Workload.awaitReady(space, name, replicas);
  }

  @Test
  @DisplayName(
      "[sig-cli] Kubectl client Kubectl api-versions should check if v1 is in available api"
          + " versions [Conformance]")
  void apiVersions(Space space) {
    assertThat(space.kubectl().run("api-versions").lines()).contains("v1", "apps/v1");
  }

  @Test
  @DisplayName(
      "[sig-cli] Kubectl client Kubectl cluster-info should check if Kubernetes control plane"
          + " services is included in cluster-info [Conformance]")
  void clusterInfo(Space space) {
    assertThat(space.kubectl().run("cluster-info"))
        .contains("Kubernetes control plane", "is running at");
  }

  @Test
  @DisplayName(
      "[sig-cli] Kubectl client Kubectl version should check is all data is printed [Conformance]")
  void version(Space space) {
    String out = space.kubectl().run("version");
    assertThat(out).contains("Client Version: ", "Server Version: v1.36.");
    JsonNode json = Json.parse(space.kubectl().run("version", "-o", "json"));
    for (String field :
        List.of(
            "major",
            "minor",
            "gitVersion",
            "gitCommit",
            "buildDate",
            "goVersion",
            "compiler",
            "platform")) {
      assertThat(json.path("serverVersion").has(field)).as(field).isTrue();
    }
  }

  @Test
  @DisplayName(
      "[sig-cli] Kubectl client Kubectl run pod should create a pod from an image when restart is"
          + " Never [Conformance]")
  void run(Space space) {
    space
        .kubectl()
        .run("run", "e2e-test-httpd-pod", "--restart=Never", "--image=" + TestImage.NAME);
    JsonNode pod = space.get("pods", "e2e-test-httpd-pod");
    assertThat(text(pod, "/spec/containers/0/image")).isEqualTo(TestImage.NAME);
    assertThat(text(pod, "/spec/restartPolicy")).isEqualTo("Never");
    space.kubectl().run("delete", "pods", "e2e-test-httpd-pod");
  }

  @Test
  @DisplayName(
      "[sig-cli] Kubectl client Kubectl replace should update a single-container pod's image"
          + " [Conformance]")
  void replace(Space space) {
    space
        .kubectl()
        .run(
            "run",
            "main",
            "--image=" + TestImage.NAME,
            "--labels=run=main",
            "--overrides={\"spec\":{\"terminationGracePeriodSeconds\":1}}",
            "--command",
            "--",
            "sleep",
            "3600");
    space.awaitReady("main");
    String json = space.kubectl().run("get", "pod", "main", "-o", "json");
    space
        .kubectl()
        .runWithInput(
            json.replace(
                "\"image\": \"" + TestImage.NAME, "\"image\": \"localhost/conformance/other:1"),
            "replace",
            "-f",
            "-");
    assertThat(text(space.get("pods", "main"), "/spec/containers/0/image"))
        .isEqualTo("localhost/conformance/other:1");
    space.kubectl().run("delete", "pods", "main");
  }

  @Test
  @DisplayName(
      "[sig-cli] Kubectl client Kubectl server-side dry-run should check if kubectl can dry-run"
          + " update Pods [Conformance]")
  void dryRun(Space space) {
    space.start(TestPod.sleeping("main"));
    String patch =
        "{\"spec\":{\"containers\":[{\"name\": \"main\",\"image\": \"localhost/other:1\"}]}}";
    space.kubectl().run("patch", "pod", "main", "-p", patch, "--dry-run=server");
    assertThat(text(space.get("pods", "main"), "/spec/containers/0/image"))
        .isEqualTo(TestImage.NAME);
  }

  @Test
  @DisplayName(
      "[sig-cli] Kubectl client Kubectl diff should check if kubectl diff finds a difference for"
          + " Deployments [Conformance]")
  void diff(Space space) {
    ObjectNode deployment = Workload.deployment("dep", 1);
    ((ObjectNode) deployment.at("/spec/template/spec")).put("schedulerName", "nobody");
    space.kubectl().runWithInput(deployment.toString(), "create", "-f", "-");
    ((ObjectNode) deployment.get("spec")).put("replicas", 3);
    Shell.Result diff = space.kubectl().attempt(deployment.toString(), "diff", "-f", "-");
    assertThat(diff.exitCode()).as(diff.all()).isEqualTo(1);
    assertThat(diff.out()).contains("-  replicas: 1", "+  replicas: 3");
  }

  @Test
  @DisplayName(
      "[sig-cli] Kubectl client Kubectl label should update the label on a resource [Conformance]")
  void label(Space space) {
    space.create(TestPod.sleeping("main").spec("{schedulerName: nobody}").json());
    space.kubectl().run("label", "pods", "main", "testing-label=testing-label-value");
    assertThat(space.kubectl().run("get", "pod", "main", "-L", "testing-label"))
        .contains("testing-label-value");
    space.kubectl().run("label", "pods", "main", "testing-label-");
    assertThat(space.kubectl().run("get", "pod", "main", "-L", "testing-label"))
        .doesNotContain("testing-label-value");
  }

  @Test
  @DisplayName(
      "[sig-cli] Kubectl client Kubectl patch should add annotations for pods in rc [Conformance]")
  void patch(Space space) {
    controller(space, "agnhost", 1);
    for (JsonNode pod : space.list("pods", "app=agnhost")) {
      String name = text(pod, "/metadata/name");
      space
          .kubectl()
          .run("patch", "pod", name, "-p", "{\"metadata\":{\"annotations\":{\"x\":\"y\"}}}");
      assertThat(text(space.get("pods", name), "/metadata/annotations/x")).isEqualTo("y");
    }
  }

  @Test
  @DisplayName(
      "[sig-cli] Kubectl client Kubectl expose should create services for rc [Conformance]")
  void expose(Space space) {
    controller(space, "agnhost", 1);
    space
        .kubectl()
        .run("expose", "rc", "agnhost", "--name=rm2", "--port=1234", "--target-port=6379");
    JsonNode service = space.get("services", "rm2");
    assertThat(service.at("/spec/ports/0/port").asInt()).isEqualTo(1234);
    assertThat(service.at("/spec/ports/0/targetPort").asInt()).isEqualTo(6379);
    space
        .kubectl()
        .run("expose", "service", "rm2", "--name=rm3", "--port=2345", "--target-port=6379");
    assertThat(space.get("services", "rm3").at("/spec/ports/0/port").asInt()).isEqualTo(2345);
    space.awaitList(
        "endpointslices.discovery.k8s.io",
        "kubernetes.io/service-name=rm3",
        "full",
        l -> l.size() == 1 && l.get(0).path("endpoints").size() == 1);
  }

  @Test
  @DisplayName(
      "[sig-cli] Kubectl client Kubectl describe should check if kubectl describe prints relevant"
          + " information for rc and pods [Conformance]")
  void describe(Space space) {
    controller(space, "agnhost", 1);
    space.create(
        "{apiVersion: v1, kind: Service, metadata: {name: agnhost, labels: {app: agnhost}}, spec:"
            + " {selector: {app: agnhost}, ports: [{port: 6379, targetPort: redis-server}]}}");
    String pod = text(space.list("pods", "app=agnhost").get(0), "/metadata/name");
    assertThat(space.kubectl().run("describe", "pod", pod))
        .contains(
            "Name: ",
            "Namespace: ",
            "Node: ",
            "Labels: ",
            "app=agnhost",
            "Status: ",
            "Running",
            "IP: ",
            "Controlled By: ",
            "ReplicationController/agnhost",
            "Image: ",
            TestImage.NAME,
            "State: ",
            "QoS Class: ",
            "BestEffort");
    assertThat(space.kubectl().run("describe", "rc", "agnhost"))
        .contains(
            "Name: ",
            "Namespace: ",
            "Selector: ",
            "app=agnhost",
            "Labels: ",
            "Annotations: ",
            "Replicas: ",
            "1 current",
            "1 desired",
            "Pods Status: ",
            "1 Running / 0 Waiting",
            "Pod Template:",
            "Image: ",
            "Events:",
            "SuccessfulCreate");
    assertThat(space.kubectl().run("describe", "service", "agnhost"))
        .contains(
            "Name: ",
            "Namespace: ",
            "Labels: ",
            "app=agnhost",
            "Annotations: ",
            "Selector: ",
            "Type: ",
            "ClusterIP",
            "IP: ",
            "Port: ",
            "<unset>",
            "6379/TCP",
            "Endpoints: ",
            "Session Affinity: ");
    String node = text(space.get("pods", pod), "/spec/nodeName");
    assertThat(space.kubectl().run("describe", "node", node))
        .contains(
            "Name: ",
            "Labels: ",
            "Annotations: ",
            "CreationTimestamp: ",
            "Conditions:",
            "Type",
            "Status",
            "LastHeartbeatTime",
            "LastTransitionTime",
            "Reason",
            "Message",
            "Addresses:",
            "Capacity:",
            "Version",
            "Kernel Version",
            "OS Image",
            "Architecture",
            "Container Runtime Version",
            "Kubelet Version");
    assertThat(space.kubectl().run("describe", "namespace", space.namespace()))
        .contains("Name: ", "Labels: ", "Annotations: ", "Status: ", "Active");
  }

  @Test
  @DisplayName(
      "[sig-cli] Kubectl logs logs should be able to retrieve and filter logs [Conformance]")
  void logs(Space space) {
    space.start(new TestPod("main").script("seq 1 100; exec sleep 3600"));
    space.awaitLog("main", "main", "100");
    assertThat(space.kubectl().run("logs", "main", "main", "--tail=1")).isEqualTo("100\n");
    assertThat(space.kubectl().run("logs", "main", "main", "--limit-bytes=1")).isEqualTo("1");
    String stamped = space.kubectl().run("logs", "main", "main", "--tail=1", "--timestamps");
    assertThat(stamped).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z 100\n");
    String day = space.kubectl().run("logs", "main", "main", "--since=24h");
    assertThat(day.lines()).hasSize(100);
    Awaitility.await("nothing new for a second")
        .atMost(Duration.ofSeconds(30))
        .until(() ->
            space.kubectl().run("logs", "main", "main", "--since=1s").length() < day.length());
  }

  @Test
  @DisplayName(
      "[sig-cli] Kubectl client Update Demo should create and stop a replication controller"
          + " [Conformance]")
  void updateDemo(Space space) {
    ObjectNode rc = Workload.replicationController("nautilus", 2);
    space.kubectl().runWithInput(rc.toString(), "create", "-f", "-");
    Workload.awaitReady(space, "nautilus", 2);
    space.kubectl().runWithInput(rc.toString(), "delete", "--grace-period=0", "--force", "-f", "-");
    space.awaitList("pods", "app=nautilus", "gone", List::isEmpty);
  }

  @Test
  @DisplayName(
      "[sig-cli] Kubectl client Update Demo should scale a replication controller [Conformance]")
  void scale(Space space) {
    ObjectNode rc = Workload.replicationController("nautilus", 2);
    space.kubectl().runWithInput(rc.toString(), "create", "-f", "-");
    Workload.awaitReady(space, "nautilus", 2);
    space.kubectl().run("scale", "rc", "nautilus", "--replicas=1", "--timeout=1m");
    Workload.awaitReady(space, "nautilus", 1);
    space.kubectl().run("scale", "rc", "nautilus", "--replicas=2", "--timeout=1m");
    Workload.awaitReady(space, "nautilus", 2);
  }

  @Test
  @DisplayName(
      "[sig-cli] Kubectl client Guestbook application should create and stop a working application"
          + " [Conformance]")
  void guestbook(Space space) {
    for (String tier : List.of("primary", "replica", "frontend")) {
      ObjectNode deployment = Workload.deployment(tier, tier.equals("primary") ? 1 : 2);
      Workload.container(deployment)
          .putArray("command")
          .add("sh")
          .add("-c")
          .add("exec httpd -f -p 8080 -h /www");
      space.kubectl().runWithInput(deployment.toString(), "create", "-f", "-");
      space.kubectl().run("expose", "deployment", tier, "--port=80", "--target-port=8080");
    }
    Workload.awaitReady(space, "frontend", 2);
    Workload.awaitReady(space, "replica", 2);
    Workload.awaitReady(space, "primary", 1);
    space.start(TestPod.sleeping("client"));
    for (String tier : List.of("primary", "replica", "frontend")) {
      Awaitility.await(tier)
          .atMost(Duration.ofSeconds(60))
          .until(() ->
              Exec.run(
                      space,
                      "client",
                      "main",
                      "timeout",
                      "5",
                      "wget",
                      "-qO-",
                      "http://" + tier + "/cgi-bin/hostname")
                  .out()
                  .startsWith(tier));
    }
    for (String tier : List.of("primary", "replica", "frontend")) {
      space.kubectl().run("delete", "deployment,service", "-l", "app=" + tier);
      space.awaitList("pods", "app=" + tier, "gone", List::isEmpty);
    }
  }

  @Test
  @DisplayName(
      "[sig-cli] Kubectl client Proxy server should support proxy with --port 0 [Conformance]")
  void proxy(Space space) throws Exception {
    Process proxy = space.kubectl().start("proxy", "-p", "0", "--disable-filter");
    try {
      String first = served(proxy);
      int port = Integer.parseInt(first.substring(first.lastIndexOf(':') + 1).strip());
      HttpResponse<String> answer =
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .build()
              .send(
                  HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/")).build(),
                  HttpResponse.BodyHandlers.ofString());
      assertThat(text(Json.parse(answer.body()), "/versions/0")).isEqualTo("v1");
    } finally {
      proxy.destroy();
    }
  }

  @Test
  @DisplayName(
      "[sig-cli] Kubectl client Proxy server should support --unix-socket=/path [Conformance]")
  void socket(Space space) throws Exception {
    Path directory = Files.createTempDirectory("kubectl-proxy");
    Path socket = directory.resolve("test");
    Process proxy = space.kubectl().start("proxy", "--unix-socket=" + socket);
    try {
      assertThat(proxy.inputReader().readLine()).contains("Starting to serve on");
      try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
        channel.write(
            ByteBuffer.wrap(
                "GET /api/ HTTP/1.0\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.UTF_8)));
        StringBuilder answer = new StringBuilder();
        ByteBuffer buffer = ByteBuffer.allocate(4096);
        while (channel.read(buffer) >= 0) {
          answer.append(StandardCharsets.UTF_8.decode(buffer.flip()));
          buffer.clear();
        }
        assertThat(answer.toString()).contains("200 OK", "APIVersions");
      }
    } finally {
      proxy.destroy();
      proxy.waitFor();
      Files.deleteIfExists(socket);
      Files.delete(directory);
    }
  }
}
