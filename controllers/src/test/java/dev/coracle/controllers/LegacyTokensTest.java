package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.Patch;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tokens in Secrets that nobody uses (KEP-2799). It is the first day of 2026 at first. */
class LegacyTokensTest {

  private static final String LABEL = "kubernetes.io/legacy-token-";

  private final Cluster c =
      new Cluster(options ->
          options
              .tuned(t -> t.withLegacyTokenPeriod(Duration.ofDays(2)))
              .without(List.of("node-lifecycle-controller")));

  @BeforeEach
  void track() {
    c.api.put(
        Resources.CONFIG_MAPS,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"kube-system",
             "name":"kube-apiserver-legacy-service-account-token-tracking"},
             "data":{"since":"2026-01-01"}}\
            """));
    c.api.put(
        Resources.SERVICE_ACCOUNTS,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"ServiceAccount","metadata":{"namespace":"default",
             "name":"robot"},"secrets":[{"name":"generated"},{"name":"mounted"}]}\
            """));
    for (String name : List.of("generated", "mounted", "by-hand")) {
      c.create(
          Resources.SECRETS,
          """
          {"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/service-account-token",
           "metadata":{"namespace":"default","name":"%s","annotations":{
            "kubernetes.io/service-account.name":"robot"}}}\
          """
              .formatted(name));
    }
    c.create(
        Resources.PODS,
        """
        {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":"p"},
         "spec":{"containers":[{"name":"c"}],
          "volumes":[{"name":"v","secret":{"secretName":"mounted"}}]}}\
        """);
  }

  private @Nullable KubeObject secret(String name) {
    return c.peek(Resources.SECRETS, name);
  }

  private String label(String name, String of) {
    return Objects.requireNonNull(secret(name), name).labels().getOrDefault(LABEL + of, "");
  }

  private void pass(int hours) {
    c.pass(Duration.ofHours(hours));
  }

  private String today() {
    return LocalDate.ofInstant(c.context.clock().instant(), ZoneOffset.UTC).toString();
  }

  @Test
  void whatIsGeneratedAndUnusedIsMarkedAndThenDeleted() {
    pass(3 * 24 - 1);
    assertThat(label("generated", "invalid-since")).as("tracked for less than two days").isEmpty();
    pass(2);
    assertThat(today()).isEqualTo("2026-01-04");
    assertThat(label("generated", "invalid-since")).isEqualTo("2026-01-04");
    assertThat(label("mounted", "invalid-since")).isEmpty();
    assertThat(label("by-hand", "invalid-since")).isEmpty();
    pass(2 * 24);
    assertThat(secret("generated")).as("two whole days are not over").isNotNull();
    pass(24);
    assertThat(secret("generated")).isNull();
    assertThat(secret("mounted")).isNotNull();
    assertThat(secret("by-hand")).isNotNull();
  }

  @Test
  void whatIsUsedOnceMoreStays() {
    pass(3 * 24 + 1);
    assertThat(label("generated", "invalid-since")).isEqualTo("2026-01-04");
    c.api
        .patch(
            Resources.SECRETS,
            "default",
            "generated",
            Patch.merge(body ->
                body.putObject("metadata").putObject("labels").put(LABEL + "last-used", today())))
        .await()
        .indefinitely();
    pass(2 * 24);
    assertThat(secret("generated")).isNotNull();
    c.api.change(
        Resources.SECRETS,
        "default",
        "generated",
        tree ->
            tree.withObjectProperty("metadata")
                .withObjectProperty("labels")
                .put(LABEL + "last-used", "yesterday"));
    pass(10 * 24);
    assertThat(secret("generated")).as("nobody knows when it was used").isNotNull();
  }
}
