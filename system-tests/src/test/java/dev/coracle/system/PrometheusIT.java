package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real Prometheus scrapes the API server's port, with a certificate as kubectl has it. */
class PrometheusIT {
  private static final Pattern UPSTREAMS_UNITS =
      Pattern.compile(
          "(# (HELP|TYPE) )?(apiserver_flowcontrol_(latest_s|next_s_bounds|next_discounted_s_bounds)\\b"
              + "|kubelet_topology_manager_admission_duration_ms"
              + "|container_(fs_inodes_total|memory_failcnt)\\b)");

  @Test
  void prometheusScrapesEveryComponent(@TempDir Path directory) throws Exception {
    assumeThat(Shell.has("prometheus")).as("needs the program prometheus").isTrue();
    try (CoracleProcess coracle = CoracleProcess.start(directory.resolve("data"))) {
      int port;
      try (ServerSocket free = new ServerSocket(0)) {
        port = free.getLocalPort();
      }
      Path pki = coracle.dataDir().resolve("pki");
      Path config =
          Files.writeString(
              directory.resolve("prometheus.yml"),
              """
              global: {scrape_interval: 1s}
              scrape_configs:
              - job_name: coracle
                scheme: https
                tls_config: {ca_file: %1$s/ca.crt, cert_file: %1$s/admin.crt, key_file: %1$s/admin.key}
                static_configs: [{targets: ["%2$s"]}]
              """
                  .formatted(pki, coracle.apiUrl().replace("https://", "")));
      Process prometheus =
          new ProcessBuilder(
                  "prometheus",
                  "--config.file=" + config,
                  "--storage.tsdb.path=" + directory.resolve("tsdb"),
                  "--web.listen-address=127.0.0.1:" + port)
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("prometheus.log").toFile())
              .start();
      try {
        Awaitility.await()
            .atMost(Duration.ofSeconds(40))
            .until(() -> query(port, "up").contains("\"1\""));
        // A scrape is counted when it is answered, so the next one tells of it.
        Awaitility.await()
            .atMost(Duration.ofSeconds(20))
            .until(() -> query(port, "apiserver_request_total").contains("\"verb\""));
        assertThat(query(port, "kubeproxy_service_ports")).contains("\"value\"");
      } finally {
        prometheus.destroy();
        prometheus.waitFor(10, TimeUnit.SECONDS);
      }
    }
  }

  @Test
  void promtoolHasNothingToSayOfAnyExposition(@TempDir Path directory) throws Exception {
    assumeThat(Shell.has("promtool")).as("needs the program promtool").isTrue();
    try (CoracleProcess coracle = CoracleProcess.start(directory.resolve("data"))) {
      Kubectl kubectl = coracle.kubectl();
      kubectl.run("apply", "-f", CoracleProcess.HOME.resolve("demo/1-greeter.yaml").toString());
      kubectl.run("rollout", "status", "deployment/greeter", "--timeout=120s");
      String node =
          "/api/v1/nodes/"
              + kubectl.run("get", "nodes", "-o", "jsonpath={.items[0].metadata.name}")
              + "/proxy";
      for (String path :
          List.of(
              "/metrics",
              "/metrics/kube-state",
              "/metrics/resources",
              node + "/metrics",
              node + "/metrics/resource",
              node + "/metrics/cadvisor",
              node + "/metrics/probes")) {
        String exposition = withoutUpstreamsUnits(kubectl.run("get", "--raw", path));
        assertThat(exposition).as(path).contains("# HELP");
        Shell.Result said =
            Shell.run(
                Duration.ofSeconds(60),
                Map.of(),
                exposition,
                List.of("promtool", "check", "metrics"));
        assertThat(said.all()).as(path).isEmpty();
        assertThat(said.exitCode()).as(path).isZero();
      }
      assertThat(kubectl.run("get", "--raw", "/metrics")).contains("kubernetes_build_info");
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> kubectl.attempt("", "top", "pods").out().contains("greeter-"));
      assertThat(kubectl.run("top", "nodes")).contains("CPU(cores)").contains("MEMORY(%)");
    }
  }

  /** Some names of Kubernetes' own, of metrics and of a label, are not what promtool asks for. */
  private static String withoutUpstreamsUnits(String exposition) {
    return exposition
        .lines()
        .filter(line -> !UPSTREAMS_UNITS.matcher(line).lookingAt())
        .map(line -> line.replace("{clusterCIDR=", "{cluster_cidr="))
        .collect(Collectors.joining("\n", "", "\n"));
  }

  private static String query(int port, String expression) {
    return Shell.run(
            "curl",
            "-s",
            "--max-time",
            "5",
            "http://127.0.0.1:" + port + "/api/v1/query?query=" + expression)
        .out();
  }
}
