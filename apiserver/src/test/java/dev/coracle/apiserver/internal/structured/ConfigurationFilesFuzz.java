package dev.coracle.apiserver.internal.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.apiserver.internal.audit.AuditPolicy;
import dev.coracle.apiserver.internal.encryption.EncryptionConfig;
import dev.coracle.apiserver.internal.http.RemoteJson;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The API server's configuration files: read, or refused in words for whoever wrote them. */
class ConfigurationFilesFuzz {

  private static final String AUTHENTICATION =
      """
      apiVersion: apiserver.config.k8s.io/v1
      kind: AuthenticationConfiguration
      jwt:
      - issuer: {url: https://one.example.org, audiences: [coracle]}
        claimValidationRules: [{claim: tenant, requiredValue: one}, {expression: claims.exp > 1}]
        claimMappings:
          username: {expression: '"x:" + claims.sub'}
          extra: [{key: example.org/team, valueExpression: claims.team}]
      anonymous: {enabled: true, conditions: [{path: /livez}]}
      """;
  private static final String AUTHORIZATION =
      """
      apiVersion: apiserver.config.k8s.io/v1
      kind: AuthorizationConfiguration
      authorizers:
      - type: Webhook
        name: policy
        webhook:
          timeout: 3s
          subjectAccessReviewVersion: v1
          failurePolicy: Deny
          connectionInfo: {type: KubeConfigFile, kubeConfigFile: /etc/policy}
          matchConditions: [{expression: has(request.resourceAttributes)}]
      - {type: RBAC, name: rbac}
      """;
  private static final String AUDIT =
      """
      apiVersion: audit.k8s.io/v1
      kind: Policy
      omitStages: [RequestReceived]
      rules:
      - {level: None, users: [a], verbs: [get], nonResourceURLs: ["/healthz*"]}
      - {level: Request, resources: [{group: "", resources: [pods/log], resourceNames: [x]}]}
      """;
  private static final String ENCRYPTION =
      """
      apiVersion: apiserver.config.k8s.io/v1
      kind: EncryptionConfiguration
      resources:
      - resources: [secrets, "*.apps"]
        providers:
        - aesgcm: {keys: [{name: a, secret: AAAAAAAAAAAAAAAAAAAAAA==}]}
        - secretbox: {keys: [{name: b, secret: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=}]}
        - identity: {}
      """;
  private static final String KUBECONFIG =
      """
      current-context: c
      contexts: [{name: c, context: {cluster: k, user: u}}]
      clusters: [{name: k, cluster: {server: https://a.example/x, certificate-authority-data: ''}}]
      users: [{name: u, user: {token: t, client-key: nowhere}}]
      """;

  @TempDir Path directory;
  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() throws Exception {
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  @FuzzTest(maxDuration = "60s")
  void files(byte[] input) throws IOException {
    read(input);
  }

  @Test
  void changedFiles() throws InterruptedException {
    new Fuzzer()
        .seeds(AUTHENTICATION, AUTHORIZATION, AUDIT, ENCRYPTION, KUBECONFIG, "", "[]", "~")
        .seeds(AdmissionFileTest.ALL)
        .words("- ", ": ", "[", "{", "}", "&a ", "*a", "~", "null", "-1s", "9999999h", "https://[")
        .percent(30)
        .run(this::read);
  }

  private void read(byte[] input) throws IOException {
    Path file = Files.write(directory.resolve("file"), input);
    refusedBy(
        IllegalArgumentException.class, () -> AuthenticationFile.parse(input, "https://own", null));
    refusedBy(IllegalArgumentException.class, () -> AuthorizationFile.parse(input));
    refusedBy(IllegalArgumentException.class, () -> AdmissionFile.parse(input, file));
    refusedBy(IllegalStateException.class, () -> AuditPolicy.read(file));
    refusedBy(
        IllegalStateException.class,
        () -> EncryptionConfig.read(vertx, "/registry", file, new SimpleMeterRegistry()));
    refusedBy(
        IllegalStateException.class,
        () -> {
          try (RemoteJson _ = RemoteJson.ofKubeconfig(vertx, file)) {
            assertThat(file).exists();
          }
        });
  }

  private static void refusedBy(Class<? extends RuntimeException> type, Runnable reading) {
    try {
      reading.run();
    } catch (RuntimeException e) {
      if (!type.isInstance(e)) {
        fail(e);
      }
      assertThat(e.getMessage()).isNotBlank();
    }
  }
}
