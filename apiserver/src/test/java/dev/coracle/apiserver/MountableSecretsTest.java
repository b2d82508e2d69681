package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.apiserver.TestApi.Answer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Service accounts that limit which secrets their pods read, in upstream's words. */
@ExtendWith(OwnServer.class)
class MountableSecretsTest {

  private static final String ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts";
  private static final String PODS = "/api/v1/namespaces/default/pods";
  private static final String WARNING =
      "299 - \"metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+;"
          + " prefer separate namespaces to isolate access to mounted secrets\"";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi own) {
    api = own;
    account("strict", "\"true\"");
    account("lax", "\"no\"");
  }

  private static Answer account(String name, String enforced) {
    return api.post(
            ACCOUNTS,
            """
            metadata: {name: %s, annotations: {kubernetes.io/enforce-mountable-secrets: %s}}
            secrets: [{name: good}]
            imagePullSecrets: [{name: pull}]
            """
                .formatted(name, enforced))
        .ok();
  }

  private static Answer pod(String name, String account, String spec) {
    return api.post(
        PODS,
        "{metadata: {name: %s}, spec: {serviceAccountName: %s, %s}}"
            .formatted(name, account, spec));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          containers: [{name: c, image: i}], volumes: [{name: v, secret: {secretName: bad}}] | volume with secret.secretName="bad"
          containers: [{name: c, image: i, env: [{name: e, valueFrom: {secretKeyRef: {name: bad, key: k}}}]}] | container c with envVar e referencing secret.secretName="bad"
          containers: [{name: c, image: i, envFrom: [{secretRef: {name: bad}}]}] | container c with envFrom referencing secret.secretName="bad"
          containers: [{name: c, image: i}], initContainers: [{name: f, image: i, env: [{name: e, valueFrom: {secretKeyRef: {name: bad, key: k}}}]}] | init container f with envVar e referencing secret.secretName="bad"
          containers: [{name: c, image: i}], initContainers: [{name: f, image: i, envFrom: [{secretRef: {name: bad}}]}] | init container f with envFrom referencing secret.secretName="bad"
          """)
  void onlySecretsOfTheAccountAreRead(String spec, String words) {
    assertThat(pod("p", "strict", spec).message())
        .isEqualTo(
            "pods \"p\" is forbidden: "
                + words
                + " is not allowed because service account strict does not reference that secret");
    pod("q", "strict", spec.replace("bad", "good")).ok();
    api.delete(PODS + "/q?gracePeriodSeconds=0").ok();
    pod("q", "lax", spec).ok();
    api.delete(PODS + "/q?gracePeriodSeconds=0").ok();
  }

  @Test
  void imagesArePulledWithSecretsOfTheAccountOnly() {
    String spec = "containers: [{name: c, image: i}], imagePullSecrets: [{name: pull}, {name: x}]";
    assertThat(pod("p", "strict", spec).message())
        .isEqualTo(
            "pods \"p\" is forbidden: imagePullSecrets[1].name=\"x\" is not allowed because service"
                + " account strict does not reference that imagePullSecret");
    ObjectNode made =
        pod("pulls", "strict", "containers: [{name: c, image: i}]").ok().body().deepCopy();
    assertThat(made.at("/spec/imagePullSecrets/0/name").asText()).isEqualTo("pull");
  }

  @Test
  void containersThatComeToDebugAreLimitedToo() {
    ObjectNode pod =
        pod("debugged", "strict", "containers: [{name: c, image: i}]").ok().body().deepCopy();
    pod.withObjectProperty("spec")
        .withArrayProperty("ephemeralContainers")
        .add(TestApi.tree("{name: d, image: i, envFrom: [{secretRef: {name: bad}}]}"));
    Answer answer = api.put(PODS + "/debugged/ephemeralcontainers", pod);
    assertThat(answer.message())
        .isEqualTo(
            "pods \"debugged\" is forbidden: ephemeral container d with envFrom referencing"
                + " secret.secretName=\"bad\" is not allowed because service account strict does"
                + " not reference that secret");
  }

  @Test
  void podsWithoutANameYetAreToldByItsBeginning() {
    Answer answer =
        api.post(
            PODS,
            """
            metadata: {generateName: web-}
            spec:
              serviceAccountName: strict
              containers: [{name: c, image: i}]
              volumes: [{name: v, secret: {secretName: bad}}]
            """);
    assertThat(answer.code()).isEqualTo(403);
    assertThat(answer.message()).startsWith("pods \"web-\" is forbidden: volume with secret");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          containers: [{name: c, image: i, envFrom: [{secretRef: {name: s}}]}] | secrets
          containers: [{name: c, image: i}], imagePullSecrets: [{name: s}] | secrets
          containers: [{name: c, image: i}], volumes: [{name: v, csi: {driver: d.io, nodePublishSecretRef: {name: s}}}] | secrets
          containers: [{name: c, image: i}], serviceAccountName: strict | service accounts
          """)
  void mirrorsReadNoSecrets(String spec, String what) {
    Answer answer =
        api.post(
            PODS,
            "{metadata: {name: m, annotations: {kubernetes.io/config.mirror: x}}, spec: {"
                + spec
                + "}}");
    assertThat(answer.code()).isEqualTo(403);
    assertThat(answer.message())
        .isEqualTo("pods \"m\" is forbidden: a mirror pod may not reference " + what);
  }

  @Test
  void theAnnotationIsDeprecated() {
    Answer made = account("warned", "\"true\"");
    assertThat(made.warnings()).containsExactly(WARNING);
    assertThat(api.put(ACCOUNTS + "/warned", made.body()).ok().warnings()).isEmpty();
    api.post(ACCOUNTS, "{metadata: {name: plain}}").ok();
    assertThat(
            api.merge(
                    ACCOUNTS + "/plain",
                    "{metadata: {annotations: {kubernetes.io/enforce-mountable-secrets: \"\"}}}")
                .ok()
                .warnings())
        .containsExactly(WARNING);
  }
}
