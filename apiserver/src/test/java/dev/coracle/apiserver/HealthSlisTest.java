package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code /metrics/slis} (KEP-3466). */
class HealthSlisTest {

  @TempDir Path dir;

  /** Those asked by name and those left out are not counted, as upstream's are not. */
  @Test
  void tellsWhatCameOfTheChecksThatWereAskedWhole() throws Exception {
    try (TestServer server = new TestServer(dir)) {
      TestApi api = new TestApi(server);
      assertThat(slis(api)).doesNotContain("kubernetes_healthcheck");
      api.bytes("/readyz", "identity", "*/*");
      api.bytes("/readyz?verbose", "identity", "*/*");
      api.bytes("/readyz/poststarthook/rbac/bootstrap-roles", "identity", "*/*");
      api.bytes("/livez?exclude=ping", "identity", "*/*");
      api.bytes("/healthz/ping", "identity", "*/*");
      assertThat(slis(api))
          .contains(
              "# TYPE kubernetes_healthcheck gauge\n",
              "kubernetes_healthcheck{name=\"ping\",type=\"readyz\"} 1\n",
              "kubernetes_healthcheck{name=\"poststarthook/rbac/bootstrap-roles\",type=\"readyz\"} 1\n",
              "# TYPE kubernetes_healthchecks_total counter\n",
              "kubernetes_healthchecks_total{name=\"ping\",status=\"success\",type=\"readyz\"} 2\n",
              "kubernetes_healthchecks_total{name=\"poststarthook/rbac/bootstrap-roles\",status=\"success\","
                  + "type=\"readyz\"} 2\n",
              "process_start_time_seconds ")
          .doesNotContain("name=\"ping\",type=\"livez\"", "healthz\"");
    }
  }

  private static String slis(TestApi api) throws Exception {
    return new String(api.bytes("/metrics/slis", "identity", "*/*"), StandardCharsets.UTF_8);
  }
}
