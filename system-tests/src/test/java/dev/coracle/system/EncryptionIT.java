package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Secrets encrypted in a real etcd: what lies there, and keys that change. */
class EncryptionIT {

  private static final Path ETCD = Path.of("/usr/bin/etcd");
  private static final Path ETCDCTL = Path.of("/usr/bin/etcdctl");
  private static final String KEY = "/registry/secrets/default/quiet";

  @TempDir Path directory;
  private String endpoint = "";
  private Process etcd;

  @BeforeEach
  void startEtcd() throws Exception {
    assumeThat(ETCD).as("etcd (Debian: etcd-server)").isExecutable();
    assumeThat(ETCDCTL).as("etcdctl (Debian: etcd-client)").isExecutable();
    endpoint = "http://127.0.0.1:" + freePort();
    String peers = "http://127.0.0.1:" + freePort();
    etcd =
        new ProcessBuilder(
                ETCD.toString(),
                "--data-dir",
                directory.resolve("etcd").toString(),
                "--listen-client-urls",
                endpoint,
                "--advertise-client-urls",
                endpoint,
                "--listen-peer-urls",
                peers,
                "--initial-advertise-peer-urls",
                peers,
                "--initial-cluster",
                "default=" + peers,
                "--log-level",
                "error")
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("etcd.log").toFile())
            .start();
    Awaitility.await("etcd")
        .atMost(Duration.ofSeconds(60))
        .until(() -> ctl("endpoint", "health").exitCode() == 0);
  }

  @AfterEach
  void stopEtcd() throws Exception {
    if (etcd != null) {
      etcd.destroy();
      assertThat(etcd.waitFor(30, TimeUnit.SECONDS)).as("etcd has ended").isTrue();
    }
  }

  private static int freePort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private Shell.Result ctl(String... arguments) {
    return Shell.run(
        Duration.ofSeconds(30),
        Map.of("ETCDCTL_API", "3", "ETCDCTL_ENDPOINTS", endpoint),
        "",
        Shell.list(ETCDCTL.toString(), arguments));
  }

  /** What lies in etcd; what is no text shows as something else, which does not matter here. */
  private String stored(String key) {
    Shell.Result got = ctl("get", key, "--print-value-only");
    assertThat(got.exitCode()).as(got.all()).isZero();
    return got.out();
  }

  /** The keys of AES-GCM, that which encrypts first. */
  private Path configure(String... names) throws Exception {
    StringBuilder keys = new StringBuilder();
    for (String name : names) {
      String secret = (name + "0123456789abcdef0123456789abcdef").substring(0, 32);
      keys.append("\n          - {name: ").append(name).append(", secret: ");
      keys.append(Base64.getEncoder().encodeToString(secret.getBytes(StandardCharsets.US_ASCII)))
          .append('}');
    }
    String text =
        """
        apiVersion: apiserver.config.k8s.io/v1
        kind: EncryptionConfiguration
        resources:
        - resources: [secrets]
          providers:
          - aesgcm:
              keys:%s
          - identity: {}
        """
            .formatted(keys);
    return Files.writeString(directory.resolve("encryption.yaml"), text);
  }

  @Test
  void secretsLieInEtcdEncryptedAndKeysCanBeReplaced() throws Exception {
    Path file = configure("one");
    try (CoracleProcess coracle =
        CoracleProcess.start(
            directory.resolve("data"),
            "--etcd-servers",
            endpoint,
            "--encryption-provider-config",
            file.toString())) {
      Kubectl kubectl = coracle.kubectl();
      kubectl.run("create", "secret", "generic", "quiet", "--from-literal=word=hush-hush");
      kubectl.run("create", "configmap", "loud", "--from-literal=word=hear-hear");
      kubectl.run(
          "create", "secret", "generic", "other", "-n", "kube-system", "--from-literal=a=b");
      assertThat(stored(KEY))
          .startsWith("k8s:enc:aesgcm:v1:one:")
          .doesNotContain("hush-hush", "aHVzaC1odXNo", "quiet");
      assertThat(stored("/registry/configmaps/default/loud")).contains("hear-hear");
      assertThat(word(kubectl)).isEqualTo("hush-hush");
      coracle.interrupt();

      configure("two", "one");
      coracle.start();
      assertThat(word(kubectl)).as("by the old key").isEqualTo("hush-hush");
      assertThat(stored(KEY)).startsWith("k8s:enc:aesgcm:v1:one:");
      String all = kubectl.run("get", "secrets", "-o", "json");
      kubectl.runWithInput(all, "replace", "-f", "-");
      assertThat(stored(KEY)).as("written anew").startsWith("k8s:enc:aesgcm:v1:two:");
      String other = "/registry/secrets/kube-system/other";
      assertThat(stored(other)).as("not yet").startsWith("k8s:enc:aesgcm:v1:one:");
      kubectl.runWithInput(
          """
          apiVersion: storagemigration.k8s.io/v1beta1
          kind: StorageVersionMigration
          metadata: {name: secrets}
          spec: {resource: {group: "", resource: secrets}}
          """,
          "create",
          "-f",
          "-");
      kubectl.run("wait", "--for=condition=Succeeded", "storageversionmigration/secrets");
      assertThat(stored(other)).as("migrated").startsWith("k8s:enc:aesgcm:v1:two:");
      coracle.interrupt();

      configure("two");
      coracle.start();
      assertThat(word(kubectl)).as("without the old key").isEqualTo("hush-hush");
      assertThat(List.of(kubectl.run("get", "secrets", "-A", "-o", "name").split("\n")))
          .contains("secret/quiet");
    }
  }

  private static String word(Kubectl kubectl) {
    String encoded = kubectl.run("get", "secret", "quiet", "-o", "jsonpath={.data.word}");
    return new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
  }
}
