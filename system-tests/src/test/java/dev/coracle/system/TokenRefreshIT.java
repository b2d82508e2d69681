package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.launcher.config.CoracleOptions;
import dev.coracle.testkit.TestCluster;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tokens of a running pod that are renewed. The shortest that the API gives live for ten minutes; a
 * node whose clock is ahead sees only the end of that, and has to renew them all the sooner.
 */
class TokenRefreshIT {

  private static final Duration LIFE = Duration.ofMinutes(10);
  private static final Duration LEFT = Duration.ofSeconds(20);

  /** Says what is in the file, whenever that is another token. */
  private static final String READER =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: reader}
      spec:
        terminationGracePeriodSeconds: 0
        volumes:
        - name: t
          projected: {sources: [{serviceAccountToken: {path: token, audience: vault, expirationSeconds: 600}}]}
        containers:
        - name: c
          image: coracle/demo:1
          volumeMounts: [{name: t, mountPath: /t}]
          command:
          - sh
          - -c
          - 'while true; do now=$(cat /t/token); [ "$now" = "$last" ] || echo "$now"; last=$now; sleep 0.1; done'
      """;

  @Test
  @Timeout(180)
  void aRunningPodSeesANewTokenBeforeTheOldOneExpires(@TempDir Path directory) throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
    Clock ahead = Clock.offset(Clock.systemUTC(), LIFE.minus(LEFT));
    try (TestCluster cluster =
        TestCluster.start(CoracleOptions.onFreePorts(directory.resolve("data")), ahead)) {
      Kubectl kubectl = new Kubectl("kubectl", cluster.kubeconfig());
      kubectl.runWithInput(READER, "apply", "-f", "-");
      kubectl.run("wait", "--for=condition=Ready", "pod/reader", "--timeout=60s");
      List<String> tokens = new ArrayList<>();
      List<Instant> seen = new ArrayList<>();
      Process logs = kubectl.start("logs", "--follow", "reader");
      try (BufferedReader lines = logs.inputReader(StandardCharsets.UTF_8)) {
        while (tokens.size() < 2) {
          String line = lines.readLine();
          assertThat(line).as("what the pod says, after " + tokens.size()).isNotNull();
          seen.add(ahead.instant());
          tokens.add(line);
        }
      } finally {
        logs.destroy();
        assertThat(logs.waitFor(10, TimeUnit.SECONDS)).isTrue();
      }
      assertThat(tokens).doesNotHaveDuplicates();
      for (int i = 1; i < tokens.size(); i++) {
        Instant end = Instant.ofEpochSecond(claims(tokens.get(i - 1)).path("exp").asLong());
        assertThat(seen.get(i)).as("by the node's clock").isBefore(end);
      }
      String uid = kubectl.run("get", "pod", "reader", "-o", "jsonpath={.metadata.uid}");
      for (String token : tokens) {
        JsonNode claims = claims(token);
        assertThat(claims.path("exp").asLong() - claims.path("iat").asLong())
            .isEqualTo(LIFE.toSeconds());
        JsonNode status = review(kubectl, token);
        assertThat(status.path("authenticated").asBoolean()).as("%s", status).isTrue();
        assertThat(status.at("/user/extra/authentication.kubernetes.io~1pod-uid/0").asText())
            .isEqualTo(uid);
      }
    }
  }

  private static JsonNode claims(String token) {
    return Json.parse(Base64.getUrlDecoder().decode(token.split("\\.")[1]));
  }

  private static JsonNode review(Kubectl kubectl, String token) {
    String review =
        """
        apiVersion: authentication.k8s.io/v1
        kind: TokenReview
        spec: {token: %s, audiences: [vault]}
        """;
    return Json.parse(
            kubectl.runWithInput(review.formatted(token), "create", "-f", "-", "-o", "json"))
        .path("status");
  }
}
