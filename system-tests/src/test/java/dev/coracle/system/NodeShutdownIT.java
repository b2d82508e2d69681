package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that is told to end gives its pods the grace that a KubeletConfiguration says. */
class NodeShutdownIT {

  private static final String CONFIGURATION =
      """
      apiVersion: kubelet.config.k8s.io/v1beta1
      kind: KubeletConfiguration
      shutdownGracePeriod: 20s
      shutdownGracePeriodCriticalPods: 5s
      """;

  /** Takes two seconds to end, and says in a file of the node that it did it itself. */
  private static final String PODS =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: bare}
      spec:
        containers:
        - name: c
          image: coracle/demo:1
          imagePullPolicy: IfNotPresent
          command: [sh, -c, "trap 'sleep 2; echo bye > /out/bare; exit 0' TERM; sleep 100000 & wait; wait"]
          volumeMounts: [{name: out, mountPath: /out}]
        volumes: [{name: out, hostPath: {path: %s}}]
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web}
      spec:
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec:
            containers:
            - {name: c, image: "coracle/demo:1", imagePullPolicy: IfNotPresent, command: [sleep, "100000"]}
            terminationGracePeriodSeconds: 1
      """;

  @Test
  void podsEndThemselvesAndAreKnownAsTerminatedByTheNextStart(@TempDir Path directory)
      throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
    Path configuration = Files.writeString(directory.resolve("kubelet.yaml"), CONFIGURATION);
    Path out = Files.createDirectory(directory.resolve("out"));
    try (CoracleProcess coracle =
        CoracleProcess.start(
            directory.resolve("data"), "--kubelet-config", configuration.toString())) {
      coracle.kubectl().runWithInput(PODS.formatted(out), "create", "-f", "-");
      coracle.kubectl().run("wait", "--for=condition=Ready", "pod/bare", "--timeout=60s");
      coracle.kubectl().run("rollout", "status", "deployment/web", "--timeout=60s");

      coracle.interrupt();
      assertThat(out.resolve("bare")).hasContent("bye");

      coracle.start();
      Kubectl kubectl = coracle.kubectl();
      assertThat(
              kubectl.run(
                  "get",
                  "pod",
                  "bare",
                  "-o",
                  "jsonpath={.status.phase} {.status.reason}: {.status.message}"))
          .isEqualTo(
              "Failed Terminated: Pod was terminated in response to imminent node shutdown.");
      // What belongs to a Deployment runs again, in a pod of its own.
      Awaitility.await()
          .atMost(Duration.ofSeconds(90))
          .until(() ->
              kubectl
                  .run("get", "deployment", "web", "-o", "jsonpath={.status.readyReplicas}")
                  .equals("1"));
    }
  }
}
