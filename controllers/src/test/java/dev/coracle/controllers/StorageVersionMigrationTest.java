package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.client.fake.FakeClient.Call;
import dev.coracle.controllers.internal.status.Conditions;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What becomes of StorageVersionMigrations; that values are written anew is the store's part. */
class StorageVersionMigrationTest {

  private final Cluster c = new Cluster();

  private KubeObject migrate(String resource) {
    c.create(
        Resources.STORAGE_VERSION_MIGRATIONS,
        "{\"apiVersion\":\"storagemigration.k8s.io/v1beta1\",\"kind\":\"StorageVersionMigration\","
            + "\"metadata\":{\"name\":\"m\"},\"spec\":{\"resource\":{\"group\":\"\","
            + "\"resource\":\""
            + resource
            + "\"}}}");
    c.pass(Duration.ofSeconds(1));
    return migration();
  }

  private KubeObject migration() {
    return Objects.requireNonNull(c.api.peek(Resources.STORAGE_VERSION_MIGRATIONS, "", "m"));
  }

  private void configMap(String name) {
    c.create(
        Resources.CONFIG_MAPS,
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"namespace\":\"default\","
            + "\"name\":\""
            + name
            + "\"}}");
  }

  private List<String> rewritten() {
    return c.api.calls().stream()
        .filter(
            call -> call.verb().equals("update") && call.resource().equals(Resources.CONFIG_MAPS))
        .map(Call::name)
        .filter(name -> !name.startsWith("kube-"))
        .sorted()
        .toList();
  }

  @Test
  void everyObjectIsWrittenOnceMore() {
    configMap("a");
    configMap("b");
    KubeObject done = migrate("configmaps");
    assertThat(rewritten()).containsExactly("a", "b");
    assertThat(done.text("status", "resourceVersion")).isNotEmpty();
    assertThat(Conditions.isTrue(done, "Succeeded")).isTrue();
    assertThat(Conditions.find(done, "Running").path("status").asText()).isEqualTo("False");
    assertThat(Conditions.find(done, "Succeeded").path("reason").asText())
        .isEqualTo("StorageVersionMigrationSucceeded");
    c.pass(Duration.ofMinutes(5));
    assertThat(rewritten()).as("and not again").hasSize(2);
  }

  @Test
  void whoeverWroteMeanwhileHasDoneIt() {
    configMap("a");
    configMap("b");
    c.api.failWhen(call ->
        call.verb().equals("update") && call.name().equals("a")
            ? Optional.of(StatusException.of(StatusReason.CONFLICT, "changed"))
            : Optional.empty());
    assertThat(Conditions.isTrue(migrate("configmaps"), "Succeeded")).isTrue();
  }

  @Test
  void whatCannotBeWrittenIsTold() {
    configMap("a");
    c.api.failWhen(call ->
        call.verb().equals("update") && call.name().equals("a")
            ? Optional.of(StatusException.of(StatusReason.INVALID, "too long"))
            : Optional.empty());
    KubeObject failed = migrate("configmaps");
    assertThat(Conditions.isTrue(failed, "Failed")).isTrue();
    assertThat(Conditions.find(failed, "Failed").path("message").asText())
        .isEqualTo("migration encountered unhandled error: too long");
  }

  @Test
  void aResourceThatThereIsNotIsWaitedForAMinute() {
    KubeObject waiting = migrate("whales");
    assertThat(waiting.at("status", "conditions").isEmpty()).isTrue();
    c.pass(Duration.ofSeconds(70));
    assertThat(Conditions.find(migration(), "Failed").path("message").asText())
        .isEqualTo("resource does not exist in discovery");
  }
}
