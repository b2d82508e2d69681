package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The built-in runtime's other ways to run containers, and Services in userspace. */
@Timeout(240)
@Order(2)
class RuntimeModesIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String NOBODY = "65534";

  @TempDir Path directory;

  @Test
  void linuxNamespacesWithoutAnOciRuntime() throws Exception {
    try (CoracleProcess coracle =
        CoracleProcess.start(directory.resolve("data"), "--runtime", "namespaces")) {
      assertThat(coracle.output()).contains("Linux namespaces");
      serves(coracle, 8080);
    }
    assertNothingRuns();
  }

  /** As in a container of systemd-nspawn on a host with cgroup v1. */
  @Test
  void linuxNamespacesWhereNoCgroupCanBeMade() throws Exception {
    List<String> as =
        List.of(
            "unshare",
            "--mount",
            "sh",
            "-c",
            "while read -r _ at type _; do"
                + " case $type in cgroup*) mount -o remount,bind,ro \"$at\";; esac;"
                + " done </proc/mounts; exec \"$@\"",
            "sh");
    try (CoracleProcess coracle = CoracleProcess.startAs(as, directory.resolve("data"))) {
      assertThat(coracle.output())
          .contains("Linux namespaces", "pods run without a cgroup of their own");
      serves(coracle, 8080);
      // All of the default ones but CAP_MKNOD: no group keeps it to the devices it may have.
      assertThat(
              coracle
                  .kubectl()
                  .run("exec", "deployment/one", "--", "sh", "-c", "cat /proc/self/status"))
          .contains("CapBnd:\t00000000a00425fb");
    }
    assertNothingRuns();
  }

  @Test
  void servicesInUserspace() throws Exception {
    try (CoracleProcess coracle =
        CoracleProcess.start(directory.resolve("data"), "--proxy-mode", "userspace")) {
      assertThat(serves(coracle, 8080)).startsWith("127.");
    }
    assertNothingRuns();
  }

  @Test
  void plainProcessesOfAUserWhoIsNotRoot() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root to become another user");
    List<String> as =
        List.of(
            "setpriv",
            "--reuid=" + NOBODY,
            "--regid=" + NOBODY,
            "--clear-groups",
            "--bounding-set=-all",
            "env",
            "HOME=" + directory,
            "CORACLE_AOT=off");
    List<String> reads = new ArrayList<>(as);
    reads.addAll(List.of("test", "-r", CoracleProcess.HOME + "/coracle"));
    assumeTrue(
        Shell.run(reads.toArray(String[]::new)).exitCode() == 0,
        "the project's folder is closed to other users");
    Path data = Files.createDirectories(directory.resolve("data"));
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.createDirectories(data.resolve("run"));
    Shell.run("chown", "-R", NOBODY, data.toString());
    try (CoracleProcess coracle = CoracleProcess.startAs(as, data, "--runtime", "process")) {
      assertThat(coracle.output()).contains("plain processes");
      assertThat(serves(coracle, freePort())).startsWith("127.");
    }
    assertNothingRuns();
  }

  /** Pods of plain processes share the host's ports. */
  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** Runs one pod behind a Service, crashes it, reads its logs; gives the Service's address. */
  private static String serves(CoracleProcess coracle, int port) {
    Kubectl kubectl = coracle.kubectl();
    kubectl.runWithInput(
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: one}
        spec:
          selector: {matchLabels: {app: one}}
          template:
            metadata: {labels: {app: one}}
            spec:
              terminationGracePeriodSeconds: 2
              containers:
              - name: c
                image: coracle/demo:1
                imagePullPolicy: IfNotPresent
                env:
                - {name: PORT, value: "%1$d"}
                - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
                ports: [{containerPort: %1$d, name: http}]
                readinessProbe: {httpGet: {path: /healthz, port: http}, periodSeconds: 1}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: one}
        spec:
          selector: {app: one}
          ports: [{port: 18080, targetPort: http}]
        """
            .formatted(port),
        "apply",
        "-f",
        "-");
    kubectl.run("rollout", "status", "deployment/one", "--timeout=120s");
    String address = kubectl.run("get", "svc", "one", "-o", "jsonpath={.spec.clusterIP}");
    awaitAnswer(address, "/", "Hello from one-");
    awaitAnswer(address, "/crash", "goodbye from one-");
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(() ->
            assertThat(
                    kubectl.run(
                        "get",
                        "pods",
                        "-o",
                        "jsonpath={.items[0].status.containerStatuses[0].restartCount}"))
                .isEqualTo("1"));
    awaitAnswer(address, "/", "Hello from one-");
    assertThat(kubectl.run("logs", "deployment/one")).contains("listens on port " + port);
    assertThat(kubectl.run("exec", "deployment/one", "--", "sh", "-c", "echo $POD_NAME"))
        .startsWith("one-");
    return address;
  }

  private static void awaitAnswer(String address, String path, String words) {
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(() ->
            assertThat(
                    Shell.run(
                            "curl", "-s", "--max-time", "5", "http://" + address + ":18080" + path)
                        .out())
                .contains(words));
  }

  private void assertNothingRuns() {
    assertThat(
            ProcessHandle.allProcesses()
                .map(p -> p.info().commandLine().orElse(""))
                .filter(c -> c.contains(directory.toString())))
        .isEmpty();
  }
}
