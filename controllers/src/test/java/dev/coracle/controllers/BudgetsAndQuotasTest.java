package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class BudgetsAndQuotasTest {

  private final Cluster c = new Cluster(o -> o.without(List.of("node-lifecycle-controller")));

  @Test
  void aBudgetCountsWhatMayGo() {
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 4, "i"));
    c.create(
        Resources.POD_DISRUPTION_BUDGETS,
        """
        {"apiVersion":"policy/v1","kind":"PodDisruptionBudget",
         "metadata":{"namespace":"default","name":"b"},
         "spec":{"maxUnavailable":"25%","selector":{"matchLabels":{"app":"d"}}}}\
        """);
    c.pass(Duration.ofSeconds(1));
    assertThat(c.events("NoPods")).isEmpty();
    KubeObject budget = c.get(Resources.POD_DISRUPTION_BUDGETS, "b");
    assertThat(budget.at("status", "expectedPods").asInt()).isEqualTo(4);
    assertThat(budget.at("status", "desiredHealthy").asInt()).isEqualTo(3);
    assertThat(budget.at("status", "disruptionsAllowed").asInt()).isEqualTo(1);
    c.startTime = Duration.ofSeconds(5);
    c.api.remove(Resources.PODS, "default", c.pods().getFirst().name());
    c.context.runUntilIdle();
    budget = c.get(Resources.POD_DISRUPTION_BUDGETS, "b");
    assertThat(budget.at("status", "disruptionsAllowed").asInt()).isZero();
  }

  @Test
  void aBudgetOverPodsWhoseOwnerHasNoSizeLetsNothingGo() {
    // The Job itself is not there, so its pod would be garbage.
    Cluster c = new Cluster(o -> o.without(List.of("garbage-collector-controller")));
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 3, "i"));
    c.create(
        Resources.POD_DISRUPTION_BUDGETS,
        """
        {"apiVersion":"policy/v1","kind":"PodDisruptionBudget",
         "metadata":{"namespace":"default","name":"b"},
         "spec":{"maxUnavailable":1,"selector":{"matchLabels":{"app":"d"}}}}\
        """);
    c.pass(Duration.ofSeconds(1));
    assertThat(
            c.get(Resources.POD_DISRUPTION_BUDGETS, "b").at("status", "disruptionsAllowed").asInt())
        .isEqualTo(1);
    c.create(
        Resources.PODS,
        """
        {"apiVersion":"v1","kind":"Pod",
         "metadata":{"namespace":"default","name":"j","labels":{"app":"d"},
          "ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"j","uid":"u",
           "controller":true}]},
         "spec":{"containers":[{"name":"c","image":"i"}]}}\
        """);
    c.pass(Duration.ofSeconds(1));
    KubeObject budget = c.get(Resources.POD_DISRUPTION_BUDGETS, "b");
    assertThat(budget.at("status", "disruptionsAllowed").asInt()).isZero();
    assertThat(budget.at("status", "conditions").toString())
        .contains("SyncFailed", "jobs.batch does not implement the scale subresource");
  }

  @Test
  void aBudgetOfNothingSaysSo() {
    c.create(
        Resources.POD_DISRUPTION_BUDGETS,
        """
        {"apiVersion":"policy/v1","kind":"PodDisruptionBudget",
         "metadata":{"namespace":"default","name":"b"},
         "spec":{"minAvailable":1,"selector":{"matchLabels":{"app":"none"}}}}\
        """);
    c.pass(Duration.ofSeconds(1));
    assertThat(c.told("NoPods"))
        .containsExactly("controllermanager Normal: No matching pods found");
  }

  @Test
  void aQuotaFollowsWhatIsThere() {
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 3, "i"));
    c.pass(Duration.ofSeconds(1));
    c.create(
        Resources.RESOURCE_QUOTAS,
        """
        {"apiVersion":"v1","kind":"ResourceQuota","metadata":{"namespace":"default","name":"q"},
         "spec":{"hard":{"pods":"10","configmaps":"5","count/deployments.apps":"3"}}}\
        """);
    c.pass(Duration.ofSeconds(1));
    KubeObject quota = c.get(Resources.RESOURCE_QUOTAS, "q");
    assertThat(quota.text("status", "used", "pods")).isEqualTo("3");
    assertThat(quota.text("status", "used", "configmaps")).isEqualTo("1");
    assertThat(quota.text("status", "used", "count/deployments.apps")).isEqualTo("1");
    c.edit(Resources.DEPLOYMENTS, "d", n -> n.withObjectProperty("spec").put("replicas", 1));
    c.pass(Duration.ofSeconds(1));
    assertThat(c.get(Resources.RESOURCE_QUOTAS, "q").text("status", "used", "pods")).isEqualTo("1");
    // What comes is admission's to count, which is not here: it is found when all is counted again.
    c.create(
        Resources.CONFIG_MAPS,
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"namespace\":\"default\",\"name\":\"x\"}}");
    c.pass(Duration.ofMinutes(1));
    assertThat(c.get(Resources.RESOURCE_QUOTAS, "q").text("status", "used", "configmaps"))
        .isEqualTo("1");
    c.pass(Duration.ofMinutes(5));
    assertThat(c.get(Resources.RESOURCE_QUOTAS, "q").text("status", "used", "configmaps"))
        .isEqualTo("2");
  }

  /** Admission does not count what it lets in before the quota says what is hard. */
  @Test
  void whatComesBesideAQuotaIsCounted() {
    c.create(
        Resources.RESOURCE_QUOTAS,
        """
        {"apiVersion":"v1","kind":"ResourceQuota","metadata":{"namespace":"default","name":"q"},
         "spec":{"hard":{"secrets":"5"}}}\
        """);
    c.pass(Duration.ofMillis(500));
    assertThat(used("q", "secrets")).isEqualTo("0");
    c.create(
        Resources.SECRETS,
        "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"namespace\":\"default\",\"name\":\"x\"}}");
    c.pass(Duration.ofSeconds(2));
    assertThat(used("q", "secrets")).isEqualTo("1");
  }

  @Test
  void aQuotaFollowsWhatClaimsAreGiven() {
    c.create(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        """
        {"apiVersion":"v1","kind":"PersistentVolumeClaim",
         "metadata":{"namespace":"default","name":"grows"},
         "spec":{"storageClassName":"manual","accessModes":["ReadWriteOnce"],
          "volumeAttributesClassName":"silver","resources":{"requests":{"storage":"1Gi"}}}}\
        """);
    c.create(
        Resources.RESOURCE_QUOTAS,
        """
        {"apiVersion":"v1","kind":"ResourceQuota","metadata":{"namespace":"default","name":"q"},
         "spec":{"hard":{"requests.storage":"9Gi"}}}\
        """);
    c.create(
        Resources.RESOURCE_QUOTAS,
        """
        {"apiVersion":"v1","kind":"ResourceQuota","metadata":{"namespace":"default","name":"gold"},
         "spec":{"hard":{"persistentvolumeclaims":"9"},"scopeSelector":{"matchExpressions":[
          {"scopeName":"VolumeAttributesClass","operator":"In","values":["gold"]}]}}}\
        """);
    c.pass(Duration.ofSeconds(1));
    assertThat(used("q", "requests.storage")).isEqualTo("1Gi");
    assertThat(used("gold", "persistentvolumeclaims")).isEqualTo("0");
    c.api.change(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        "default",
        "grows",
        n -> {
          ObjectNode status = n.withObjectProperty("status");
          status.withObjectProperty("allocatedResources").put("storage", "2Gi");
          status
              .withObjectProperty("modifyVolumeStatus")
              .put("targetVolumeAttributesClassName", "gold");
        });
    c.pass(Duration.ofSeconds(1));
    assertThat(used("q", "requests.storage")).isEqualTo("2Gi");
    assertThat(used("gold", "persistentvolumeclaims")).isEqualTo("1");
  }

  private String used(String quota, String what) {
    return c.get(Resources.RESOURCE_QUOTAS, quota).text("status", "used", what);
  }
}
