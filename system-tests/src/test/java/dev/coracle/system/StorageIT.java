package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The store as its owner meets it: snapshots, etcdctl, and clients that do not read. */
@Order(2)
class StorageIT {

  private static final int DEAF = 1000;
  private static final Path ETCDCTL = Path.of("/usr/bin/etcdctl");

  private static Shell.Result coracle(String... arguments) {
    return Shell.run(Duration.ofSeconds(60), Map.of(), "", CoracleProcess.command(arguments));
  }

  @Test
  void aSnapshotBringsBackWhatWasDeleted(@TempDir Path directory) throws Exception {
    String data = directory.resolve("data").toString();
    String file = directory.resolve("snapshot").toString();
    try (CoracleProcess coracle = CoracleProcess.start(directory.resolve("data"))) {
      Kubectl kubectl = coracle.kubectl();
      kubectl.run("create", "configmap", "kept", "--from-literal=a=1");
      Shell.Result saved = coracle("snapshot", "save", "--data-dir", data, file);
      assertThat(saved.exitCode()).as(saved.all()).isZero();
      assertThat(saved.out()).contains("Saved " + file).contains("revision");
      assertThat(coracle("snapshot", "status", file).out()).contains("is sound");
      kubectl.run("delete", "configmap", "kept");
      Shell.Result tooEarly = coracle("snapshot", "restore", "--data-dir", data, file);
      assertThat(tooEarly.exitCode()).isEqualTo(1);
      assertThat(tooEarly.err()).contains("is in use");
      coracle.interrupt();

      Shell.Result refused = coracle("snapshot", "restore", "--data-dir", data, file);
      assertThat(refused.err()).contains("--replace");
      Shell.Result restored = coracle("snapshot", "restore", "--replace", "--data-dir", data, file);
      assertThat(restored.exitCode()).as(restored.all()).isZero();
      coracle.start();
      assertThat(kubectl.run("get", "configmap", "kept", "-o", "jsonpath={.data.a}"))
          .isEqualTo("1");
      coracle.interrupt();

      damage(directory.resolve("data").resolve("store"));
      Shell.Result damaged = coracle("up", "--data-dir", data, "--port", "0");
      assertThat(damaged.exitCode()).isEqualTo(1);
      assertThat(damaged.err()).contains("is damaged").contains("snapshot restore --replace");
      assertThat(damaged.err()).doesNotContain("bug").doesNotContain("\tat ");
      String rest = directory.resolve("rest").toString();
      Shell.Result salvaged = coracle("snapshot", "save", "--salvage", "--data-dir", data, rest);
      assertThat(salvaged.exitCode()).as(salvaged.all()).isZero();
      assertThat(salvaged.out()).contains("Not saved: ");
    }
  }

  /** Changes one byte of a value in the base file that the restoring has made. */
  private static void damage(Path store) throws Exception {
    Path base;
    try (Stream<Path> files = Files.list(store)) {
      base = files.filter(f -> f.getFileName().toString().startsWith("base-")).findFirst().get();
    }
    byte[] bytes = Files.readAllBytes(base);
    bytes[200] ^= 1;
    Files.write(base, bytes);
  }

  @Test
  void etcdctlSeesAndChangesTheLiveStore(@TempDir Path directory) throws Exception {
    assumeThat(ETCDCTL).as("etcdctl (Debian: etcd-client)").isExecutable();
    try (CoracleProcess coracle =
        CoracleProcess.start(directory.resolve("data"), "--serve-etcd", "127.0.0.1:0")) {
      Kubectl kubectl = coracle.kubectl();
      Map<String, String> access = etcdctlVariables(coracle.output());
      kubectl.run("create", "configmap", "seen", "--from-literal=a=1");
      String key = "/registry/configmaps/default/seen";
      assertThat(ctl(access, "", "get", "--prefix", "/registry/configmaps/default/", "--keys-only"))
          .contains(key);
      String stored = ctl(access, "", "get", key, "--print-value-only").strip();
      assertThat(stored).contains("\"a\":\"1\"");

      assertThat(ctl(access, "", "put", key, stored.replace("\"a\":\"1\"", "\"a\":\"2\"")))
          .startsWith("OK");
      assertThat(kubectl.run("get", "configmap", "seen", "-o", "jsonpath={.data.a}"))
          .isEqualTo("2");
      String txn = "version(\"" + key + "\") = \"2\"\n\ndel " + key + "\n\nget " + key + "\n\n";
      assertThat(ctl(access, txn, "txn")).startsWith("SUCCESS");
      assertThat(kubectl.attempt("", "get", "configmap", "seen").err()).contains("NotFound");

      String lease = ctl(access, "", "lease", "grant", "60").split(" ")[1];
      ctl(access, "", "put", "/other/leased", "x", "--lease", lease);
      assertThat(ctl(access, "", "lease", "revoke", lease)).contains("revoked");
      assertThat(ctl(access, "", "get", "/other/leased")).isEmpty();
      ctl(access, "", "endpoint", "health"); // says so on standard error, and by its exit code

      Map<String, String> strange = new HashMap<>(access);
      Path pki = coracle.dataDir().resolve("pki");
      strange.put("ETCDCTL_CERT", pki.resolve("apiserver-kubelet-client.crt").toString());
      strange.put("ETCDCTL_KEY", pki.resolve("apiserver-kubelet-client.key").toString());
      Shell.Result refused = run(strange, "", "get", "--command-timeout=2s", key);
      assertThat(refused.exitCode()).as("with a certificate of the cluster's CA").isNotZero();
    }
  }

  private static Map<String, String> etcdctlVariables(String output) {
    Map<String, String> variables = new HashMap<>();
    Matcher matcher = Pattern.compile("export (ETCDCTL_[A-Z]+)=(\\S+)").matcher(output);
    while (matcher.find()) {
      variables.put(matcher.group(1), matcher.group(2));
    }
    assertThat(variables).as(output).hasSize(5);
    return variables;
  }

  private static Shell.Result run(Map<String, String> access, String input, String... arguments) {
    return Shell.run(
        Duration.ofSeconds(60), access, input, Shell.list(ETCDCTL.toString(), arguments));
  }

  private static String ctl(Map<String, String> access, String input, String... arguments) {
    Shell.Result result = run(access, input, arguments);
    assertThat(result.exitCode()).as(List.of(arguments) + ": " + result.all()).isZero();
    return result.out();
  }

  /**
   * A thousand connections that ask for a watch and never read: 12 MB for each of them, of which
   * the kernel's buffers take a part. Their events would be 12 GB; the server has a heap of 300 MB,
   * and as much for buffers.
   */
  @Test
  void clientsThatDoNotReadHoldUpNobody(@TempDir Path directory) throws Exception {
    try (CoracleProcess coracle =
            CoracleProcess.startAs(List.of("env", "CORACLE_HEAP=300m"), directory.resolve("data"));
        DeafWatchers deaf = new DeafWatchers(coracle)) {
      Kubectl kubectl = coracle.kubectl();
      deaf.connect(DEAF, "/api/v1/namespaces/default/configmaps?watch=true");
      await(() -> metric(kubectl, "apiserver_watch_hub_watchers") >= DEAF);
      StringBuilder manifests = new StringBuilder();
      for (int i = 0; i < 60; i++) {
        manifests.append("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: big-").append(i);
        manifests.append("}\ndata: {text: ").append("x".repeat(200_000)).append("}\n---\n");
      }
      String[] apply = {
        "apply", "--server-side", "--force-conflicts", "--validate=false", "-f", "-"
      };
      await(() -> kubectl.attempt(manifests.toString(), apply).exitCode() == 0);
      await(() -> metric(kubectl, "apiserver_watch_hub_lagging_watchers") >= DEAF);
      assertThat(kubectl.run("get", "configmaps", "-o", "name").lines())
          .filteredOn(l -> l.contains("big-"))
          .hasSize(60);
      assertThat(coracle.output()).doesNotContain("OutOfMemoryError");
      deaf.close();
      await(() -> metric(kubectl, "apiserver_watch_hub_lagging_watchers") == 0);
    }
  }

  /** Again and again, as on a busy machine a call of kubectl may give up. */
  private static void await(Callable<Boolean> condition) {
    Awaitility.await().atMost(Duration.ofMinutes(3)).until(condition);
  }

  /** -1 when it could not be asked for. */
  private static double metric(Kubectl kubectl, String name) {
    Shell.Result metrics = kubectl.attempt("", "get", "--raw", "/metrics");
    return metrics.exitCode() != 0
        ? -1
        : metrics
            .out()
            .lines()
            .filter(l -> l.startsWith(name + " ") || l.startsWith(name + "{"))
            .mapToDouble(l -> Double.parseDouble(l.substring(l.lastIndexOf(' ') + 1)))
            .sum();
  }
}
